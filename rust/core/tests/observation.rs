//! Observation: statistics and traces.

mod support;

use rust_web_socket_core::{Compress, TracedFrame, Traffic};
use support::{
    BINARY, CONTINUATION, Client, Data, Event, PING, PONG, Peer, Server, TEXT, compressed,
    fragment, frame,
};

/// An open connection, and the server's end of it.
async fn open() -> (Client, Peer) {
    open_with(|server| async move { server.upgrade().await }).await
}

async fn open_with<F: Future<Output = Peer>>(upgrade: impl FnOnce(Server) -> F) -> (Client, Peer) {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let peer = upgrade(server).await;
    client.opened().await;
    (client, peer)
}

#[tokio::test]
async fn stats_count_both_directions() {
    let tail = frame(TEXT, "tail");
    let (mut client, mut peer) =
        open_with(|server| async move { server.upgrade_with(&tail).await }).await;
    assert_eq!(client.message().await, Data::text("tail"));
    let sent = [100, 70_000];
    for size in sent {
        let data = vec![1; size].into();
        client
            .connection
            .send_binary(data, Compress::Auto)
            .expect("open");
        client.connection.flush();
        assert_eq!(peer.message().await.payload.len(), size);
    }
    peer.send(frame(BINARY, vec![2; 50_000])).await;
    assert_eq!(client.message().await.len(), 50_000);
    peer.send_close(1000, "").await;
    client.closed().await;

    let stats = client.connection.stats();
    let traffic = |messages, payload| Traffic {
        messages,
        payload,
        payload_on_wire: payload,
    };
    assert_eq!(stats.sent, traffic(2, 70_100));
    assert_eq!(stats.received, traffic(2, 50_004));
    // Headers with masks, two of them for the message in fragments, and the response to the close.
    assert_eq!(stats.bytes_sent, 70_100 + 6 + (14 + 8) + 8);
    assert_eq!(stats.bytes_received, 50_004 + 2 + 4 + 4);
    let open_for = stats.open_for();
    assert!(!open_for.is_zero());
    assert_eq!(
        client.connection.stats().open_for(),
        open_for,
        "it has ended"
    );
}

#[tokio::test]
async fn stats_have_the_compressed_sizes() {
    let (mut client, mut peer) =
        open_with(
            |server| async move { server.upgrade_with_extensions("permessage-deflate").await },
        )
        .await;
    let text = "x".repeat(10_000);
    client
        .connection
        .send_text(text.into(), Compress::Auto)
        .expect("open");
    client.connection.flush();
    let echo = peer.frame().await;
    assert!(echo.is_compressed);
    let size = echo.payload.len() as u64;
    peer.send(compressed(true, TEXT, &echo.payload)).await;
    assert_eq!(client.message().await.len(), 10_000);
    let stats = client.connection.stats();
    let traffic = Traffic {
        messages: 1,
        payload: 10_000,
        payload_on_wire: size,
    };
    assert_eq!((stats.sent, stats.received), (traffic, traffic));
}

#[tokio::test]
async fn a_message_that_is_refused_is_not_counted() {
    // An incomplete character, which is detected at the end only.
    let at_once = frame(TEXT, b"bad \xc3");
    let in_fragments = [
        fragment(false, TEXT, "bad "),
        fragment(true, CONTINUATION, b"\xc3"),
    ]
    .concat();
    for bad in [at_once, in_fragments] {
        let (mut client, mut peer) = open().await;
        peer.send([frame(TEXT, "good"), bad].concat()).await;
        assert_eq!(client.message().await, Data::text("good"));
        client.closed().await;
        let received = client.connection.stats().received;
        assert_eq!((received.messages, received.payload), (1, 4));
    }
}

#[tokio::test]
async fn stats_have_the_round_trips() {
    let (mut client, mut peer) = open().await;
    assert_eq!(client.connection.stats().round_trips.count, 0);
    client.connection.ping(1).expect("open");
    peer.frame().await;
    peer.send(frame(PONG, 1_u64.to_be_bytes())).await;
    let Event::Pong(1, round_trip) = client.event().await else {
        panic!("expected a pong")
    };
    let round_trips = client.connection.stats().round_trips;
    assert_eq!((round_trips.count, round_trips.last), (1, round_trip));
    assert_eq!(round_trips.average(), round_trips.least);
}

#[tokio::test]
async fn before_it_is_open_all_counters_are_zero() {
    let server = Server::start().await;
    let client = Client::connect(&server.url());
    let stats = client.connection.stats();
    assert!(stats.open_for().is_zero());
    assert_eq!((stats.bytes_sent, stats.bytes_received), (0, 0));
}

/// The frames up to the one whose first byte is `last`.
async fn frames_to(client: &mut Client, last: u8) -> Vec<TracedFrame> {
    let mut all: Vec<TracedFrame> = Vec::new();
    while all.last().is_none_or(|frame| frame.first_byte != last) {
        match client.event().await {
            Event::Frames(frames) => all.extend(frames),
            Event::Batch(_) | Event::Closed(_) => {}
            other => panic!("expected a frame or a message, got {other:?}"),
        }
    }
    all
}

#[tokio::test]
async fn a_trace_has_the_frames_of_both_sides_in_order() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    client.connection.trace(Some(3));
    let mut peer = server.upgrade().await;
    client.opened().await;
    client
        .connection
        .send_text("Hello".into(), Compress::Auto)
        .expect("open");
    client.connection.flush();
    peer.frame().await;
    peer.send(frame(PING, "ab")).await;
    peer.frame().await;
    peer.send(frame(BINARY, [7; 1000])).await;
    peer.send_close(1000, "").await;
    peer.frame().await;
    // Both Close frames.
    let mut frames = frames_to(&mut client, 0x88).await;
    if frames.len() == 5 {
        frames.extend(frames_to(&mut client, 0x88).await);
    }
    let seen: Vec<_> = frames
        .iter()
        .map(|it| (it.is_sent, it.first_byte, it.size, &it.payload[..]))
        .collect();
    assert_eq!(
        seen,
        [
            (true, 0x81, 5, &b"Hel"[..]),
            (false, 0x89, 2, b"ab"),
            (true, 0x8a, 2, b"ab"),
            (false, 0x82, 1000, &[7; 3]),
            (false, 0x88, 2, &[3, 232]),
            (true, 0x88, 2, &[3, 232]),
        ]
    );
}

#[tokio::test]
async fn a_trace_has_payloads_only_if_requested_and_can_be_stopped() {
    let (mut client, mut peer) = open().await;
    client.connection.trace(Some(0));
    peer.send(frame(TEXT, "traced")).await;
    let frames = frames_to(&mut client, 0x81).await;
    assert_eq!((frames[0].size, &frames[0].payload[..]), (6, &b""[..]));
    client.connection.trace(None);
    peer.send(frame(TEXT, "not")).await;
    loop {
        match client.event().await {
            Event::Batch(batch) if batch == [Data::text("not")] => break,
            Event::Batch(batch) => assert_eq!(batch, [Data::text("traced")]),
            other => panic!("expected a message, got {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_frame_is_traced_when_its_payload_has_arrived() {
    let (mut client, mut peer) = open().await;
    client.connection.trace(Some(usize::MAX));
    client.connection.ping(1).expect("open");
    peer.frame().await;
    let data: Vec<u8> = (0..40_000_u32).map(|i| i as u8).collect();
    let bytes = frame(BINARY, &data);
    for piece in [&bytes[..3], &bytes[3..20], &bytes[20..]] {
        peer.send(piece).await;
    }
    let frames = frames_to(&mut client, 0x82).await;
    let traced = frames.last().expect("it was traced");
    assert_eq!(
        (traced.size, &traced.payload[..]),
        (40_000, &data[..16 * 1024])
    );
}

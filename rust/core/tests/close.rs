//! How a connection ends: what the peer receives, and what is reported to the owner.

mod support;

use std::time::Duration;

use rust_web_socket_core::{CloseError, Compress, ConnectOptions, Ending, Initiator, SendError};
use support::{
    BINARY, CLOSE, CONTINUATION, Client, Data, Event, Frame, PING, PONG, Peer, Server, TEXT,
    close_payload, fragment, frame, soon,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SHORT: Duration = Duration::from_millis(50);
const NEVER: Duration = Duration::from_secs(60 * 60);

/// An open connection and the server's end of it.
async fn open_with(options: ConnectOptions) -> (Client, Peer) {
    let server = Server::start().await;
    let mut client = Client::connect_with(&server.url(), options);
    let peer = server.upgrade().await;
    client.opened().await;
    (client, peer)
}

/// Like [`open_with`], with timeouts longer than any test.
async fn open() -> (Client, Peer) {
    open_with(close_timeout(NEVER)).await
}

fn close_timeout(limit: Duration) -> ConnectOptions {
    let mut options = ConnectOptions::default();
    options.close_timeout = limit;
    options
}

fn max_message_size(limit: usize) -> ConnectOptions {
    let mut options = close_timeout(NEVER);
    options.max_message_size = Some(limit);
    options
}

fn close_frame(code: u16, reason: &str) -> Frame {
    Frame::new(CLOSE, close_payload(code, reason))
}

fn summary(ending: &Ending) -> (u16, &str, Initiator, bool) {
    let Ending {
        code,
        reason,
        initiator,
        clean,
        ..
    } = ending;
    (*code, reason, *initiator, *clean)
}

// Ended by this side.

#[tokio::test]
async fn a_close_with_code_and_reason_is_sent_and_reported() {
    let (mut client, mut peer) = open().await;
    client.connection.close(Some(4001), "gäh").expect("allowed");
    assert_eq!(peer.frame().await, close_frame(4001, "gäh"));
    peer.send_close(4001, "gäh").await;
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (4001, "gäh", Initiator::Local, true));
    assert_eq!(ending.error, None);
}

#[tokio::test]
async fn a_close_without_a_code_is_empty() {
    let (mut client, mut peer) = open().await;
    client
        .connection
        .close(None, "dropped")
        .expect("a reason alone is dropped");
    assert_eq!(peer.frame().await, Frame::new(CLOSE, []));
    peer.send(frame(CLOSE, [])).await;
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1005, "", Initiator::Local, true));
}

#[tokio::test]
async fn every_code_that_an_endpoint_may_send_is_sent() {
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1011, 1014, 3000, 4999] {
        let (client, mut peer) = open().await;
        client.connection.close(Some(code), "").expect("allowed");
        assert_eq!(peer.frame().await, close_frame(code, ""));
    }
}

#[tokio::test]
async fn an_invalid_code_is_an_error_and_closes_nevertheless() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        let (client, mut peer) = open().await;
        let error = client.connection.close(Some(code), "").expect_err("a code");
        assert_eq!(error, CloseError::Code(code));
        assert_eq!(peer.frame().await, Frame::new(CLOSE, []));
    }
}

#[tokio::test]
async fn a_reason_that_is_too_long_is_an_error_and_closes_nevertheless() {
    let (client, mut peer) = open().await;
    let reason = "ü".repeat(62);
    let error = client.connection.close(Some(1000), &reason);
    assert_eq!(error, Err(CloseError::Reason(124)));
    assert_eq!(peer.frame().await, Frame::new(CLOSE, []));

    let (client, mut peer) = open().await;
    let reason = format!("{}x", "ü".repeat(61));
    assert_eq!(client.connection.close(Some(1000), &reason), Ok(()));
    assert_eq!(peer.frame().await, close_frame(1000, &reason));
}

#[tokio::test]
async fn only_the_first_close_has_an_effect() {
    let (mut client, mut peer) = open().await;
    client.connection.close(Some(4000), "first").expect("good");
    client.connection.close(Some(4001), "second").expect("good");
    client.connection.release();
    assert_eq!(peer.frame().await, close_frame(4000, "first"));
    peer.send_close(4000, "").await;
    client.closed().await;
    peer.tcp.shutdown().await.expect("the connection is open");
    peer.gone().await;
    assert_eq!(client.connection.close(Some(4002), "third"), Ok(()));
}

#[tokio::test]
async fn messages_that_arrive_after_a_close_are_delivered_on_request() {
    let mut options = close_timeout(NEVER);
    options.deliver_while_closing = true;
    let (mut client, mut peer) = open_with(options).await;
    client.connection.close(Some(1000), "").expect("allowed");
    assert_eq!(peer.frame().await, close_frame(1000, ""));
    peer.send(frame(TEXT, "last")).await;
    peer.send_close(1000, "").await;
    assert_eq!(client.message().await, Data::text("last"));
    assert_eq!(client.closed().await.code, 1000);
}

#[tokio::test]
async fn a_close_that_delivers_times_out_while_the_owner_gives_no_credit() {
    let mut options = close_timeout(SHORT);
    options.deliver_while_closing = true;
    let (mut client, mut peer) = open_with(options).await;
    // More than the window, and none of it is granted.
    peer.send(frame(BINARY, vec![0; 3 * 1024 * 1024])).await;
    assert!(matches!(client.event().await, Event::Batch(_)));
    client.connection.close(Some(1000), "").expect("allowed");
    peer.send_close(1000, "").await;
    assert_eq!(client.closed().await.code, 1006);
}

#[tokio::test]
async fn a_close_sends_what_is_queued_first() {
    let (client, mut peer) = open().await;
    let large = vec![7; 3 * 1024 * 1024];
    client
        .connection
        .send_text("one".into(), Compress::Auto)
        .expect("open");
    client
        .connection
        .send_binary(large.clone().into(), Compress::Auto)
        .expect("open");
    client.connection.close(Some(1000), "").expect("allowed");
    assert_eq!(
        client.connection.send_text("late".into(), Compress::Auto),
        Err(SendError::Closing)
    );
    assert_eq!(peer.frame().await, Frame::new(TEXT, *b"one"));
    assert!(peer.message().await.payload == large);
    assert_eq!(peer.frame().await, close_frame(1000, ""));
}

#[tokio::test]
async fn data_after_our_close_is_dropped() {
    let (mut client, mut peer) = open().await;
    client.connection.close(Some(1000), "").expect("allowed");
    assert_eq!(peer.frame().await, close_frame(1000, ""));
    peer.send(frame(TEXT, "late")).await;
    peer.send(frame(PING, "late")).await;
    peer.send(frame(BINARY, vec![0; 1_000_000])).await;
    peer.send_close(1000, "").await;
    // The next event is the ending: `closed` accepts no other.
    client.closed().await;
}

#[tokio::test]
async fn simultaneous_closes_report_the_peers_code_and_send_ours() {
    let (mut client, mut peer) = open().await;
    client
        .connection
        .close(Some(4000), "ours")
        .expect("allowed");
    peer.send_close(4001, "theirs").await;
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (4001, "theirs", Initiator::Local, true));
    assert_eq!(peer.frame().await, close_frame(4000, "ours"));
    peer.tcp.shutdown().await.expect("the connection is open");
    peer.gone().await;
}

#[tokio::test]
async fn the_written_close_frame_is_reported_before_the_peer_answers() {
    let (mut client, mut peer) = open().await;
    client.connection.close(Some(1000), "").expect("allowed");
    client.close_written().await;
    assert_eq!(peer.frame().await, close_frame(1000, ""));
    peer.send_close(1000, "").await;
    assert!(matches!(client.event().await, Event::Closed(_)));
}

#[tokio::test]
async fn a_close_frame_is_written_after_what_is_queued() {
    let (mut client, mut peer) = open().await;
    let payload = vec![0; 16 * 1024 * 1024];
    let sent = client
        .connection
        .send_binary(payload.into(), Compress::Never);
    sent.expect("open");
    client.connection.close(Some(1000), "").expect("allowed");
    let reader = tokio::spawn(async move { while peer.frame().await.opcode != CLOSE {} });
    client.close_written().await;
    assert_eq!(client.connection.buffered_amount(), 0);
    soon(reader).await.expect("the Close frame");
}

#[tokio::test]
async fn a_close_of_a_lost_connection_is_not_reported_as_written() {
    let (mut client, peer) = open().await;
    drop(peer);
    client.closed().await;
    client.connection.close(Some(1000), "").expect("allowed");
    assert!(client.events.recv().await.is_none());
}

#[tokio::test]
async fn a_close_frame_that_could_not_be_written_is_not_reported_as_written() {
    let (mut client, mut peer) = open().await;
    // More than the window, and none of it is granted: the loss is not noticed.
    peer.send(frame(BINARY, vec![0; 3 * 1024 * 1024])).await;
    assert!(matches!(client.event().await, Event::Batch(_)));
    drop(peer);
    while client.connection.is_writable() {
        let sent = client.connection.send_text("lost".into(), Compress::Never);
        sent.expect("the end is not noticed");
        client.connection.flush();
        tokio::task::yield_now().await;
    }
    client.connection.close(Some(1000), "").expect("allowed");
    let event = soon(client.events.recv()).await;
    assert!(matches!(event, Some(Event::Closed(_))), "got {event:?}");
}

#[tokio::test]
async fn a_close_without_a_response_ends_after_the_timeout() {
    let (mut client, mut peer) = open_with(close_timeout(SHORT)).await;
    client.connection.close(Some(1000), "").expect("allowed");
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1006, "", Initiator::Local, false));
    assert!(ending.error.is_some());
    assert_eq!(peer.frame().await, close_frame(1000, ""));
    peer.gone().await;
}

#[tokio::test]
async fn a_peer_that_closes_tcp_after_our_close_is_an_unclean_end() {
    let (mut client, mut peer) = open().await;
    client.connection.close(Some(1000), "").expect("allowed");
    assert_eq!(peer.frame().await, close_frame(1000, ""));
    drop(peer);
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1006, "", Initiator::Local, false));
}

#[tokio::test]
async fn the_owner_does_not_wait_for_a_peer_that_keeps_tcp_open() {
    let (mut client, mut peer) = open().await;
    client.connection.close(Some(1000), "").expect("allowed");
    peer.frame().await;
    peer.send_close(1000, "").await;
    // The sink is dropped as well, although the close timeout is an hour.
    client.closed().await;
}

#[tokio::test]
async fn a_peer_that_keeps_tcp_open_is_disconnected_after_the_close_timeout() {
    let (mut client, mut peer) = open_with(close_timeout(SHORT)).await;
    client.connection.close(Some(1000), "").expect("allowed");
    peer.frame().await;
    peer.send_close(1000, "").await;
    client.closed().await;
    peer.gone().await;
}

#[tokio::test]
async fn a_peer_that_floods_after_our_close_is_disconnected() {
    let (mut client, mut peer) = open_with(close_timeout(SHORT)).await;
    client.connection.close(Some(1000), "").expect("allowed");
    let flood = tokio::spawn(async move {
        let data = frame(BINARY, vec![0; 100_000]);
        while peer.tcp.write_all(&data).await.is_ok() {}
    });
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1006, "", Initiator::Local, false));
    soon(flood).await.expect("the connection is closed");
}

#[tokio::test]
async fn dropping_the_connection_closes_it_with_1001_after_the_queue() {
    let (client, mut peer) = open().await;
    client
        .connection
        .send_text("last".into(), Compress::Auto)
        .expect("open");
    drop(client.connection);
    assert_eq!(peer.frame().await, Frame::new(TEXT, *b"last"));
    assert_eq!(peer.frame().await, close_frame(1001, ""));
}

#[tokio::test]
async fn an_owner_that_is_gone_closes_with_1001_at_the_next_message() {
    let (client, mut peer) = open().await;
    drop(client.events);
    peer.send(frame(TEXT, "still open?")).await;
    assert_eq!(peer.frame().await, close_frame(1001, ""));
}

#[tokio::test]
async fn an_owner_that_is_gone_before_the_opening_closes_with_1001() {
    let server = Server::start().await;
    let client = Client::connect(&server.url());
    drop(client.events);
    let mut peer = server.upgrade().await;
    assert_eq!(peer.frame().await, close_frame(1001, ""));
}

// Ended by the peer.

#[tokio::test]
async fn the_peers_close_is_reported_and_echoed() {
    for (code, reason) in [(1000, ""), (1001, "gone"), (1013, "later"), (4999, "ä")] {
        let (mut client, mut peer) = open().await;
        peer.send_close(code, reason).await;
        let ending = client.closed().await;
        assert_eq!(summary(&ending), (code, reason, Initiator::Remote, true));
        assert_eq!(ending.error, None);
        assert_eq!(peer.frame().await, close_frame(code, reason));
    }
}

#[tokio::test]
async fn a_peers_close_for_a_bad_gateway_is_reported_and_echoed() {
    let (mut client, mut peer) = open().await;
    peer.send_close(1014, "").await;
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1014, "", Initiator::Remote, true));
    assert_eq!(peer.frame().await, close_frame(1014, ""));
}

#[tokio::test]
async fn a_peers_close_without_a_code_is_1005_and_echoed_empty() {
    let (mut client, mut peer) = open().await;
    peer.send(frame(CLOSE, [])).await;
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1005, "", Initiator::Remote, true));
    assert_eq!(peer.frame().await, Frame::new(CLOSE, []));
}

#[tokio::test]
async fn messages_before_the_peers_close_arrive_and_those_after_it_do_not() {
    let (mut client, mut peer) = open().await;
    let frames = [
        frame(TEXT, "before"),
        frame(CLOSE, close_payload(1000, "")),
        frame(TEXT, "after"),
    ];
    peer.send(frames.concat()).await;
    assert_eq!(client.message().await, Data::text("before"));
    client.closed().await;
}

#[tokio::test]
async fn after_the_end_nothing_is_accepted_or_buffered() {
    let (mut client, mut peer) = open().await;
    peer.send_close(1000, "").await;
    client.closed().await;
    let connection = &client.connection;
    assert_eq!(
        connection.send_text("late".into(), Compress::Auto),
        Err(SendError::Ended)
    );
    assert_eq!(connection.buffered_amount(), 0);
    connection.flush();
    connection.grant();
    assert_eq!(connection.close(Some(1000), ""), Ok(()));
    assert_eq!(peer.frame().await, close_frame(1000, ""));
}

#[tokio::test]
async fn a_peers_invalid_code_is_answered_with_1002() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
        let (mut client, mut peer) = open().await;
        peer.send_close(code, "").await;
        assert_eq!(client.closed().await.code, 1002, "{code}");
        let answer = peer.frame().await;
        assert_eq!(answer.opcode, CLOSE);
        assert_eq!(answer.payload[..2], 1002_u16.to_be_bytes(), "{code}");
    }
}

// Ended by a lost TCP connection.

#[tokio::test]
async fn tcp_that_ends_without_a_close_frame_is_1006() {
    let (mut client, mut peer) = open().await;
    peer.send(frame(TEXT, "last")).await;
    drop(peer);
    assert_eq!(client.message().await, Data::text("last"));
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1006, "", Initiator::Neither, false));
    assert!(ending.error.is_some());
}

#[tokio::test]
async fn tcp_that_ends_within_a_frame_is_1006() {
    let (mut client, mut peer) = open().await;
    peer.send(&frame(TEXT, "half")[..4]).await;
    drop(peer);
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1006, "", Initiator::Neither, false));
}

#[tokio::test]
async fn tcp_that_is_reset_is_1006() {
    let (mut client, peer) = open().await;
    peer.tcp.set_zero_linger().expect("SO_LINGER");
    drop(peer);
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1006, "", Initiator::Neither, false));
}

#[tokio::test]
async fn our_end_closes_after_a_lost_connection() {
    let (mut client, mut peer) = open().await;
    peer.tcp.shutdown().await.expect("the connection is open");
    let ending = client.closed().await;
    assert_eq!((ending.code, ending.initiator), (1006, Initiator::Neither));
    peer.gone().await;
}

/// The first pong arrives after the peer has closed, so its system resets the connection. Earlier messages still
/// arrive.
#[tokio::test]
async fn messages_of_a_peer_that_closed_arrive_although_its_pings_cannot_be_answered() {
    let (mut client, peer) = open().await;
    let frames = [
        frame(PING, "1"),
        frame(PING, "2"),
        frame(PING, "3"),
        frame(TEXT, "last"),
        frame(CLOSE, close_payload(1000, "bye")),
    ]
    .concat();
    // Without blocking, so that the client reads only after the peer has closed.
    assert_eq!(peer.tcp.try_write(&frames).expect("sent"), frames.len());
    drop(peer);
    assert_eq!(client.message().await, Data::text("last"));
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1000, "bye", Initiator::Remote, true));
}

#[tokio::test]
async fn messages_of_a_peer_that_closed_arrive_although_nothing_can_be_sent() {
    let (mut client, peer) = open().await;
    let frames = [
        frame(TEXT, "last"),
        frame(CLOSE, close_payload(1000, "bye")),
    ]
    .concat();
    assert_eq!(peer.tcp.try_write(&frames).expect("sent"), frames.len());
    drop(peer);
    for _ in 0..3 {
        client
            .connection
            .send_text("hello?".into(), Compress::Auto)
            .expect("open");
        client.connection.flush();
    }
    assert_eq!(client.message().await, Data::text("last"));
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1000, "bye", Initiator::Remote, true));
}

// Ended by a violation of the protocol.

/// The Close frame that the peer receives, and the ending, when the peer sends `bytes`. The peer must also receive a
/// FIN.
async fn violated(options: ConnectOptions, bytes: &[u8]) -> (Frame, Ending) {
    let (mut client, mut peer) = open_with(options).await;
    peer.send(bytes).await;
    let ending = client.closed().await;
    let answer = peer.frame().await;
    peer.gone().await;
    (answer, ending)
}

#[tokio::test]
async fn a_violation_of_the_protocol_is_1002() {
    let first = fragment(false, TEXT, "first");
    for (what, bytes) in [
        ("a reserved bit", vec![0xc1, 0]),
        ("a reserved data opcode", frame(3, "")),
        ("a reserved control opcode", frame(11, "")),
        ("a masked frame", vec![0x81, 0x81, 0, 0, 0, 0, b'x']),
        ("a fragmented ping", fragment(false, PING, "")),
        ("a ping that is too long", frame(PING, [0; 126])),
        ("a close that is too long", frame(CLOSE, [b'x'; 126])),
        ("an incomplete close code", frame(CLOSE, [3])),
        ("a continuation without a message", frame(CONTINUATION, "")),
        (
            "a message within a message",
            [first, frame(TEXT, "")].concat(),
        ),
        ("HTTP", b"HTTP/1.1 400 Bad Request\r\n".repeat(10)),
    ] {
        let (answer, ending) = violated(close_timeout(NEVER), &bytes).await;
        assert_eq!(answer, close_frame(1002, ""), "{what}");
        let expected = (1002, "", Initiator::Local, false);
        assert_eq!(summary(&ending), expected, "{what}");
        assert!(ending.error.is_some());
    }
}

#[tokio::test]
async fn garbage_is_1002() {
    let garbage = b"Mary had a little lamb";
    let (answer, ending) = violated(close_timeout(NEVER), garbage).await;
    assert_eq!(answer, close_frame(1002, ""));
    assert_eq!(summary(&ending), (1002, "", Initiator::Local, false));
}

#[tokio::test]
async fn garbage_in_the_same_segment_as_the_response_is_1002() {
    let server = Server::start().await;
    let mut client = Client::connect_with(&server.url(), close_timeout(NEVER));
    let tail = [frame(TEXT, "good"), b"Mary had a little lamb".to_vec()].concat();
    let mut peer = server.upgrade_with(&tail).await;
    client.opened().await;
    assert_eq!(client.message().await, Data::text("good"));
    assert_eq!(client.closed().await.code, 1002);
    assert_eq!(peer.frame().await, close_frame(1002, ""));
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_1007() {
    for (what, bytes) in [
        ("a stray byte", frame(TEXT, [b'a', 0xff])),
        ("a lone surrogate", frame(TEXT, [0xed, 0xa0, 0x80])),
        ("an incomplete character", frame(TEXT, [0xc3])),
        (
            "an incomplete character in the last fragment",
            [
                fragment(false, TEXT, "a"),
                fragment(true, CONTINUATION, [0xc3]),
            ]
            .concat(),
        ),
        (
            "a close reason",
            frame(CLOSE, [&1000_u16.to_be_bytes()[..], &[0xff]].concat()),
        ),
    ] {
        let (answer, ending) = violated(close_timeout(NEVER), &bytes).await;
        assert_eq!(answer, close_frame(1007, ""), "{what}");
        let expected = (1007, "", Initiator::Local, false);
        assert_eq!(summary(&ending), expected, "{what}");
    }
}

#[tokio::test]
async fn messages_before_a_violation_arrive() {
    let (mut client, mut peer) = open().await;
    peer.send([frame(TEXT, "good"), frame(3, "")].concat())
        .await;
    assert_eq!(client.message().await, Data::text("good"));
    assert_eq!(client.closed().await.code, 1002);
}

#[tokio::test]
async fn a_message_before_a_violation_can_be_answered() {
    let (mut client, mut peer) = open().await;
    peer.send([frame(TEXT, "question"), frame(3, "")].concat())
        .await;
    let Event::Batch(batch) = client.event().await else {
        panic!("expected a message")
    };
    assert_eq!(batch, [Data::text("question")]);
    let answer = client
        .connection
        .send_text("answer".into(), Compress::Never);
    answer.expect("it is still open");
    client.connection.grant();
    assert_eq!(peer.frame().await, Frame::new(TEXT, "answer"));
    assert_eq!(peer.frame().await, close_frame(1002, ""));
    assert_eq!(client.closed().await.code, 1002);
}

#[tokio::test]
async fn an_owner_that_consumes_nothing_delays_a_violation_by_the_close_timeout_at_most() {
    let (mut client, mut peer) = open_with(close_timeout(SHORT)).await;
    peer.send([frame(TEXT, "unread"), frame(3, "")].concat())
        .await;
    assert!(matches!(client.event().await, Event::Batch(_)));
    assert_eq!(client.closed().await.code, 1002);
    assert_eq!(peer.frame().await, close_frame(1002, ""));
}

#[tokio::test]
async fn an_owner_that_continues_to_send_does_not_delay_a_violation_further() {
    let (mut client, mut peer) = open_with(close_timeout(SHORT)).await;
    peer.send([frame(TEXT, "unread"), frame(3, "")].concat())
        .await;
    assert!(matches!(client.event().await, Event::Batch(_)));
    let Client {
        connection,
        mut events,
        ..
    } = client;
    let sending = async {
        loop {
            let _ = connection.send_text("still open?".into(), Compress::Never);
            connection.flush();
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    let ending = tokio::select! {
        () = sending => unreachable!("it never ends"),
        event = soon(events.recv()) => event,
    };
    assert!(matches!(ending, Some(Event::Closed(ending)) if ending.code == 1002));
}

#[tokio::test]
async fn a_close_by_the_owner_does_not_delay_a_violation() {
    let (mut client, mut peer) = open().await;
    peer.send([frame(TEXT, "unread"), frame(3, "")].concat())
        .await;
    assert!(matches!(client.event().await, Event::Batch(_)));
    let _ = client.connection.close(Some(1000), "");
    assert!(!client.closed().await.clean);
}

#[tokio::test]
async fn a_message_over_the_limit_is_1009() {
    let fragments = [
        fragment(false, BINARY, [0; 6]),
        fragment(true, CONTINUATION, [0; 5]),
    ]
    .concat();
    for bytes in [
        frame(BINARY, [0; 11]),
        frame(TEXT, "01234567890"),
        fragments,
    ] {
        let (answer, ending) = violated(max_message_size(10), &bytes).await;
        assert_eq!(answer, close_frame(1009, ""));
        assert_eq!(summary(&ending), (1009, "", Initiator::Local, false));
    }
}

#[tokio::test]
async fn the_limit_does_not_apply_to_control_frames() {
    let (mut client, mut peer) = open_with(max_message_size(10)).await;
    peer.send(frame(TEXT, "0123456789")).await;
    assert_eq!(client.message().await, Data::text("0123456789"));
    peer.send(frame(PING, [7; 125])).await;
    assert_eq!(peer.frame().await, Frame::new(PONG, [7; 125]));
    peer.send_close(1000, "more than ten bytes").await;
    let ending = client.closed().await;
    let expected = (1000, "more than ten bytes", Initiator::Remote, true);
    assert_eq!(summary(&ending), expected);
}

#[tokio::test]
async fn a_huge_length_is_1009_before_any_allocation() {
    for length in [1_u64 << 62, i64::MAX as u64, (1 << 32) + 5] {
        let head = [&[0x82, 127][..], &length.to_be_bytes()].concat();
        let (answer, ending) = violated(close_timeout(NEVER), &head).await;
        assert_eq!(answer, close_frame(1009, ""));
        assert_eq!(ending.code, 1009);
    }
}

#[tokio::test]
async fn a_peer_within_a_message_over_the_limit_receives_our_close() {
    let (mut client, peer) = open_with(max_message_size(1000)).await;
    let (mut reader, mut writer) = peer.tcp.into_split();
    let message = frame(BINARY, vec![0; 8 * 1024 * 1024]);
    let sending = tokio::spawn(async move { writer.write_all(&message).await });
    assert_eq!(client.closed().await.code, 1009);
    soon(sending)
        .await
        .expect("no panic")
        .expect("the client continues to read, so that the connection is not reset");
    let mut rest = Vec::new();
    soon(reader.read_to_end(&mut rest)).await.expect("a FIN");
    assert_eq!(rest.len(), 8, "a masked Close frame with a code");
}

// Ended by a timeout.

#[tokio::test]
async fn a_ping_without_a_pong_is_1001() {
    let mut options = close_timeout(NEVER);
    options.ping_interval = Some(SHORT);
    let (mut client, mut peer) = open_with(options).await;
    assert_eq!(peer.frame().await, Frame::new(PING, []));
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1001, "", Initiator::Local, false));
    assert!(ending.error.is_some());
    assert_eq!(peer.frame().await, close_frame(1001, ""));
}

#[tokio::test]
async fn a_ping_interval_that_is_set_later_counts_from_then() {
    let mut options = close_timeout(NEVER);
    options.pong_timeout = Some(NEVER);
    let (client, mut peer) = open_with(options).await;
    client.connection.set_ping_interval(Some(SHORT));
    assert_eq!(peer.frame().await, Frame::new(PING, []));
    // No pong has come.
    client.connection.set_ping_interval(Some(SHORT));
    assert_eq!(peer.frame().await, Frame::new(PING, []));
}

#[tokio::test]
async fn a_ping_interval_of_zero_leaves_no_time_for_a_pong() {
    let mut options = close_timeout(NEVER);
    options.pong_timeout = Some(NEVER);
    let (mut client, _peer) = open_with(options).await;
    client.connection.set_ping_interval(Some(Duration::ZERO));
    assert_eq!(client.closed().await.code, 1001);
}

#[tokio::test]
async fn pongs_keep_the_connection_open() {
    let mut options = close_timeout(NEVER);
    options.ping_interval = Some(Duration::from_millis(5));
    options.pong_timeout = Some(NEVER);
    let (mut client, mut peer) = open_with(options).await;
    for _ in 0..5 {
        assert_eq!(peer.frame().await, Frame::new(PING, []));
        peer.send(frame(PONG, [])).await;
    }
    peer.send(frame(TEXT, "alive")).await;
    assert_eq!(client.message().await, Data::text("alive"));
}

#[tokio::test]
async fn a_ping_of_the_owner_reports_its_round_trip() {
    let (mut client, mut peer) = open_with(close_timeout(NEVER)).await;
    for token in [1, u64::MAX] {
        client.connection.ping(token).expect("open");
        let payload = token.to_be_bytes();
        assert_eq!(peer.frame().await, Frame::new(PING, payload));
        peer.send(frame(PONG, payload)).await;
        match client.event().await {
            Event::Pong(answered, _) => assert_eq!(answered, token),
            other => panic!("expected a pong, got {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_ping_before_the_opening_is_sent_after_it() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    client.connection.ping(5).expect("not over");
    let mut peer = server.upgrade().await;
    client.opened().await;
    assert_eq!(peer.frame().await, Frame::new(PING, 5_u64.to_be_bytes()));
}

#[tokio::test]
async fn a_ping_is_sent_before_queued_messages() {
    let server = Server::start_with_small_buffers();
    let mut client = Client::connect(&server.url());
    let mut peer = server.upgrade().await;
    client.opened().await;
    for _ in 0..100 {
        let data = vec![0; 1024 * 1024].into();
        client
            .connection
            .send_binary(data, Compress::Auto)
            .expect("open");
    }
    client.connection.flush();
    client.connection.ping(1).expect("open");
    let mut ahead = 0;
    while peer.frame().await.opcode != PING {
        ahead += 1;
    }
    assert!(ahead < 50, "{ahead} messages were sent first");
}

#[tokio::test]
async fn there_is_no_ping_after_a_close() {
    let (mut client, mut peer) = open_with(close_timeout(NEVER)).await;
    client.connection.close(Some(1000), "").expect("allowed");
    assert_eq!(client.connection.ping(1), Err(SendError::Closing));
    assert_eq!(peer.frame().await, close_frame(1000, ""));
    peer.send_close(1000, "").await;
    client.closed().await;
    assert_eq!(client.connection.ping(1), Err(SendError::Ended));
}

#[tokio::test]
async fn a_silent_peer_is_1001() {
    let mut options = close_timeout(NEVER);
    options.idle_timeout = Some(SHORT);
    let (mut client, mut peer) = open_with(options).await;
    let ending = client.closed().await;
    assert_eq!(summary(&ending), (1001, "", Initiator::Local, false));
    assert_eq!(peer.frame().await, close_frame(1001, ""));
}

#[tokio::test]
async fn a_ping_of_the_owner_is_sent_while_the_peer_floods() {
    let (mut client, peer) = open_with(close_timeout(SHORT)).await;
    let (mut reader, mut writer) = peer.tcp.into_split();
    let flood = tokio::spawn(async move {
        let data = frame(BINARY, [0; 1000]).repeat(100);
        while writer.write_all(&data).await.is_ok() {}
    });
    let consuming = async {
        loop {
            assert!(matches!(client.event().await, Event::Batch(_)));
            client.connection.grant();
            client.connection.ping(1).expect("open");
        }
    };
    tokio::select! {
        ping = soon(support::read_frame(&mut reader)) => {
            assert_eq!(ping, Some(Frame::new(PING, 1_u64.to_be_bytes())));
        }
        () = consuming => {}
    }
    drop((client, reader));
    soon(flood).await.expect("the connection is closed");
}

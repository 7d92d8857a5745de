//! permessage-deflate (RFC 7692) on the wire.

mod support;

use bytes::Bytes;
use rust_web_socket_core::{Compress, CompressionOptions, ConnectOptions, Connection};
use support::{
    BINARY, CLOSE, CONTINUATION, Client, Data, Deflate, Event, Frame, Inflate, PING, PONG, Peer,
    Server, TEXT, close_payload, compressed, fragment, frame,
};

/// An open connection, and the server's end of it, which has accepted `extensions`.
async fn open_with(options: ConnectOptions, extensions: &str) -> (Client, Peer) {
    let server = Server::start().await;
    let mut client = Client::connect_with(&server.url(), options);
    let peer = server.upgrade_with_extensions(extensions).await;
    assert_eq!(client.opened().await.extensions, extensions);
    (client, peer)
}

/// Like [`open_with`], with the default options, which the server accepts.
async fn open() -> (Client, Peer) {
    open_with(ConnectOptions::default(), "permessage-deflate").await
}

fn threshold(threshold: usize) -> ConnectOptions {
    let mut compression = CompressionOptions::default();
    compression.threshold = threshold;
    let mut options = ConnectOptions::default();
    options.compression = Some(compression);
    options
}

/// Text that compresses well.
fn repetitive(size: usize) -> String {
    "WebSocket ".repeat(size / 10)
}

fn send(connection: &Connection, text: &str, compress: Compress) {
    connection.send_text(text.into(), compress).expect("open");
    connection.flush();
}

/// The close code for a server that sends `bytes`, as both sides see it.
async fn failure(options: ConnectOptions, bytes: &[u8]) -> u16 {
    let (mut client, mut peer) = open_with(options, "permessage-deflate").await;
    peer.send(bytes).await;
    let code = client.closed().await.code;
    let close = Frame::new(CLOSE, close_payload(code, ""));
    assert_eq!(peer.frame().await, close);
    code
}

// Receiving.

#[tokio::test]
async fn compressed_messages_keep_their_type_and_may_refer_to_earlier_ones() {
    let (mut client, mut peer) = open().await;
    let mut deflate = Deflate::new();
    let first = deflate.payload("one and the same");
    let second = deflate.payload("one and the same");
    assert!(second.len() < first.len());
    peer.send(compressed(true, TEXT, first)).await;
    peer.send(frame(TEXT, "plain")).await;
    peer.send(compressed(true, BINARY, second)).await;
    assert_eq!(client.message().await, Data::text("one and the same"));
    assert_eq!(client.message().await, Data::text("plain"));
    assert_eq!(client.message().await, Data::binary("one and the same"));
}

#[tokio::test]
async fn an_empty_message_may_be_compressed() {
    let (mut client, mut peer) = open().await;
    peer.send(compressed(true, TEXT, [0])).await;
    peer.send(compressed(true, BINARY, [])).await;
    assert_eq!(client.message().await, Data::text(""));
    assert_eq!(client.message().await, Data::binary(""));
}

#[tokio::test]
async fn fragments_of_a_compressed_message_are_joined_around_control_frames() {
    let (mut client, mut peer) = open().await;
    let text = "𝄞 is a clef. ".repeat(1000);
    let payload = Deflate::new().payload(&text);
    let (first, rest) = payload.split_at(1);
    let (second, third) = rest.split_at(rest.len() / 2);
    peer.send(compressed(false, TEXT, first)).await;
    peer.send(frame(PING, "between")).await;
    peer.send(fragment(false, CONTINUATION, [])).await;
    peer.send(fragment(false, CONTINUATION, second)).await;
    peer.send(fragment(true, CONTINUATION, third)).await;
    peer.send(fragment(false, TEXT, "pla")).await;
    peer.send(fragment(true, CONTINUATION, "in")).await;
    assert_eq!(client.message().await, Data::text(text));
    assert_eq!(client.message().await, Data::text("plain"));
    assert_eq!(peer.frame().await, Frame::new(PONG, *b"between"));
}

#[tokio::test]
async fn a_compressed_frame_may_come_byte_by_byte() {
    let (mut client, mut peer) = open().await;
    let text = repetitive(10_000);
    for byte in compressed(true, TEXT, Deflate::new().payload(&text)) {
        peer.send([byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.message().await, Data::text(text));
}

#[tokio::test]
async fn a_message_that_inflates_to_more_than_the_limit_is_1009() {
    let bomb = Deflate::new().payload(vec![0; 4 * 1024 * 1024]);
    let mut options = ConnectOptions::default();
    options.max_message_size = Some(100_000);
    assert_eq!(
        failure(options.clone(), &compressed(true, BINARY, &bomb)).await,
        1009
    );

    let (mut client, mut peer) = open_with(options, "permessage-deflate").await;
    let largest = vec![7; 100_000];
    let payload = Deflate::new().payload(&largest);
    peer.send(compressed(true, BINARY, payload)).await;
    assert_eq!(client.message().await, Data::binary(largest));
}

#[tokio::test]
async fn a_message_over_64_mib_is_1009_unless_the_limit_is_lifted() {
    let size = 64 * 1024 * 1024 + 1;
    let announced = [&[0x82, 127][..], &u64::to_be_bytes(size)].concat();
    assert_eq!(failure(ConnectOptions::default(), &announced).await, 1009);

    let size = usize::try_from(size).expect("a size");
    let message = compressed(true, BINARY, Deflate::new().payload(vec![0; size]));
    let lifted = ConnectOptions::default().max_message_size(None);
    let (mut client, mut peer) = open_with(lifted, "permessage-deflate").await;
    peer.send(message).await;
    assert_eq!(client.message().await.len(), size);
}

#[tokio::test]
async fn invalid_compressed_data_is_1002() {
    let options = ConnectOptions::default;
    assert_eq!(
        failure(options(), &compressed(true, TEXT, [0xff; 8])).await,
        1002
    );
}

#[tokio::test]
async fn compressed_text_that_is_not_utf_8_is_1007() {
    let payload = Deflate::new().payload(b"bad \xff");
    let options = ConnectOptions::default;
    assert_eq!(
        failure(options(), &compressed(true, TEXT, &payload)).await,
        1007
    );
    // It is detected before the message is complete.
    assert_eq!(
        failure(options(), &compressed(false, TEXT, &payload)).await,
        1007
    );
}

#[tokio::test]
async fn an_error_before_invalid_compressed_data_has_its_own_code() {
    let mut limited = ConnectOptions::default();
    limited.max_message_size = Some(1);
    // A stored block, and a block of a type that does not exist.
    let bad_text = [0, 2, 0, 0xfd, 0xff, 0xc3, b'(', 7];
    for (options, opcode, code) in [
        (ConnectOptions::default(), TEXT, 1007),
        (limited, BINARY, 1009),
        (ConnectOptions::default(), BINARY, 1002),
    ] {
        assert_eq!(
            failure(options, &compressed(true, opcode, bad_text)).await,
            code
        );
    }
}

#[tokio::test]
async fn rsv1_where_it_has_no_meaning_is_1002() {
    let options = ConnectOptions::default;
    let continued = [
        fragment(false, TEXT, "a"),
        compressed(true, CONTINUATION, "b"),
    ];
    assert_eq!(failure(options(), &continued.concat()).await, 1002);
    assert_eq!(failure(options(), &compressed(true, PING, "")).await, 1002);

    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let mut peer = server.upgrade().await;
    client.opened().await;
    peer.send(compressed(true, TEXT, Deflate::new().payload("declined")))
        .await;
    assert_eq!(client.closed().await.code, 1002);
}

// Sending.

#[tokio::test]
async fn messages_of_at_least_the_threshold_are_compressed() {
    let (client, mut peer) = open().await;
    let mut inflate = Inflate::new();
    let (small, large) = (repetitive(1020), repetitive(1030));
    for _ in 0..3 {
        send(&client.connection, &small, Compress::Auto);
        send(&client.connection, &large, Compress::Auto);
        assert_eq!(peer.frame().await, Frame::new(TEXT, small.as_str()));
        let frame = peer.frame().await;
        assert!(frame.is_compressed && frame.is_final && frame.opcode == TEXT);
        assert!(frame.payload.len() < 100);
        assert_eq!(
            inflate.message(&frame.payload, large.len()),
            large.as_bytes()
        );
    }
}

#[tokio::test]
async fn each_message_may_be_compressed_or_not_whatever_its_size() {
    let (client, mut peer) = open().await;
    let large = repetitive(5000);
    send(&client.connection, &large, Compress::Never);
    send(&client.connection, "small", Compress::Always);
    send(&client.connection, "", Compress::Always);
    assert_eq!(peer.frame().await, Frame::new(TEXT, large.as_str()));
    let frame = peer.frame().await;
    assert!(frame.is_compressed);
    assert_eq!(Inflate::new().message(&frame.payload, 5), b"small");
    let frame = peer.frame().await;
    assert_eq!(
        (frame.is_compressed, frame.payload.as_slice()),
        (true, &[0][..])
    );
}

#[tokio::test]
async fn nothing_is_compressed_for_a_server_that_declines() {
    let server = Server::start().await;
    let mut client = Client::connect_with(&server.url(), threshold(0));
    let mut peer = server.upgrade().await;
    assert_eq!(client.opened().await.extensions, "");
    for compress in [Compress::Auto, Compress::Always, Compress::Never] {
        let text = repetitive(5000);
        send(&client.connection, &text, compress);
        assert_eq!(peer.frame().await, Frame::new(TEXT, text.as_str()));
    }
}

#[tokio::test]
async fn nothing_is_compressed_for_a_window_that_zlib_does_not_support() {
    let agreement = "permessage-deflate; client_max_window_bits=8";
    let (client, mut peer) = open_with(threshold(0), agreement).await;
    send(&client.connection, "plain", Compress::Always);
    assert_eq!(peer.frame().await, Frame::new(TEXT, *b"plain"));
}

#[tokio::test]
async fn without_context_takeover_each_message_is_compressed_independently() {
    let agreement = "permessage-deflate; client_no_context_takeover";
    let (client, mut peer) = open_with(threshold(0), agreement).await;
    for _ in 0..2 {
        send(&client.connection, "one and the same", Compress::Auto);
        let frame = peer.frame().await;
        let message = Inflate::new().message(&frame.payload, 100);
        assert_eq!(message, b"one and the same");
    }
}

#[tokio::test]
async fn a_compressed_message_counts_with_its_uncompressed_size() {
    let (mut client, mut peer) = open().await;
    let noise: Bytes = (0..1_000_000_u32)
        .map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let connection = &client.connection;
    connection
        .send_binary(noise.clone(), Compress::Auto)
        .expect("open");
    connection
        .send_text("after".into(), Compress::Auto)
        .expect("open");
    assert_eq!(connection.buffered_amount(), noise.len() + 5);
    connection.flush();
    connection.notify_drained(0);
    let frame = peer.message().await;
    assert!(frame.is_compressed && frame.opcode == BINARY);
    assert_eq!(Inflate::new().message(&frame.payload, noise.len()), noise);
    assert_eq!(peer.frame().await, Frame::new(TEXT, *b"after"));
    assert!(matches!(client.event().await, Event::Drained));
    assert_eq!(client.connection.buffered_amount(), 0);
}

#[tokio::test]
async fn a_close_is_sent_after_compressed_messages() {
    let (client, mut peer) = open().await;
    let text = repetitive(500_000);
    send(&client.connection, &text, Compress::Auto);
    client.connection.close(Some(1000), "").expect("allowed");
    let frame = peer.frame().await;
    assert_eq!(
        Inflate::new().message(&frame.payload, text.len()),
        text.as_bytes()
    );
    assert_eq!(
        peer.frame().await,
        Frame::new(CLOSE, close_payload(1000, ""))
    );
}

// Fairness. A test runs on one thread, so a connection that does not yield blocks the others.

#[tokio::test]
async fn inflating_a_large_message_does_not_starve_other_connections() {
    let (mut busy, mut busy_peer) = open().await;
    let (mut other, mut other_peer) = open().await;
    let bomb = Deflate::new().payload(vec![0; 64 * 1024 * 1024]);
    busy_peer.send(compressed(true, BINARY, bomb)).await;
    other_peer.send(frame(TEXT, "first")).await;
    assert_eq!(other.message().await, Data::text("first"));
    assert!(
        busy.events.try_recv().is_err(),
        "it has blocked the other connection"
    );
    assert_eq!(busy.message().await.len(), 64 * 1024 * 1024);
}

#[tokio::test]
async fn deflating_a_large_message_does_not_starve_other_connections() {
    let (busy, _busy_peer) = open().await;
    let (mut other, mut other_peer) = open().await;
    send(
        &busy.connection,
        &repetitive(8 * 1024 * 1024),
        Compress::Auto,
    );
    other_peer.send(frame(TEXT, "first")).await;
    assert_eq!(other.message().await, Data::text("first"));
    assert_ne!(
        busy.connection.buffered_amount(),
        0,
        "it has blocked the other connection"
    );
}

#[tokio::test]
async fn a_flush_compresses_nothing_on_the_callers_thread() {
    let (client, mut peer) = open().await;
    let text = repetitive(5000);
    send(&client.connection, &text, Compress::Auto);
    assert_eq!(client.connection.buffered_amount(), text.len());
    assert!(peer.frame().await.is_compressed);
}

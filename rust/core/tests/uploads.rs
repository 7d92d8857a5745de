//! Sending large messages: fragments, control frames between them, and TCP connections that are slow, dead or lost.

mod support;

use std::time::Duration;

use bytes::Bytes;
use rust_web_socket_core::{Compress, ConnectOptions, HeaderField, TlsOptions};
use support::{
    BINARY, CLOSE, CONTINUATION, Client, Event, Frame, Inflate, PING, PONG, Peer, Server, TEXT,
    TIMEOUT, acceptor, frame, soon,
};
use test_server::{Authority, Validity};
use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    time::{Instant, sleep},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_tungstenite::WebSocketStream;

const MIB: usize = 1024 * 1024;

async fn open(server: &Server, options: ConnectOptions) -> (Client, Peer) {
    let mut client = Client::connect_with(&server.url(), options);
    let peer = server.upgrade().await;
    client.opened().await;
    (client, peer)
}

/// Bytes that compress to about half.
fn noise(size: usize) -> Bytes {
    let mut state = 1u32;
    let letter = move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (state >> 28) as u8
    };
    (0..size).map(letter).collect()
}

fn send(client: &Client, payload: Bytes) {
    let sent = client.connection.send_binary(payload, Compress::Auto);
    sent.expect("it is open");
    client.connection.flush();
}

/// The frames of the next message.
async fn fragments(peer: &mut Peer) -> Vec<Frame> {
    let mut frames = vec![peer.frame().await];
    while frames.last().is_some_and(|frame| !frame.is_final) {
        frames.push(peer.frame().await);
    }
    frames
}

#[tokio::test]
async fn a_message_over_the_limit_is_sent_in_fragments() {
    let server = Server::start().await;
    let (client, mut peer) = open(&server, ConnectOptions::default().max_frame_size(1000)).await;
    for size in [0, 1, 999, 1000, 1001, 2000, 100_000] {
        let message = noise(size);
        send(&client, message.clone());
        let frames = fragments(&mut peer).await;
        assert_eq!(frames.len(), size.div_ceil(1000).max(1), "{size} bytes");
        assert_eq!(frames[0].opcode, BINARY);
        assert!(
            frames[1..]
                .iter()
                .all(|frame| frame.opcode == CONTINUATION && !frame.is_compressed)
        );
        let payloads: Vec<_> = frames.into_iter().map(|frame| frame.payload).collect();
        assert!(payloads.iter().all(|payload| payload.len() <= 1000));
        assert!(payloads.concat() == message, "{size} bytes");
    }
    assert_eq!(client.connection.stats().sent.messages, 7);
}

#[tokio::test]
async fn a_compressed_message_is_sent_in_fragments_too() {
    let server = Server::start().await;
    let options = ConnectOptions::default().max_frame_size(1000);
    let mut client = Client::connect_with(&server.url(), options);
    let mut peer = server.upgrade_with_extensions("permessage-deflate").await;
    client.opened().await;
    let mut inflate = Inflate::new();
    for size in [2000, 32 * 1024, 32 * 1024 + 1, 300_000] {
        let message = noise(size);
        send(&client, message.clone());
        let frames = fragments(&mut peer).await;
        assert!(frames[0].is_compressed && frames[0].opcode == BINARY);
        assert!(frames.len() > size / 4 / 1000, "{} frames", frames.len());
        for frame in &frames[1..] {
            assert!(!frame.is_compressed && frame.opcode == CONTINUATION);
        }
        let payloads: Vec<_> = frames.into_iter().map(|frame| frame.payload).collect();
        assert!(payloads.iter().all(|payload| payload.len() <= 1000));
        assert!(inflate.message(&payloads.concat(), size) == message);
    }
    assert_eq!(client.connection.buffered_amount(), 0);
    assert_eq!(client.connection.stats().sent.messages, 4);
}

#[tokio::test]
async fn without_a_limit_a_message_is_one_frame() {
    let server = Server::start().await;
    let (client, mut peer) = open(&server, ConnectOptions::default().max_frame_size(None)).await;
    send(&client, noise(MIB));
    let frame = peer.frame().await;
    assert!(frame.is_final && frame.payload.len() == MIB);
}

/// The control frames between the fragments while the peer reads slowly, with the default options.
async fn control_frames_of(compression: bool) -> Vec<usize> {
    // More than all buffers of the operating system, of bytes that hardly compress.
    const SIZE: usize = 64 * MIB;
    let server = Server::start_with_small_buffers();
    let mut client = Client::connect(&server.url());
    let mut peer = if compression {
        server.upgrade_with_extensions("permessage-deflate").await
    } else {
        server.upgrade().await
    };
    client.opened().await;
    send(&client, noise(SIZE));
    client
        .connection
        .send_text("next".into(), Compress::Never)
        .expect("open");
    let first = peer.frame().await;
    assert!(!first.is_final);
    // The client's operating system has received it when this returns.
    peer.send(frame(PING, b"still open?")).await;
    let mut received = first.payload.len();
    let mut seen = Vec::new();
    loop {
        let frame = peer.frame().await;
        match frame.opcode {
            PONG => {
                assert_eq!(frame.payload, b"still open?");
                seen.push(received);
            }
            CONTINUATION => {
                received += frame.payload.len();
                if frame.is_final {
                    break;
                }
            }
            other => panic!("opcode {other} within a message"),
        }
    }
    assert_eq!(peer.frame().await, Frame::new(TEXT, b"next"));
    assert!(compression || received == SIZE);
    let end = received;
    seen.into_iter().map(|at| end - at).collect()
}

#[tokio::test]
async fn a_pong_is_sent_between_the_fragments_of_a_message() {
    let left = control_frames_of(false).await;
    assert!(matches!(left[..], [left] if left > 32 * MIB), "{left:?}");
}

#[tokio::test]
async fn a_pong_is_sent_between_the_fragments_of_a_compressed_message() {
    let left = control_frames_of(true).await;
    assert!(matches!(left[..], [left] if left > 8 * MIB), "{left:?}");
}

/// Reads so slowly that the upload takes three times the pong timeout. Returns `None` if the machine was too slow for a
/// valid result.
async fn slow_upload(pong_timeout: Duration) -> Option<Vec<Event>> {
    const PIECE: usize = 64 * 1024;
    let server = Server::start_with_small_buffers();
    let options = ConnectOptions::default()
        .ping_interval(pong_timeout / 10)
        .pong_timeout(pong_timeout);
    let (mut client, mut peer) = open(&server, options).await;
    send(&client, noise(64 * PIECE));
    let mut piece = vec![0; PIECE];
    let mut last = Instant::now();
    for _ in 0..60 {
        sleep(pong_timeout / 20).await;
        if peer.tcp.read_exact(&mut piece).await.is_err() {
            break;
        }
        let now = Instant::now();
        if now - last > pong_timeout / 2 {
            return None;
        }
        last = now;
    }
    let mut events = Vec::new();
    while let Ok(event) = client.events.try_recv() {
        events.push(event);
    }
    Some(events)
}

#[tokio::test]
async fn a_slow_upload_does_not_fail_the_connection() {
    let mut pong_timeout = Duration::from_secs(2);
    let events = loop {
        if let Some(events) = slow_upload(pong_timeout).await {
            break events;
        }
        pong_timeout *= 2;
        assert!(pong_timeout < TIMEOUT, "the machine is too slow");
    };
    assert!(events.is_empty(), "{events:?}");
}

/// A TLS server with small buffers in its operating system, its acceptor, and options that trust it.
fn secure_server() -> (Server, TlsAcceptor, ConnectOptions) {
    let authority = Authority::new().expect("an authority");
    let identity = authority.issue(&["localhost"], Validity::Now);
    let acceptor = acceptor(&identity.expect("a certificate"));
    let roots = vec![authority.certificate_pem.clone().into_bytes()];
    let options = ConnectOptions::default().tls(TlsOptions::default().roots(roots));
    (Server::start_with_small_buffers(), acceptor, options)
}

/// An open TLS connection to a peer that reads nothing by itself.
async fn open_secure(
    change: impl FnOnce(ConnectOptions) -> ConnectOptions,
) -> (Client, WebSocketStream<TlsStream<TcpStream>>) {
    let (server, acceptor, options) = secure_server();
    let url = format!("wss://localhost:{}/", server.port());
    let mut client = Client::connect_with(&url, change(options));
    let tls = soon(acceptor.accept(server.accept().await)).await;
    let upgrade = tokio_tungstenite::accept_async(tls.expect("TLS"));
    let peer = soon(upgrade).await.expect("an upgrade");
    client.opened().await;
    (client, peer)
}

#[tokio::test]
async fn a_request_larger_than_the_send_buffer_is_sent_over_tls() {
    const SIZE: usize = MIB;
    let (server, acceptor, options) = secure_server();
    let field = HeaderField::new("X-Large", "x".repeat(SIZE));
    let url = format!("wss://localhost:{}/", server.port());
    let _client = Client::connect_with(&url, options.headers(vec![field]));
    let tls = soon(acceptor.accept(server.accept().await)).await;
    let mut tls = tls.expect("TLS");
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let read = soon(tls.read_buf(&mut request)).await;
        assert!(read.expect("a request") > 0, "it ended");
    }
    assert!(request.len() > SIZE);
}

#[tokio::test]
async fn a_reset_during_an_upload_over_tls_is_reported() {
    let (mut client, peer) = open_secure(|options| options).await;
    send(&client, noise(16 * MIB));
    let tcp = peer.get_ref().get_ref().0;
    soon(tcp.readable()).await.expect("something to read");
    // Unread bytes make the close a reset.
    drop(peer);
    let ending = client.closed().await;
    let error = ending.error.expect("a cause");
    assert!(error.contains("reset"), "{error}");
    assert_eq!(ending.code, 1006);
}

#[tokio::test]
async fn bytes_buffered_by_tls_do_not_extend_the_pong_timeout() {
    let (mut client, _peer) =
        open_secure(|options| options.pong_timeout(Duration::from_secs(2))).await;
    // Fills the operating system's buffers, and little more.
    while client.connection.buffered_amount() == 0 {
        send(&client, noise(16 * 1024));
        sleep(Duration::from_millis(5)).await;
    }
    let interval = Duration::from_millis(100);
    client.connection.set_ping_interval(Some(interval));
    let mut sent = 0;
    let ending = loop {
        match client.events.try_recv() {
            Ok(Event::Closed(ending)) => break ending,
            Ok(other) => panic!("{other:?}"),
            Err(_) => {}
        }
        sent += 1;
        // It may have ended meanwhile.
        let _ended = client.connection.send_binary(noise(10), Compress::Auto);
        client.connection.flush();
        sleep(Duration::from_millis(5)).await;
        assert!(sent < 700, "each small message counts as progress");
    };
    assert_eq!(ending.code, 1001, "{ending:?}");
}

#[tokio::test]
async fn a_reset_during_an_upload_is_reported() {
    let server = Server::start_with_small_buffers();
    let (mut client, mut peer) = open(&server, ConnectOptions::default()).await;
    send(&client, noise(16 * MIB));
    let _ = peer.frame().await;
    // Unread bytes make the close a reset.
    drop(peer);
    let ending = client.closed().await;
    let error = ending.error.expect("a cause");
    assert!(error.contains("reset"), "{error}");
    assert_eq!(ending.code, 1006);
}

#[tokio::test]
async fn a_close_is_sent_between_the_fragments_when_the_connection_fails() {
    let server = Server::start_with_small_buffers();
    let (client, mut peer) = open(&server, ConnectOptions::default()).await;
    send(&client, noise(64 * MIB));
    let _ = peer.frame().await;
    // A reserved opcode.
    peer.send([0x83, 0]).await;
    loop {
        let frame = peer.frame().await;
        assert!(!frame.is_final || frame.opcode == CLOSE);
        if frame.opcode == CLOSE {
            assert_eq!(frame.payload, 1002u16.to_be_bytes());
            break;
        }
    }
}

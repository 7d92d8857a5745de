//! Batches: small messages that are queued together.

mod support;

use std::collections::VecDeque;

use bytes::Bytes;
use rust_web_socket_core::{Compress, ConnectOptions, Message, MessageBatch, SendError};
use support::{BINARY, CLOSE, Client, Frame, Inflate, Peer, Server, TEXT, close_payload};

/// A batch of queued messages.
#[derive(Debug)]
struct Batch(VecDeque<Message>);

impl MessageBatch for Batch {
    fn next(&mut self) -> Option<Message> {
        self.0.pop_front()
    }

    fn size(&self) -> usize {
        self.0.iter().map(|message| message.payload.len()).sum()
    }
}

/// An open connection with compression, and the server's end of it.
async fn open(options: ConnectOptions) -> (Client, Peer) {
    let server = Server::start().await;
    let mut client = Client::connect_with(&server.url(), options);
    let peer = server.upgrade_with_extensions("permessage-deflate").await;
    client.opened().await;
    (client, peer)
}

fn message(is_text: bool, payload: &[u8], compress: Compress) -> Message {
    Message {
        is_text,
        payload: Bytes::copy_from_slice(payload),
        compress,
    }
}

fn batch(messages: impl IntoIterator<Item = Message>) -> Box<Batch> {
    Box::new(Batch(messages.into_iter().collect()))
}

fn binary(payload: &[u8]) -> Message {
    message(false, payload, Compress::Auto)
}

#[tokio::test]
async fn batched_messages_are_sent_in_order_with_other_messages() {
    let (client, mut peer) = open(ConnectOptions::default()).await;
    let connection = &client.connection;
    connection
        .send_text("before".into(), Compress::Never)
        .expect("open");
    connection
        .send_batch(batch([
            message(true, "grün".as_bytes(), Compress::Auto),
            binary(&[0, 255]),
        ]))
        .expect("open");
    connection.send_batch(batch([binary(&[])])).expect("open");
    connection
        .send_text("after".into(), Compress::Never)
        .expect("open");
    assert_eq!(connection.buffered_amount(), 6 + 5 + 2 + 5);
    connection.close(Some(1000), "").expect("allowed");
    assert_eq!(connection.buffered_amount(), 0);
    for expected in [
        Frame::new(TEXT, *b"before"),
        Frame::new(TEXT, "grün".as_bytes()),
        Frame::new(BINARY, [0, 255]),
        Frame::new(BINARY, []),
        Frame::new(TEXT, *b"after"),
        Frame::new(CLOSE, close_payload(1000, "")),
    ] {
        assert_eq!(peer.frame().await, expected);
    }
    assert_eq!(client.connection.stats().sent.messages, 5);
}

#[tokio::test]
async fn each_message_of_a_batch_has_its_own_compression() {
    let (client, mut peer) = open(ConnectOptions::default()).await;
    let long = [b'x'; 5000];
    let messages = [
        message(true, b"short", Compress::Auto),
        message(true, &long, Compress::Auto),
        message(true, &long, Compress::Never),
        message(false, b"wanted", Compress::Always),
        message(false, b"last", Compress::Auto),
    ];
    client
        .connection
        .send_batch(batch(messages.clone()))
        .expect("open");
    client.connection.flush();
    let mut inflate = Inflate::new();
    for (index, message) in messages.into_iter().enumerate() {
        let payload = message.payload;
        let frame = peer.frame().await;
        let expected = if message.is_text { TEXT } else { BINARY };
        assert_eq!(frame.opcode, expected, "{index}");
        assert_eq!(frame.is_compressed, matches!(index, 1 | 3), "{index}");
        let received = match frame.is_compressed {
            true => inflate.message(&frame.payload, payload.len()),
            false => frame.payload,
        };
        assert_eq!(received, payload, "{index}");
    }
}

#[tokio::test]
async fn a_batch_over_the_limit_is_refused_as_a_whole() {
    let options = ConnectOptions::default().max_buffered_amount(10);
    let (client, mut peer) = open(options).await;
    let connection = &client.connection;
    let refused = connection.send_batch(batch([binary(&[1; 6]), binary(&[2; 6])]));
    assert_eq!(refused, Err(SendError::Full));
    assert_eq!(connection.buffered_amount(), 0);
    connection
        .send_batch(batch([binary(&[3; 6]), binary(&[4; 4])]))
        .expect("it fits");
    connection.flush();
    assert_eq!(peer.frame().await, Frame::new(BINARY, [3; 6]));
    assert_eq!(peer.frame().await, Frame::new(BINARY, [4; 4]));
}

#[tokio::test]
async fn unsent_messages_are_not_buffered_after_the_end() {
    let server = Server::start_with_small_buffers();
    let mut client = Client::connect(&server.url());
    let peer = server.upgrade().await;
    client.opened().await;
    let messages = vec![binary(&[7; 1000]); 1000];
    for _ in 0..32 {
        client
            .connection
            .send_batch(batch(messages.clone()))
            .expect("open");
    }
    client.connection.flush();
    assert!(client.connection.buffered_amount() > 0);
    drop(peer);
    client.closed().await;
    assert_eq!(client.connection.buffered_amount(), 0);
}

//! Messages in both directions keep their type, content and order.

mod support;

use std::{
    hint,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use bytes::Bytes;
use futures::StreamExt;
use rust_web_socket_core::Compress;
use support::{
    BINARY, CONTINUATION, Client, Data, Frame, PING, PONG, Peer, Server, TEXT, fragment, frame,
    soon,
};

const MIB: usize = 1024 * 1024;

/// An open connection and the server's end of it.
async fn open() -> (Client, Peer) {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let peer = server.upgrade().await;
    client.opened().await;
    (client, peer)
}

/// Bytes without a repetition that would hide an error.
fn pattern(len: usize) -> Bytes {
    (0..len)
        .map(|index| (index ^ index >> 8 ^ index >> 16) as u8)
        .collect()
}

#[tokio::test]
async fn the_opcode_decides_the_type() {
    let (mut client, mut peer) = open().await;
    peer.send(frame(TEXT, "same")).await;
    peer.send(frame(BINARY, "same")).await;
    assert_eq!(client.message().await, Data::text("same"));
    assert_eq!(client.message().await, Data::binary("same"));
    client
        .connection
        .send_text("same".into(), Compress::Auto)
        .expect("open");
    client
        .connection
        .send_binary("same".into(), Compress::Auto)
        .expect("open");
    client.connection.flush();
    assert_eq!(peer.frame().await, Frame::new(TEXT, *b"same"));
    assert_eq!(peer.frame().await, Frame::new(BINARY, *b"same"));
}

#[tokio::test]
async fn empty_messages_are_received() {
    let (mut client, mut peer) = open().await;
    peer.send([frame(TEXT, ""), frame(BINARY, "")].concat())
        .await;
    assert_eq!(client.message().await, Data::text(""));
    assert_eq!(client.message().await, Data::binary(""));
    client
        .connection
        .send_text("".into(), Compress::Auto)
        .expect("open");
    client
        .connection
        .send_binary(Bytes::new(), Compress::Auto)
        .expect("open");
    client.connection.flush();
    assert_eq!(peer.frame().await, Frame::new(TEXT, []));
    assert_eq!(peer.frame().await, Frame::new(BINARY, []));
}

#[tokio::test]
async fn text_keeps_every_character() {
    let text = "NUL \0, ü, ಠ_ಠ, 𝄞, \u{feff}, \u{10ffff}, e\u{301}";
    let (mut client, mut peer) = open().await;
    peer.send(frame(TEXT, text)).await;
    assert_eq!(client.message().await, Data::text(text));
    client
        .connection
        .send_text(text.into(), Compress::Auto)
        .expect("open");
    client.connection.flush();
    assert_eq!(peer.frame().await, Frame::new(TEXT, text));
}

#[tokio::test]
async fn fragments_that_split_a_character_are_joined() {
    let (mut client, mut peer) = open().await;
    let [first, second, third, fourth] = "𝄞".as_bytes() else {
        panic!("a character of four bytes")
    };
    peer.send(fragment(false, TEXT, [b'a', *first])).await;
    peer.send(fragment(false, CONTINUATION, [])).await;
    peer.send(frame(PING, "between")).await;
    peer.send(fragment(false, CONTINUATION, [*second])).await;
    peer.send(fragment(true, CONTINUATION, [*third, *fourth, b'z']))
        .await;
    assert_eq!(client.message().await, Data::text("a𝄞z"));
    assert_eq!(peer.frame().await, Frame::new(PONG, *b"between"));
    peer.send(fragment(false, BINARY, [1])).await;
    peer.send(fragment(true, CONTINUATION, [2])).await;
    assert_eq!(client.message().await, Data::binary(vec![1, 2]));
}

#[tokio::test]
async fn a_frame_may_come_byte_by_byte() {
    let (mut client, mut peer) = open().await;
    for byte in frame(BINARY, pattern(300)) {
        peer.send([byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.message().await, Data::Binary(pattern(300)));
}

#[tokio::test]
async fn frames_in_the_same_segment_as_the_response_arrive() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let whole = frame(TEXT, "first");
    let (start, rest) = whole.split_at(3);
    let mut peer = server
        .upgrade_with(&[&frame(TEXT, "zeroth"), start].concat())
        .await;
    client.opened().await;
    assert_eq!(client.message().await, Data::text("zeroth"));
    peer.send(rest).await;
    assert_eq!(client.message().await, Data::text("first"));
}

#[tokio::test]
async fn large_messages_are_sent_and_received() {
    for len in [65_535, 65_536, MIB, 16 * MIB] {
        let (mut client, mut peer) = open().await;
        let data = pattern(len);
        let receiving = peer.message();
        client
            .connection
            .send_binary(data.clone(), Compress::Auto)
            .expect("open");
        client.connection.flush();
        let received = receiving.await;
        assert!(
            received.opcode == BINARY && received.payload == data,
            "{len} bytes sent"
        );
        let bytes = frame(BINARY, &data);
        let ((), message) = tokio::join!(peer.send(bytes), client.message());
        assert!(message == Data::Binary(data), "{len} bytes received");
    }
}

#[tokio::test]
async fn large_text_is_sent_and_received() {
    let (mut client, mut peer) = open().await;
    let text = "ü𝄞x".repeat(2 * MIB / 7);
    client
        .connection
        .send_text(text.clone().into(), Compress::Auto)
        .expect("open");
    client.connection.flush();
    let received = peer.message().await;
    assert!(received.opcode == TEXT && received.payload == text.as_bytes());
    let bytes = frame(TEXT, &text);
    let ((), message) = tokio::join!(peer.send(bytes), client.message());
    assert!(message == Data::Text(text));
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload() {
    let (mut client, mut peer) = open().await;
    for payload in [vec![], b"are you there?".to_vec(), vec![0xff; 125]] {
        peer.send(frame(PING, &payload)).await;
        assert_eq!(peer.frame().await, Frame::new(PONG, payload));
    }
    peer.send(frame(PONG, "unsolicited")).await;
    peer.send(frame(TEXT, "next")).await;
    assert_eq!(client.message().await, Data::text("next"));
}

#[tokio::test]
async fn many_small_messages_are_received_in_order() {
    const COUNT: u32 = 20_000;
    let (mut client, mut peer) = open().await;
    let bytes: Vec<u8> = (0..COUNT)
        .flat_map(|number| frame(BINARY, number.to_be_bytes()))
        .collect();
    let receiving = async {
        for number in 0..COUNT {
            let expected = Data::binary(number.to_be_bytes().to_vec());
            assert_eq!(client.message().await, expected);
        }
    };
    tokio::join!(peer.send(bytes), receiving);
}

#[tokio::test]
async fn many_small_messages_are_sent_in_order() {
    const COUNT: u32 = 20_000;
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let mut peer = server.tungstenite().await;
    client.opened().await;
    for number in 0..COUNT {
        let data = Bytes::copy_from_slice(&number.to_be_bytes());
        client
            .connection
            .send_binary(data, Compress::Auto)
            .expect("open");
        if number % 100 == 0 {
            client.connection.flush();
        }
    }
    client.connection.flush();
    for number in 0..COUNT {
        let message = soon(peer.next()).await.expect("open").expect("a message");
        assert_eq!(message.into_data(), number.to_be_bytes().as_slice());
    }
}

#[tokio::test]
async fn a_large_message_does_not_overtake_or_delay_the_small_ones() {
    let (client, mut peer) = open().await;
    let connection = &client.connection;
    connection
        .send_text("before".into(), Compress::Auto)
        .expect("open");
    connection
        .send_binary(pattern(4 * MIB), Compress::Auto)
        .expect("open");
    connection.flush();
    connection
        .send_text("after".into(), Compress::Auto)
        .expect("open");
    connection.flush();
    assert_eq!(peer.frame().await.payload, b"before");
    assert_eq!(peer.message().await.payload.len(), 4 * MIB);
    assert_eq!(peer.frame().await.payload, b"after");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_several_threads_arrive_each_in_its_order() {
    const THREADS: usize = 4;
    const COUNT: u32 = 3_000;
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let mut peer = server.tungstenite().await;
    client.opened().await;
    let connection = &client.connection;
    let mut next = [0; THREADS];
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for number in 0..COUNT {
                    let text = format!("{thread} {number}");
                    connection
                        .send_text(text.into(), Compress::Auto)
                        .expect("open");
                    connection.flush();
                }
            });
        }
    });
    for _ in 0..THREADS as u32 * COUNT {
        let message = soon(peer.next()).await.expect("open").expect("a message");
        let text = message.to_text().expect("text");
        let (thread, number) = text.split_once(' ').expect("two numbers");
        let thread: usize = thread.parse().expect("a number");
        assert_eq!(number.parse(), Ok(next[thread]));
        next[thread] += 1;
    }
    assert_eq!(next, [COUNT; THREADS]);
}

/// A flush may overlap the last step of another thread's flush or of the driver. The message must be sent by one of
/// them. Nothing else in a round would send a message whose flush was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_flush_is_lost_when_two_overlap() {
    const ROUNDS: usize = 5_000;
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let mut peer = server.tungstenite().await;
    client.opened().await;
    let connection = Arc::new(client.connection);
    let arrived = Arc::<AtomicUsize>::default();
    let (go, threads): (Vec<_>, Vec<_>) = (0..2)
        .map(|number| {
            let (go, rounds) = mpsc::channel::<usize>();
            let (connection, arrived) = (Arc::clone(&connection), Arc::clone(&arrived));
            let thread = thread::spawn(move || {
                for round in rounds {
                    arrived.fetch_add(1, Ordering::SeqCst);
                    while arrived.load(Ordering::SeqCst) < 2 * (round + 1) {
                        thread::yield_now();
                    }
                    // One starts later than the other, by a different time in each round.
                    for _ in 0..(round % 100) * number * 10 {
                        hint::spin_loop();
                    }
                    connection
                        .send_text("x".into(), Compress::Auto)
                        .expect("open");
                    connection.flush();
                }
            });
            (go, thread)
        })
        .unzip();
    for round in 0..ROUNDS {
        for go in &go {
            go.send(round).expect("the thread is waiting");
        }
        for _ in 0..2 {
            soon(peer.next()).await.expect("open").expect("a message");
        }
    }
    drop(go);
    for thread in threads {
        thread.join().expect("no panic");
    }
}

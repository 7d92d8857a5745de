//! Backpressure: how much is read, sent and buffered when one side is slower than the other.

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use rust_web_socket_core::{Compress, ConnectOptions, Initiator, SendError};
use support::{
    BINARY, CLOSE, CONTINUATION, Client, Data, Event, Frame, PING, PONG, Peer, Server, TEXT,
    close_payload, fragment, frame, read_frame, soon,
};
use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    task::JoinHandle,
};

const MIB: usize = 1024 * 1024;
const MESSAGE_SIZE: usize = 64 * 1024;
/// The cost of a message beside its payload, in bytes of credit.
const OVERHEAD: usize = 32;
/// The window plus what the last slice may exceed it by, in bytes.
const MAX_UNCONSUMED: usize = 2 * MIB + 256 * 1024 + MESSAGE_SIZE + OVERHEAD;

async fn open(server: Server) -> (Client, Peer) {
    let mut client = Client::connect(&server.url());
    let peer = server.upgrade().await;
    client.opened().await;
    (client, peer)
}

/// Data that is written in the background, and the number of bytes written.
struct Upload {
    written: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Upload {
    /// Writes `pieces` in order.
    fn start(
        mut writer: impl AsyncWrite + Unpin + Send + 'static,
        pieces: impl Iterator<Item = Vec<u8>> + Send + 'static,
    ) -> Self {
        let written = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&written);
        let task = tokio::spawn(async move {
            for piece in pieces {
                writer
                    .write_all(&piece)
                    .await
                    .expect("the connection is open");
                count.fetch_add(piece.len(), Ordering::Relaxed);
            }
        });
        Self { written, task }
    }

    /// Waits until it makes no progress. Detecting that too early would hide a failure and never cause one.
    async fn stalled(&self) {
        let mut before = 0;
        let mut unchanged = 0;
        while unchanged < 10 {
            assert!(!self.task.is_finished(), "it never stalls");
            tokio::time::sleep(Duration::from_millis(10)).await;
            let written = self.written.load(Ordering::Relaxed);
            unchanged = if written == before { unchanged + 1 } else { 0 };
            before = written;
        }
    }

    async fn finished(self) {
        soon(self.task).await.expect("the upload completes");
    }
}

/// Numbered messages of 64 KiB.
fn messages(count: u32) -> impl Iterator<Item = Vec<u8>> + Send + 'static {
    (0..count).map(|number| frame(BINARY, numbered(number)))
}

fn numbered(number: u32) -> Bytes {
    let mut data = vec![number as u8; MESSAGE_SIZE];
    data[..4].copy_from_slice(&number.to_be_bytes());
    data.into()
}

/// The messages delivered so far.
fn delivered(client: &mut Client) -> Vec<Data> {
    let mut messages = Vec::new();
    while let Ok(event) = client.events.try_recv() {
        match event {
            Event::Batch(batch) => messages.extend(batch),
            other => panic!("expected a batch, got {other:?}"),
        }
    }
    messages
}

/// Waits until `condition` is true, by yielding.
async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn without_credit_reading_stops_and_the_sender_stalls() {
    let (mut client, peer) = open(Server::start_with_small_buffers()).await;
    let upload = Upload::start(peer.tcp, messages(2_000));
    upload.stalled().await;
    let size: usize = delivered(&mut client)
        .iter()
        .map(|message| message.len() + OVERHEAD)
        .sum();
    assert!((2 * MIB..=MAX_UNCONSUMED).contains(&size), "{size}");
    upload.task.abort();
}

#[tokio::test]
async fn small_messages_use_credit_too() {
    let (mut client, peer) = open(Server::start_with_small_buffers()).await;
    let empty = frame(TEXT, []).repeat(10_000);
    let upload = Upload::start(peer.tcp, std::iter::repeat_n(empty, 1_000));
    upload.stalled().await;
    let count = delivered(&mut client).len();
    assert!(count * OVERHEAD <= MAX_UNCONSUMED, "{count} messages");
    upload.task.abort();
}

#[tokio::test]
async fn returned_credit_resumes_reading_without_loss() {
    const COUNT: u32 = 200;
    let (mut client, peer) = open(Server::start_with_small_buffers()).await;
    let upload = Upload::start(peer.tcp, messages(COUNT));
    upload.stalled().await;
    for number in 0..COUNT {
        assert_eq!(client.message().await, Data::Binary(numbered(number)));
    }
    upload.finished().await;
}

#[tokio::test]
async fn a_message_larger_than_the_window_is_received() {
    let (mut client, mut peer) = open(Server::start().await).await;
    let data = vec![7; 4 * MIB];
    let bytes = [frame(BINARY, &data), frame(TEXT, "next")].concat();
    let ((), message) = tokio::join!(peer.send(bytes), client.message());
    assert!(message == Data::binary(data));
    assert_eq!(client.message().await, Data::text("next"));
}

#[tokio::test]
async fn a_close_works_while_nothing_is_read() {
    let (mut client, peer) = open(Server::start_with_small_buffers()).await;
    let (mut reader, mut writer) = peer.tcp.into_split();
    let closing = Arc::<AtomicUsize>::default();
    let seen = Arc::clone(&closing);
    let pieces = messages(u32::MAX).take_while(move |_| seen.load(Ordering::Relaxed) == 0);
    let (done, rest) = tokio::sync::oneshot::channel();
    let written = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&written);
    let task = tokio::spawn(async move {
        for piece in pieces {
            writer
                .write_all(&piece)
                .await
                .expect("the connection is open");
            count.fetch_add(piece.len(), Ordering::Relaxed);
        }
        let _ = done.send(writer);
    });
    let upload = Upload { written, task };
    upload.stalled().await;
    delivered(&mut client);

    client.connection.close(Some(1000), "").expect("allowed");
    let close = Frame::new(CLOSE, close_payload(1000, ""));
    assert_eq!(soon(read_frame(&mut reader)).await, Some(close));
    closing.store(1, Ordering::Relaxed);
    let mut writer = soon(rest).await.expect("the stalled bytes are read");
    writer
        .write_all(&frame(CLOSE, close_payload(1000, "")))
        .await
        .expect("the connection is open");
    let ending = client.closed().await;
    assert_eq!((ending.code, ending.clean), (1000, true));
}

#[tokio::test]
async fn the_peers_close_is_reported_after_earlier_messages_are_consumed() {
    const COUNT: u32 = 100;
    let (mut client, peer) = open(Server::start_with_small_buffers()).await;
    let pieces = messages(COUNT).chain([frame(CLOSE, close_payload(4000, "done"))]);
    let upload = Upload::start(peer.tcp, pieces);
    upload.stalled().await;
    for number in 0..COUNT {
        assert_eq!(client.message().await, Data::Binary(numbered(number)));
    }
    let ending = client.closed().await;
    assert_eq!((ending.code, ending.initiator), (4000, Initiator::Remote));
}

#[tokio::test]
async fn reading_continues_while_writing_is_blocked() {
    let (mut client, mut peer) = open(Server::start_with_small_buffers()).await;
    client
        .connection
        .send_binary(vec![0; 32 * MIB].into(), Compress::Auto)
        .expect("open");
    client.connection.flush();
    for number in 0..40 {
        let bytes = frame(BINARY, numbered(number));
        let ((), message) = tokio::join!(peer.send(bytes), client.message());
        assert_eq!(message, Data::Binary(numbered(number)));
    }
    assert!(
        client.connection.buffered_amount() > 0,
        "writing has stalled"
    );
}

#[tokio::test]
async fn a_peer_that_pings_without_reading_gets_the_latest_pong() {
    const PINGS: u32 = 80_000;
    let (mut client, peer) = open(Server::start_with_small_buffers()).await;
    let (reader, mut writer) = peer.tcp.into_split();
    let mut reader = BufReader::new(reader);
    let payload = |number: u32| number.to_be_bytes().repeat(31);
    let mut pings = Vec::new();
    for number in 0..PINGS {
        pings.extend(frame(PING, payload(number)));
    }
    pings.extend(frame(TEXT, "after"));
    // All pings are read although the peer reads no pongs. Pongs that can't be sent are replaced. Each part has the
    // limit, since all of them take long under emulation.
    for part in pings.chunks(64 * 1024) {
        soon(writer.write_all(part))
            .await
            .expect("the connection is open");
    }
    assert_eq!(client.message().await, Data::text("after"));
    let mut last = None;
    let mut pongs = 0;
    while last != Some(PINGS - 1) {
        let pong = soon(read_frame(&mut reader)).await.expect("a pong");
        assert_eq!(pong.opcode, PONG);
        let number = pong.payload.first_chunk().copied().map(u32::from_be_bytes);
        let number = number.expect("a number");
        assert_eq!(pong.payload, payload(number));
        assert!(last < Some(number), "{number} after {last:?}");
        last = Some(number);
        pongs += 1;
    }
    assert!(pongs < PINGS, "pongs that could not be sent were replaced");
}

#[tokio::test]
async fn the_buffered_amount_rises_with_sends_and_falls_to_zero() {
    let (client, mut peer) = open(Server::start_with_small_buffers()).await;
    let connection = &client.connection;
    assert_eq!(connection.buffered_amount(), 0);
    connection
        .send_text("ü".into(), Compress::Auto)
        .expect("open");
    assert_eq!(connection.buffered_amount(), 2);
    connection.flush();
    assert_eq!(
        connection.buffered_amount(),
        0,
        "it fits into the send buffer"
    );

    for number in 0..100 {
        connection
            .send_binary(numbered(number), Compress::Auto)
            .expect("open");
    }
    assert_eq!(connection.buffered_amount(), 100 * MESSAGE_SIZE);
    connection.flush();
    assert_eq!(peer.frame().await.payload.len(), 2);
    for number in 0..100 {
        assert!(peer.frame().await.payload == numbered(number));
    }
    until(|| connection.buffered_amount() == 0).await;
}

#[tokio::test]
async fn the_buffered_amount_falls_while_there_is_more_to_send() {
    const COUNT: u32 = 500;
    let (client, mut peer) = open(Server::start_with_small_buffers()).await;
    let connection = &client.connection;
    for number in 0..COUNT {
        connection
            .send_binary(numbered(number), Compress::Auto)
            .expect("open");
    }
    connection.flush();
    for number in 0..COUNT / 2 {
        assert!(peer.frame().await.payload == numbered(number));
    }
    let half = COUNT as usize / 2 * MESSAGE_SIZE;
    until(|| connection.buffered_amount() <= half + 2 * MESSAGE_SIZE).await;
    assert!(connection.buffered_amount() > 0);
}

#[tokio::test]
async fn drained_is_reported_once() {
    const COUNT: u32 = 100;
    let (mut client, mut peer) = open(Server::start_with_small_buffers()).await;
    for number in 0..COUNT {
        client
            .connection
            .send_binary(numbered(number), Compress::Auto)
            .expect("open");
    }
    client.connection.flush();
    let mark = 10 * MESSAGE_SIZE;
    client.connection.notify_drained(mark);
    for number in 0..COUNT {
        assert!(peer.frame().await.payload == numbered(number));
    }
    assert!(matches!(client.event().await, Event::Drained));
    assert!(client.connection.buffered_amount() <= mark);

    // Nothing is buffered, and only one event comes.
    client.connection.notify_drained(0);
    assert!(matches!(client.event().await, Event::Drained));
    peer.send_close(1000, "").await;
    assert_eq!(client.closed().await.code, 1000);
}

#[tokio::test]
async fn a_flush_on_the_callers_thread_reports_drained_too() {
    let (mut client, _peer) = open(Server::start().await).await;
    client
        .connection
        .send_text("small".into(), Compress::Auto)
        .expect("open");
    client.connection.notify_drained(0);
    client.connection.flush();
    assert!(matches!(client.event().await, Event::Drained));
}

#[tokio::test]
async fn unsent_bytes_are_dropped_when_the_connection_ends() {
    let (mut client, peer) = open(Server::start_with_small_buffers()).await;
    client
        .connection
        .send_binary(vec![0; 8 * MIB].into(), Compress::Auto)
        .expect("open");
    client.connection.flush();
    peer.tcp.set_zero_linger().expect("SO_LINGER");
    drop(peer);
    client.closed().await;
    assert_eq!(client.connection.buffered_amount(), 0);
}

#[tokio::test]
async fn a_close_waits_for_an_upload_with_progress() {
    let server = Server::start_with_small_buffers();
    let mut options = ConnectOptions::default();
    options.close_timeout = Duration::from_secs(1);
    let mut client = Client::connect_with(&server.url(), options);
    let mut peer = server.upgrade().await;
    client.opened().await;
    client
        .connection
        .send_binary(vec![0; 32 * MIB].into(), Compress::Auto)
        .expect("open");
    client.connection.close(Some(1000), "").expect("allowed");
    // A slow peer: all of it takes longer than the timeout, each part takes much less.
    let mut left = 32 * MIB + 14 * (32 * MIB / ConnectOptions::DEFAULT_FRAME_SIZE);
    let mut part = vec![0; 2 * MIB];
    while left > 0 {
        tokio::time::sleep(Duration::from_millis(80)).await;
        let size = left.min(part.len());
        soon(peer.tcp.read_exact(&mut part[..size]))
            .await
            .expect("the upload continues");
        left -= size;
    }
    assert_eq!(
        peer.frame().await,
        Frame::new(CLOSE, close_payload(1000, ""))
    );
    peer.send_close(1000, "").await;
    assert!(client.closed().await.clean);
}

#[tokio::test]
async fn a_stalled_upload_does_not_extend_a_close() {
    let server = Server::start_with_small_buffers();
    let mut options = ConnectOptions::default();
    options.close_timeout = Duration::from_millis(50);
    let mut client = Client::connect_with(&server.url(), options);
    let _peer = server.upgrade().await;
    client.opened().await;
    client
        .connection
        .send_binary(vec![0; 32 * MIB].into(), Compress::Auto)
        .expect("open");
    client.connection.close(Some(1000), "").expect("allowed");
    let ending = client.closed().await;
    assert_eq!((ending.code, ending.clean), (1006, false));
    assert_eq!(client.connection.buffered_amount(), 0);
}

#[tokio::test]
async fn any_thread_may_flush() {
    let (client, mut peer) = open(Server::start().await).await;
    let connection = client.connection;
    // A thread without a runtime. It writes the small message itself, and the driver writes the large one.
    for size in [1, MIB] {
        thread::scope(|scope| {
            scope.spawn(|| {
                connection
                    .send_binary(vec![0; size].into(), Compress::Auto)
                    .expect("open");
                connection.flush();
            });
        });
        assert_eq!(peer.message().await.payload.len(), size);
    }
}

#[tokio::test]
async fn a_flooded_connection_does_not_starve_others() {
    let (mut flooded, peer) = open(Server::start().await).await;
    let upload = Upload::start(peer.tcp, messages(u32::MAX));
    let consuming = async {
        loop {
            flooded.message().await;
        }
    };
    let (mut client, mut peer) = open(Server::start().await).await;
    let round_trips = async {
        for number in 0..100 {
            client
                .connection
                .send_text(format!("{number}").into(), Compress::Auto)
                .expect("open");
            client.connection.flush();
            let payload = peer.frame().await.payload;
            peer.send(frame(TEXT, payload)).await;
            assert_eq!(client.message().await, Data::text(format!("{number}")));
        }
    };
    tokio::select! {
        () = round_trips => {}
        () = consuming => {}
    }
    upload.task.abort();
}

#[tokio::test]
async fn a_message_over_the_buffer_limit_is_refused_and_the_rest_is_sent() {
    let server = Server::start().await;
    let options = ConnectOptions::default().max_buffered_amount(10);
    let mut client = Client::connect_with(&server.url(), options);
    let connection = &client.connection;
    let send = |text: &str| connection.send_text(text.to_owned().into(), Compress::Auto);
    assert_eq!(send("01234567890"), Err(SendError::Full));
    assert_eq!(send("01234567"), Ok(()));
    assert_eq!(send("xyz"), Err(SendError::Full));
    assert_eq!(send("89"), Ok(()));
    assert_eq!(send(""), Ok(()));
    assert_eq!(connection.buffered_amount(), 10);
    connection.notify_drained(0);
    let mut peer = server.upgrade().await;
    client.opened().await;
    for text in ["01234567", "89", ""] {
        assert_eq!(peer.frame().await, Frame::new(TEXT, text));
    }
    assert!(matches!(client.event().await, Event::Drained));
    let again = client.connection.send_text("xyz".into(), Compress::Auto);
    assert_eq!(again, Ok(()));
    client.connection.flush();
    assert_eq!(peer.frame().await, Frame::new(TEXT, "xyz"));
}

async fn open_with_progress(step: usize) -> (Client, Peer) {
    let server = Server::start().await;
    let options = ConnectOptions::default().receive_progress_step(step);
    let mut client = Client::connect_with(&server.url(), options);
    let peer = server.upgrade().await;
    client.opened().await;
    (client, peer)
}

#[tokio::test]
async fn the_progress_of_a_large_message_is_reported() {
    let (mut client, mut peer) = open_with_progress(100).await;
    let message = frame(BINARY, [7; 1000]);
    let header = message.len() - 1000;
    // Less than a step, one step, most of another, and more than one at once.
    let mut sent = 0;
    for (size, reported) in [(99, None), (100, Some(100)), (199, None), (777, Some(777))] {
        peer.send(&message[sent..header + size]).await;
        sent = header + size;
        if let Some(reported) = reported {
            match client.event().await {
                Event::Receiving(received, total) => {
                    assert_eq!((received, total), (reported, Some(1000)));
                }
                other => panic!("expected progress, got {other:?}"),
            }
        }
    }
    peer.send(&message[sent..]).await;
    assert_eq!(client.message().await, Data::binary(vec![7; 1000]));
    peer.send(frame(TEXT, [b'x'; 99])).await;
    assert_eq!(client.message().await, Data::text("x".repeat(99)));
}

#[tokio::test]
async fn a_message_in_fragments_has_no_size_before_its_last_one() {
    let (mut client, mut peer) = open_with_progress(1).await;
    let first = fragment(false, BINARY, [7; 10]);
    let last = fragment(true, CONTINUATION, [7; 20]);
    peer.send(first).await;
    assert!(matches!(client.event().await, Event::Receiving(10, None)));
    peer.send(&last[..12]).await;
    assert!(matches!(
        client.event().await,
        Event::Receiving(20, Some(30))
    ));
    peer.send(&last[12..]).await;
    assert_eq!(client.message().await, Data::binary(vec![7; 30]));
}

//! What is recorded, compared with the frames that the peer has counted: random conversations, watched and not.

mod support;

use std::time::Duration;

use rust_web_socket_core::{Compress, ConnectOptions, Connection, RecordedFrames, Recording};
use support::{
    BINARY, CLOSE, CONTINUATION, Client, Deflate, Event, PING, PONG, Server, TEXT, close_payload,
    compressed, fragment, frame, read_frame, records, soon,
};
use tokio::{io::AsyncWriteExt, net::tcp::OwnedWriteHalf, sync::Notify, time::sleep};

/// A generator of numbers that a seed repeats (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).expect("64 bits") % limit
    }

    fn bytes(&mut self) -> Vec<u8> {
        let size = match self.below(20) {
            0 => 20_000 + self.below(300_000),
            1..4 => self.below(40_000),
            _ => self.below(200),
        };
        let first = b'a' + self.below(20) as u8;
        (0..size).map(|index| first + (index % 5) as u8).collect()
    }

    async fn pause(&mut self) {
        match self.below(4) {
            0 => sleep(Duration::from_micros(self.below(300) as u64)).await,
            1 => tokio::task::yield_now().await,
            _ => {}
        }
    }
}

/// A frame as the peer knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    first_byte: u8,
    size: usize,
    /// In the last frame of a message.
    message: Option<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Local,
    Remote,
    Lost,
}

/// The peer's frames, in pieces of random sizes. Returns what it has sent.
async fn speak(
    mut random: Random,
    mut tcp: OwnedWriteHalf,
    end: End,
    closed: &Notify,
) -> Vec<Known> {
    let mut deflate = Deflate::new();
    let mut known = Vec::new();
    for _ in 0..150 {
        let mut bytes = Vec::new();
        let mut add = |frame: Vec<u8>, message: Option<Vec<u8>>, size| {
            known.push(Known {
                first_byte: frame[0],
                size,
                message,
            });
            bytes.extend(frame);
        };
        match random.below(8) {
            0 => add(frame(PING, "ping"), None, 4),
            1 => add(frame(PONG, "pong"), None, 4),
            2 => {
                for _ in 0..random.below(600) {
                    add(frame(TEXT, "x"), Some(b"x".to_vec()), 1);
                }
            }
            3..5 => {
                let message = random.bytes();
                add(
                    frame(BINARY, &message),
                    Some(message.clone()),
                    message.len(),
                );
            }
            kind => {
                let message = [random.bytes(), vec![b'.']].concat();
                let is_compressed = kind < 6;
                let payload = if is_compressed {
                    deflate.payload(&message)
                } else {
                    message.clone()
                };
                let size = (payload.len() / (1 + random.below(4))).max(1);
                let parts: Vec<_> = payload.chunks(size).collect();
                for (index, part) in parts.iter().enumerate() {
                    let opcode = if index == 0 { BINARY } else { CONTINUATION };
                    let is_final = index + 1 == parts.len();
                    let frame_bytes = if is_compressed && index == 0 {
                        compressed(is_final, opcode, part)
                    } else {
                        fragment(is_final, opcode, part)
                    };
                    add(frame_bytes, is_final.then(|| message.clone()), part.len());
                    if !is_final && random.below(3) == 0 {
                        add(frame(PING, "between"), None, 7);
                    }
                }
            }
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let size = (1 + random.below(70_000)).min(rest.len());
            let (piece, behind) = rest.split_at(size);
            if tcp.write_all(piece).await.is_err() {
                return known;
            }
            rest = behind;
            random.pause().await;
        }
    }
    match end {
        End::Local => closed.notified().await,
        End::Remote => {}
        End::Lost => {
            let _ = tcp.write_all(&frame(PING, "cut off")[..4]).await;
            known.push(Known {
                first_byte: 0x80 | PING,
                size: 7,
                message: None,
            });
            return known;
        }
    }
    let close = frame(CLOSE, close_payload(1000, ""));
    known.push(Known {
        first_byte: close[0],
        size: 2,
        message: None,
    });
    let _ = tcp.write_all(&close).await;
    known
}

/// Sends, and changes what is recorded and traced. Returns the messages.
async fn act(
    mut random: Random,
    connection: &Connection,
    recording: &Recording,
    traces: bool,
) -> Vec<Vec<u8>> {
    let mut sent = Vec::new();
    for _ in 0..400 {
        match random.below(8) {
            0 | 1 => recording.watch(match random.below(4) {
                0 => None,
                1 => Some(random.below(100)),
                2 => Some(0),
                _ => Some(usize::MAX),
            }),
            2 if traces => connection.trace((random.below(2) == 0).then(|| random.below(50))),
            3 => drop(connection.ping(random.below(100) as u64)),
            4 => {
                for _ in 0..random.below(100) {
                    if connection.send_text("y".into(), Compress::Auto).is_ok() {
                        sent.push(b"y".to_vec());
                    }
                }
                connection.flush();
            }
            _ => {
                let message = random.bytes();
                let compress = [Compress::Auto, Compress::Always, Compress::Never][random.below(3)];
                if connection
                    .send_binary(message.clone().into(), compress)
                    .is_ok()
                {
                    sent.push(message);
                }
                connection.flush();
            }
        }
        random.pause().await;
    }
    sent
}

async fn run(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..5 {
        random.below(2);
    }
    let end = [End::Local, End::Remote, End::Lost][random.below(3)];
    let always_traced = random.below(2) == 0;
    let server = Server::start().await;
    let mut options = ConnectOptions::default().record(true);
    if random.below(2) == 0 {
        options.max_frame_size = Some(1 + random.below(5000));
    }
    let mut client = Client::connect_with(&server.url(), options);
    let peer = server.upgrade_with_extensions("permessage-deflate").await;
    client.opened().await;
    let recording = client.connection.recording().expect("it records");
    if always_traced {
        client.connection.trace(Some(3));
    }
    let (mut reader, writer) = peer.tcp.into_split();
    let seeds = [random.below(1 << 30), random.below(1 << 30)].map(|seed| seed as u64 | 1);
    let (connection, events) = (&client.connection, &mut client.events);
    let closed = Notify::new();
    let listen = async {
        let mut heard = Vec::new();
        if end == End::Lost {
            // The last frame may be cut off.
            let _ = tokio::io::copy(&mut reader, &mut tokio::io::sink()).await;
        }
        while let Some(frame) = soon(read_frame(&mut reader)).await {
            let is_close = frame.opcode == CLOSE;
            heard.push(frame);
            if is_close {
                closed.notify_one();
            }
        }
        heard
    };
    let watch = async {
        let mut traced = Vec::new();
        let mut all = Vec::new();
        let mut next = 0;
        let mut last = RecordedFrames::default();
        let mut is_over = false;
        while !is_over {
            match soon(events.recv()).await.expect("an event") {
                Event::Batch(_) => connection.grant(),
                Event::Frames(frames) => {
                    assert!(!frames.is_empty(), "no frames were reported");
                    traced.extend(frames);
                }
                Event::Closed(_) => is_over = true,
                _ => {}
            }
            loop {
                last = recording.frames(next, 1000);
                next = last.next;
                all.extend(records(&last));
                if last.is_complete {
                    break;
                }
            }
        }
        (all, last, traced)
    };
    let send = async {
        let sent = act(Random(seeds[0]), connection, &recording, !always_traced).await;
        if end == End::Local {
            let _ = connection.close(Some(1000), "");
        }
        sent
    };
    let (known, heard, (all, last, traced), messages) = tokio::join!(
        speak(Random(seeds[1]), writer, end, &closed),
        listen,
        watch,
        send
    );

    let mut messages = messages.into_iter();
    let heard: Vec<_> = heard
        .into_iter()
        .map(|frame| Known {
            first_byte: u8::from(frame.is_final) << 7
                | u8::from(frame.is_compressed) << 6
                | frame.opcode,
            size: frame.payload.len(),
            message: (frame.is_final && frame.opcode < CLOSE)
                .then(|| messages.next().expect("a message that was sent")),
        })
        .collect();
    for (is_sent, known, total) in [(true, &heard, last.sent), (false, &known, last.received)] {
        let context = format!(
            "seed {seed}, sent {is_sent}, total {total} of {}",
            known.len()
        );
        let mut number = 0;
        for record in all.iter().filter(|it| it.is_sent == is_sent) {
            assert!(
                record.number > number,
                "{context}: {} after {number}",
                record.number
            );
            number = record.number;
            // What was sent last may not have arrived when the connection is lost.
            let Some(known) = known.get(number as usize - 1) else {
                assert!(is_sent && end != End::Local, "{context}: {record:?}");
                continue;
            };
            assert_eq!(record.first_byte, known.first_byte, "{context}: {number}");
            assert_eq!(record.size, known.size as u64, "{context}: {number}");
            match (record.message_size, &known.message) {
                (Some(size), Some(message)) => {
                    assert_eq!(size, message.len() as u64, "{context}: {number}");
                    assert!(message.starts_with(&record.payload), "{context}: {number}");
                }
                (None, None) => {}
                (None, Some(_)) if number == total && end != End::Local => {}
                _ => panic!(
                    "{context}: {record:?} is {:?}",
                    known.message.as_ref().map(Vec::len)
                ),
            }
        }
        assert!(number <= total, "{context}: {number}");
        match (end, is_sent) {
            (End::Local, _) | (End::Remote, false) => {
                assert_eq!(total, known.len() as u64, "{context}");
            }
            // A Close frame that is written later, or a frame that is cut off.
            (End::Remote, true) | (End::Lost, false) => {
                assert!(known.len() as u64 - total <= 1, "{context}");
            }
            (End::Lost, true) => {}
        }
        if always_traced {
            let numbers = traced
                .iter()
                .filter(|it| it.is_sent == is_sent)
                .map(|it| it.number);
            let numbers: Vec<_> = numbers.collect();
            for pair in numbers.windows(2) {
                assert_eq!(pair[1], pair[0] + 1, "{context}: the trace");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_recorded_frame_has_its_number_and_what_is_left_out_is_a_gap() {
    for seed in 1..=10 {
        run(seed).await;
    }
}

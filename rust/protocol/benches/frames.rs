//! The frame layer in memory, compared with tungstenite's `WebSocket` with the buffer sizes that its documentation
//! recommends.
//!
//! `cargo bench -p rust_web_socket_protocol`. Large payloads are read into memory that earlier messages had, as in the
//! package; tungstenite uses its own buffer again.

use std::{
    borrow::Cow,
    hint::black_box,
    io::{self, Read, Write},
    time::Duration,
};

use bytes::{BufMut, Bytes};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rust_web_socket_protocol::{
    Compress, Decoder, Encoder, Event, FRAME_OVERHEAD, READ_SIZE, Stopped,
};
use tungstenite::{
    Message, Utf8Bytes, WebSocket,
    protocol::{Role, WebSocketConfig},
};

/// Bytes of payload per iteration, at least one message.
const PER_ITERATION: usize = 1024 * 1024;

#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    is_text: bool,
    size: usize,
    /// The repeated pattern of the payload.
    pattern: &'static str,
}

const fn row(name: &'static str, size: usize, is_text: bool, pattern: &'static str) -> Row {
    Row {
        name,
        is_text,
        size,
        pattern,
    }
}

const ASCII: &str = "The quick brown fox jumps over the lazy dog. ";
const CHINESE: &str = "敏捷的棕色狐狸跳过了懒狗。";

const ROWS: [Row; 12] = [
    row("32 B text, ASCII", 32, true, ASCII),
    row("32 B text, Chinese", 32, true, CHINESE),
    row("32 B binary", 32, false, ASCII),
    row("1 KiB text, ASCII", 1024, true, ASCII),
    row("1 KiB text, Chinese", 1024, true, CHINESE),
    row("1 KiB binary", 1024, false, ASCII),
    row("64 KiB text, ASCII", 64 * 1024, true, ASCII),
    row("64 KiB text, Chinese", 64 * 1024, true, CHINESE),
    row("64 KiB binary", 64 * 1024, false, ASCII),
    row("1 MiB text, ASCII", 1024 * 1024, true, ASCII),
    row("1 MiB text, Chinese", 1024 * 1024, true, CHINESE),
    row("1 MiB binary", 1024 * 1024, false, ASCII),
];

impl Row {
    /// Text of this size, or slightly less so that no character is split.
    fn payload(self) -> Utf8Bytes {
        let mut text = self.pattern.repeat(self.size / self.pattern.len() + 1);
        let mut end = self.size;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.into()
    }

    fn messages(self) -> usize {
        (PER_ITERATION / self.size).max(1)
    }

    /// One frame as a server sends it.
    fn frame(self) -> Vec<u8> {
        let payload = self.payload();
        let mut frame = vec![if self.is_text { 0x81 } else { 0x82 }];
        match payload.len() {
            size @ ..126 => frame.push(size as u8),
            size @ ..0x1_0000 => {
                frame.push(126);
                frame.extend((size as u16).to_be_bytes());
            }
            size => {
                frame.push(127);
                frame.extend((size as u64).to_be_bytes());
            }
        }
        frame.extend(payload.as_bytes());
        frame
    }
}

/// A server that repeats the same bytes and accepts everything.
struct Server {
    bytes: Vec<u8>,
    position: usize,
}

impl Server {
    fn new(row: Row) -> Self {
        Self {
            bytes: row.frame().repeat(row.messages()),
            position: 0,
        }
    }

    fn next(&mut self, size: usize) -> &[u8] {
        if self.position == self.bytes.len() {
            self.position = 0;
        }
        let end = self.bytes.len().min(self.position + size);
        let start = std::mem::replace(&mut self.position, end);
        &self.bytes[start..end]
    }
}

impl Read for Server {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let bytes = self.next(target.len());
        target[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}

impl Write for Server {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(black_box(bytes).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn tungstenite(row: Row) -> WebSocket<Server> {
    let config = WebSocketConfig::default()
        .read_buffer_size(128 * 1024)
        .write_buffer_size(128 * 1024);
    WebSocket::from_raw_socket(Server::new(row), Role::Client, Some(config))
}

fn receive(criterion: &mut Criterion) {
    for row in ROWS {
        let mut group = criterion.benchmark_group(format!("receive {}", row.name));
        group.throughput(Throughput::Bytes((row.messages() * row.size) as u64));
        let mut server = Server::new(row);
        let mut decoder = Decoder::new(Vec::new(), None, usize::MAX);
        let mut spare = Vec::new();
        group.bench_function("rust_web_socket", |bencher| {
            bencher.iter(|| {
                let mut messages = 0;
                while messages < row.messages() {
                    match decoder.next_event().expect("valid frames") {
                        Some(Event::Text(text)) => {
                            if let Cow::Owned(memory) = black_box(text).into_bytes() {
                                spare = memory;
                            }
                            messages += 1;
                        }
                        Some(Event::Binary(data)) => {
                            if let Cow::Owned(memory) = black_box(data) {
                                spare = memory;
                            }
                            messages += 1;
                        }
                        Some(Event::LargeMessage { size, .. }) => {
                            let mut memory = std::mem::take(&mut spare);
                            memory.clear();
                            memory.reserve_exact(size);
                            decoder.provide_memory(memory);
                        }
                        Some(_) => {}
                        None => {
                            decoder.lend_buffer(|| Vec::with_capacity(READ_SIZE));
                            let mut target = decoder.read_target();
                            let bytes = server.next(target.remaining_mut());
                            target.put_slice(bytes);
                        }
                    }
                }
            });
        });
        let mut socket = tungstenite(row);
        group.bench_function("tungstenite", |bencher| {
            bencher.iter(|| {
                for _ in 0..row.messages() {
                    black_box(socket.read().expect("valid frames"));
                }
            });
        });
        group.finish();
    }
}

fn send(criterion: &mut Criterion) {
    for row in ROWS {
        let mut group = criterion.benchmark_group(format!("send {}", row.name));
        group.throughput(Throughput::Bytes((row.messages() * row.size) as u64));
        let payload = row.payload();
        let mut encoder = Encoder::new(None, Some(64 * 1024));
        let mut buffer = vec![0; 64 * 1024 + FRAME_OVERHEAD];
        group.bench_function("rust_web_socket", |bencher| {
            bencher.iter(|| {
                let mut filled = 0;
                let mut started = 0;
                loop {
                    let encoded = encoder.encode(&mut buffer[filled..], &mut 0);
                    filled += encoded.size;
                    match encoded.stopped {
                        Stopped::NeedsMessage if started < row.messages() => {
                            started += 1;
                            let payload = Bytes::from(payload.clone());
                            encoder.start(row.is_text, payload, Compress::Never);
                        }
                        Stopped::NeedsMessage => break,
                        _ => {
                            black_box(&buffer[..filled]);
                            filled = 0;
                        }
                    }
                }
                black_box(&buffer[..filled]);
            });
        });
        let mut socket = tungstenite(row);
        group.bench_function("tungstenite", |bencher| {
            bencher.iter(|| {
                for _ in 0..row.messages() {
                    let message = if row.is_text {
                        Message::Text(payload.clone())
                    } else {
                        Message::Binary(payload.clone().into())
                    };
                    socket.write(message).expect("a server that takes it");
                }
                socket.flush().expect("a server that takes it");
            });
        });
        group.finish();
    }
}

criterion_group! {
    name = frames;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .without_plots();
    targets = receive, send
}
criterion_main!(frames);

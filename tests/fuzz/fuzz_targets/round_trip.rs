//! Whatever is sent, over a line that takes it in whatever pieces: the frames are a client's, compressed if that was
//! agreed on and wanted, and a reader gets the same messages out of them.

#![no_main]

use std::task::{Context, Poll};

use arbitrary::Arbitrary;
use bytes::Bytes;
use futures::task::noop_waker_ref;
use fuzz::{
    line::{Line, Pieces},
    message::{Message, max_size},
    reading::{Event, Reads},
};
use libfuzzer_sys::fuzz_target;
use rust_web_socket_core::{
    Compress, CompressionOptions,
    fuzzing::{Agreement, Writer},
};

#[derive(Arbitrary, Debug)]
struct Input {
    compression: Option<Client>,
    max_frame_size: Option<u16>,
    seed: u16,
    acts: Vec<Act>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Client {
    no_context_takeover: bool,
    /// From 8 to 15 bits; 8 bits are none for zlib.
    window: u8,
    level: u8,
    threshold: u8,
}

#[derive(Arbitrary, Debug)]
enum Act {
    Send(Message, Wish),
    Ping,
    Pong(u8),
    Write { may_deflate: bool },
    ReleaseDeflater,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Wish {
    Auto,
    Always,
    Never,
}

fuzz_target!(|input: Input| {
    let client = input.compression.map(|client| {
        let mut options = CompressionOptions::default();
        options.level = u32::from(1 + client.level % 9);
        options.threshold = client.threshold.into();
        let agreement = Agreement {
            server_no_context_takeover: false,
            client_no_context_takeover: client.no_context_takeover,
            server_max_window_bits: 15,
            client_max_window_bits: 8 + client.window % 8,
        };
        (options, agreement)
    });
    let max_frame_size = input.max_frame_size.map(|size| usize::from(size).max(1));
    let mut writer = Writer::new(
        client
            .as_ref()
            .map(|(options, agreement)| (options, *agreement)),
        max_frame_size,
    );
    let mut line = Line::new(&[], Pieces::Random(input.seed.into()));
    let mut cx = Context::from_waker(noop_waker_ref());

    let mut sent: Vec<(Event, bool)> = Vec::new();
    let mut controls = Vec::new();
    let mut size = 0;
    for act in input.acts {
        match act {
            Act::Send(message, wish) => {
                let payload = Bytes::copy_from_slice(message.as_bytes());
                size += payload.len();
                if size > max_size(input.seed) {
                    break;
                }
                let is_compressed = client.as_ref().is_some_and(|(options, agreement)| {
                    let is_wanted = match wish {
                        Wish::Auto => payload.len() >= options.threshold,
                        Wish::Always => true,
                        Wish::Never => false,
                    };
                    is_wanted && agreement.client_max_window_bits > 8
                });
                sent.push((Event::from(&message), is_compressed));
                writer.send(message.is_text(), payload, wish.into());
            }
            Act::Ping => {
                // The heartbeat's and the owner's in turn.
                let count = controls.len() as u64;
                let token = (count % 2 == 1).then_some(count);
                writer.ping(token);
                let payload = token.map(u64::to_be_bytes);
                controls.push(Event::Ping(payload.map_or_else(Vec::new, Vec::from)));
            }
            Act::Pong(size) => {
                let payload = vec![size; usize::from(size % 126)];
                writer.pong(payload.clone().into());
                controls.push(Event::Pong(payload));
            }
            Act::Write { may_deflate } => {
                let _ = writer.poll_write(&mut line, &mut cx, may_deflate);
            }
            Act::ReleaseDeflater => writer.release_deflater(),
        }
    }
    // Else in the middle of whatever it does.
    let is_closed = !input.seed.is_multiple_of(4);
    if is_closed {
        writer.close(4321, "the end");
    } else {
        writer.end(4321, "the end");
    }
    while writer.poll_write(&mut line, &mut cx, is_closed) != Poll::Ready(true) {}
    assert!(!is_closed || writer.buffered() == 0);

    let (wire, are_compressed) = as_servers(&line.into_written(), max_frame_size);
    // The same agreement, seen from the other side.
    let agreement = client.map(|(_, agreement)| Agreement {
        server_no_context_takeover: agreement.client_no_context_takeover,
        server_max_window_bits: agreement.client_max_window_bits,
        ..agreement
    });
    let reads = Reads {
        wire: &wire,
        agreement,
        max_message_size: None,
    };
    let reading = reads.in_every_way(input.seed.into());
    assert_eq!(reading.ending.code, 4321, "{:?}", reading.ending);
    let (messages, others): (Vec<_>, Vec<_>) =
        reading.events.into_iter().partition(Event::is_message);
    let received: Vec<_> = messages.into_iter().zip(are_compressed).collect();
    let traffic = writer.traffic();
    if is_closed {
        assert_eq!(
            (traffic.messages, traffic.payload),
            (reading.traffic.messages, reading.traffic.payload)
        );
        assert_eq!(received, sent);
        assert_eq!(others, controls);
    } else {
        // The last one may have been cut off between two fragments.
        let cut_off = traffic.messages - reading.traffic.messages;
        assert!(cut_off <= 1, "{cut_off}");
        assert!(sent.starts_with(&received));
        assert!(controls.starts_with(&others));
    }
});

impl From<Wish> for Compress {
    fn from(wish: Wish) -> Self {
        match wish {
            Wish::Auto => Self::Auto,
            Wish::Always => Self::Always,
            Wish::Never => Self::Never,
        }
    }
}

/// The same frames as a server would send them, and which messages are compressed. Panics if a client may not send
/// such frames.
fn as_servers(mut wire: &[u8], max_frame_size: Option<usize>) -> (Vec<u8>, Vec<bool>) {
    let mut unmasked = Vec::new();
    let mut are_compressed = Vec::new();
    while !wire.is_empty() {
        let first_byte = take::<1>(&mut wire)[0];
        let second_byte = take::<1>(&mut wire)[0];
        assert_eq!(first_byte & 0x30, 0, "without RSV2 and RSV3");
        assert_eq!(second_byte & 0x80, 0x80, "masked");
        unmasked.extend([first_byte, second_byte & 0x7f]);
        let size = match second_byte & 0x7f {
            126 => {
                let size = take::<2>(&mut wire);
                unmasked.extend(size);
                u16::from_be_bytes(size).into()
            }
            127 => {
                let size = take::<8>(&mut wire);
                unmasked.extend(size);
                u64::from_be_bytes(size) as usize
            }
            size => size.into(),
        };
        let key = take::<4>(&mut wire);
        let (payload, rest) = wire.split_at(size);
        wire = rest;
        let mask = key.iter().cycle();
        unmasked.extend(payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
        let is_compressed = first_byte & 0x40 != 0;
        let is_final = first_byte & 0x80 != 0;
        match first_byte & 0x0f {
            0x08.. => assert!(is_final && !is_compressed, "a control frame is whole"),
            0 => assert!(!is_compressed, "the first frame tells"),
            _ => are_compressed.push(is_compressed),
        }
        assert!(first_byte & 0x08 != 0 || max_frame_size.is_none_or(|most| size <= most));
        assert!(max_frame_size.is_some() || is_final, "fragmented");
    }
    (unmasked, are_compressed)
}

fn take<const N: usize>(wire: &mut &[u8]) -> [u8; N] {
    let (taken, rest) = wire.split_first_chunk().expect("a whole header");
    *wire = rest;
    *taken
}

//! Every sequence of messages, encoded into buffers of every size: the frames are valid for a client, they are
//! compressed if negotiated and requested, and a decoder returns the same messages.

#![no_main]

use std::collections::VecDeque;

use arbitrary::Arbitrary;
use bytes::Bytes;
use fuzz::{
    message::{Message, max_size},
    pieces::Pieces,
    reading::{Event, Reads},
};
use libfuzzer_sys::fuzz_target;
use rust_web_socket_protocol::{
    Agreement, Compress, CompressionOptions, Encoder, Stopped, close_frame,
};

/// The minimum size of a target: a control frame has to fit.
const MIN_TARGET: usize = 256;

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
    /// From 8 to 15 bits. zlib does not support 8.
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
    let mut sender = Sender {
        encoder: Encoder::new(
            client
                .as_ref()
                .map(|(options, agreement)| (options, *agreement)),
            max_frame_size,
        ),
        queue: VecDeque::new(),
        pieces: Pieces::Random(input.seed.into()),
        wire: Vec::new(),
        encoded: 0,
    };

    let mut sent: Vec<(Event, bool)> = Vec::new();
    // A later ping or pong replaces one that was not encoded.
    let (mut pings, mut pongs) = (Vec::new(), Vec::new());
    let mut size = 0;
    for act in input.acts {
        match act {
            Act::Send(message, wish) => {
                let payload = Bytes::copy_from_slice(message.as_bytes());
                if size + payload.len() > max_size(input.seed) {
                    break;
                }
                size += payload.len();
                let is_compressed = client.as_ref().is_some_and(|(options, agreement)| {
                    let is_wanted = match wish {
                        Wish::Auto => payload.len() >= options.threshold,
                        Wish::Always => true,
                        Wish::Never => false,
                    };
                    is_wanted && agreement.client_max_window_bits > 8
                });
                sent.push((Event::from(&message), is_compressed));
                sender
                    .queue
                    .push_back((message.is_text(), payload, wish.into()));
            }
            Act::Ping => {
                let payload = vec![pings.len() as u8; pings.len() % 126];
                if sender.encoder.has_ping() {
                    pings.pop();
                }
                sender.encoder.ping(payload.clone().into());
                pings.push(Event::Ping(payload));
            }
            Act::Pong(size) => {
                let payload = vec![size; usize::from(size % 126)];
                if sender.encoder.has_pong() {
                    pongs.pop();
                }
                sender.encoder.pong(payload.clone().into());
                pongs.push(Event::Pong(payload));
            }
            Act::Write { may_deflate } => {
                sender.fill(may_deflate);
            }
            Act::ReleaseDeflater => sender.encoder.release_deflater(),
        }
    }
    // Otherwise the close comes at a random state.
    let is_closed = !input.seed.is_multiple_of(4);
    if is_closed {
        while !(sender.fill(true) && sender.queue.is_empty()) {}
    } else {
        sender.encoder.abort();
    }
    let not_started = sender.queue.drain(..);
    size -= not_started
        .map(|(_, payload, _)| payload.len())
        .sum::<usize>();
    sender.encoder.close(Some(close_frame(4321, "the end")));
    while !sender.fill(is_closed) {}
    assert!(sender.encoder.is_closed());
    assert_eq!(sender.encoded, size, "every byte of a message is counted");

    let (wire, are_compressed) = as_servers(&sender.wire, max_frame_size);
    // The same agreement from the other side's view.
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
    assert_eq!(reading.ending.code(), 4321, "{:?}", reading.ending);
    let (messages, others): (Vec<_>, Vec<_>) =
        reading.events.into_iter().partition(Event::is_message);
    let received: Vec<_> = messages.into_iter().zip(are_compressed).collect();
    let (received_pings, received_pongs): (Vec<_>, Vec<_>) = others
        .into_iter()
        .partition(|event| matches!(event, Event::Ping(_)));
    if is_closed {
        assert_eq!(received, sent);
        assert_eq!(reading.payload_on_wire, sender.encoder.payload_on_wire());
        assert_eq!((received_pings, received_pongs), (pings, pongs));
    } else {
        // The last message may have been aborted between two fragments.
        assert!(sent.starts_with(&received));
        assert!(pings.starts_with(&received_pings) && pongs.starts_with(&received_pongs));
    }
});

/// An encoder and its buffers.
struct Sender {
    encoder: Encoder,
    queue: VecDeque<(bool, Bytes, Compress)>,
    pieces: Pieces,
    wire: Vec<u8>,
    encoded: usize,
}

impl Sender {
    /// Fills one buffer. Returns whether everything is encoded.
    fn fill(&mut self, may_deflate: bool) -> bool {
        let mut target = vec![0; MIN_TARGET + self.pieces.next()];
        let mut filled = 0;
        let mut budget = if may_deflate { 100_000 } else { 0 };
        let is_done = loop {
            if self.encoder.is_idle()
                && let Some((is_text, payload, compress)) = self.queue.pop_front()
            {
                self.encoder.start(is_text, payload, compress);
            }
            let encoded = self.encoder.encode(&mut target[filled..], &mut budget);
            filled += encoded.size;
            match encoded.stopped {
                Stopped::NeedsMessage if self.queue.is_empty() => break true,
                Stopped::NeedsMessage => {}
                Stopped::TargetFull | Stopped::BudgetSpent => break false,
            }
        };
        self.wire.extend_from_slice(&target[..filled]);
        self.encoded += self.encoder.take_encoded();
        is_done
    }
}

impl From<Wish> for Compress {
    fn from(wish: Wish) -> Self {
        match wish {
            Wish::Auto => Self::Auto,
            Wish::Always => Self::Always,
            Wish::Never => Self::Never,
        }
    }
}

/// The same frames as a server would send them, and which messages are compressed. Panics if they are invalid for a
/// client.
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
            0x08.. => assert!(
                is_final && !is_compressed,
                "a control frame is not fragmented"
            ),
            0 => assert!(!is_compressed, "only the first frame has RSV1"),
            _ => are_compressed.push(is_compressed),
        }
        assert!(first_byte & 0x08 != 0 || max_frame_size.is_none_or(|most| size <= most));
        assert!(max_frame_size.is_some() || is_final, "fragmented");
    }
    (unmasked, are_compressed)
}

fn take<const N: usize>(wire: &mut &[u8]) -> [u8; N] {
    let (taken, rest) = wire.split_first_chunk().expect("a complete header");
    *wire = rest;
    *taken
}

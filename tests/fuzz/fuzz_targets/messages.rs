//! Messages of a server, deflated and fragmented in every allowed way and with pings between them, arrive unchanged, or
//! the first one over the limit is an error. Corrupted bytes have the same result however they are split.

#![no_main]

use std::ops::Range;

use arbitrary::Arbitrary;
use flate2::{Compress, Compression, FlushCompress};
use fuzz::{
    message::{Message, max_size},
    reading::{Event, Reads},
};
use libfuzzer_sys::fuzz_target;
use rust_web_socket_protocol::Agreement;

#[derive(Arbitrary, Debug)]
struct Input {
    server: Server,
    /// The base-2 logarithm of the maximum message size.
    limit: Option<u8>,
    seed: u16,
    messages: Vec<Sent>,
    damage: Option<Damage>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Server {
    deflates: bool,
    no_context_takeover: bool,
    window: u8,
    level: u8,
}

#[derive(Arbitrary, Debug)]
struct Sent {
    message: Message,
    is_compressed: bool,
    flush: Flush,
    /// The positions at which it is split into frames.
    splits: Vec<u16>,
    ping: Option<u8>,
}

/// The ways in which RFC 7692 section 7.2.3 allows a server to flush.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Flush {
    AtTheEnd,
    /// After each 256 times this many bytes.
    Often(u8),
    /// The last block is marked as final.
    LastBlock,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Damage {
    place: u32,
    bits: u8,
    /// The connection is lost at this position.
    is_end: bool,
}

fuzz_target!(|input: Input| {
    let Input {
        server,
        limit,
        seed,
        mut messages,
        damage,
    } = input;
    let mut size = 0;
    messages.retain(|sent| {
        size += sent.message.as_bytes().len();
        size <= max_size(seed)
    });
    let agreement = server.deflates.then(|| Agreement {
        server_no_context_takeover: server.no_context_takeover,
        client_no_context_takeover: false,
        server_max_window_bits: 9 + server.window % 7,
        client_max_window_bits: 15,
    });
    let max_message_size = limit.map(|bits| 1 << (bits % 22));

    let mut wire = wire(&messages, server, agreement);
    let is_damaged = damage.is_some_and(|damage| damage.is_done_to(&mut wire));
    let reads = Reads {
        wire: &wire,
        agreement,
        max_message_size,
    };
    let reading = reads.in_every_way(seed.into());
    if is_damaged {
        return;
    }
    let fits =
        |message: &&Message| max_message_size.is_none_or(|limit| message.as_bytes().len() <= limit);
    let sent = messages.iter().map(|sent| &sent.message);
    let expected: Vec<Event> = sent.take_while(fits).map(Event::from).collect();
    let all_fit = expected.len() == messages.len();
    let received = reading.events.iter().filter(|event| event.is_message());
    assert!(received.eq(&expected), "{:?}\n{expected:?}", reading.events);
    assert_eq!(
        reading.ending.code(),
        if all_fit { 1006 } else { 1009 },
        "{:?}",
        reading.ending
    );
});

impl Damage {
    /// Applies the change. Returns whether anything changed.
    fn is_done_to(self, wire: &mut Vec<u8>) -> bool {
        let place = self.place as usize % wire.len().max(1);
        let Some(byte) = wire.get_mut(place) else {
            return false;
        };
        *byte ^= self.bits;
        if self.is_end {
            wire.truncate(place);
        }
        true
    }
}

fn wire(messages: &[Sent], server: Server, agreement: Option<Agreement>) -> Vec<u8> {
    let mut wire = Vec::new();
    let mut deflater = agreement.map(|agreement| {
        let level = Compression::new((server.level % 10).into());
        Compress::new_with_window_bits(level, false, agreement.server_max_window_bits)
    });
    for sent in messages {
        let opcode = if sent.message.is_text() { 1 } else { 2 };
        let payload = sent.message.as_bytes();
        match deflater.as_mut().filter(|_| sent.is_compressed) {
            None => put_frames(&mut wire, opcode, payload, sent),
            Some(deflater) => {
                let deflated = deflate(deflater, payload, sent.flush);
                put_frames(&mut wire, 0x40 | opcode, &deflated, sent);
                if server.no_context_takeover {
                    deflater.reset();
                }
            }
        }
    }
    wire
}

/// Splits a message into frames.
fn put_frames(wire: &mut Vec<u8>, first_byte: u8, payload: &[u8], sent: &Sent) {
    let splits = sent.splits.iter();
    let mut splits: Vec<_> = splits
        .map(|split| usize::from(*split) % (payload.len() + 1))
        .collect();
    splits.sort_unstable();
    let starts = [0].into_iter().chain(splits.iter().copied());
    let ends = splits.iter().copied().chain([payload.len()]);
    for (index, Range { start, end }) in starts.zip(ends).map(|(start, end)| start..end).enumerate()
    {
        let opcode = if index == 0 { first_byte } else { 0 };
        let fin = if index == splits.len() { 0x80 } else { 0 };
        put_frame(wire, fin | opcode, &payload[start..end]);
        if let Some(size) = sent.ping {
            put_frame(wire, 0x89, &vec![size; usize::from(size % 126)]);
        }
    }
}

fn put_frame(wire: &mut Vec<u8>, first_byte: u8, payload: &[u8]) {
    wire.push(first_byte);
    match payload.len() {
        size @ ..126 => wire.push(size as u8),
        size @ ..0x1_0000 => {
            wire.push(126);
            wire.extend_from_slice(&(size as u16).to_be_bytes());
        }
        size => {
            wire.push(127);
            wire.extend_from_slice(&(size as u64).to_be_bytes());
        }
    }
    wire.extend_from_slice(payload);
}

fn deflate(deflater: &mut Compress, payload: &[u8], flush: Flush) -> Vec<u8> {
    let mut output = Vec::new();
    let piece_size = match flush {
        Flush::Often(size) => 256 * (1 + usize::from(size)),
        Flush::AtTheEnd | Flush::LastBlock => payload.len().max(1),
    };
    let how = match flush {
        Flush::LastBlock => FlushCompress::Finish,
        _ => FlushCompress::Sync,
    };
    for piece in payload.chunks(piece_size) {
        push_deflated(deflater, piece, how, &mut output);
    }
    match flush {
        Flush::LastBlock => {
            if payload.is_empty() {
                push_deflated(deflater, payload, how, &mut output);
            }
            deflater.reset();
            // RFC 7692 section 7.2.3.4.
            output.push(0);
        }
        _ if output.is_empty() => output.push(0),
        _ => output.truncate(output.len() - 4),
    }
    output
}

fn push_deflated(
    deflater: &mut Compress,
    mut piece: &[u8],
    how: FlushCompress,
    output: &mut Vec<u8>,
) {
    loop {
        output.reserve(4096);
        let before = deflater.total_in();
        deflater.compress_vec(piece, output, how).expect("room");
        piece = &piece[(deflater.total_in() - before) as usize..];
        if output.len() < output.capacity() {
            return;
        }
    }
}

//! Decodes frames that are split in every way, and checks that the result is the same.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::BufMut;
use rust_web_socket_protocol::{
    Agreement, CloseFrame, Decoder, Event as Decoded, ProtocolError, READ_SIZE,
};

use crate::{memory, message::Message, pieces::Pieces};

/// The memory for decoding besides messages: buffers, the inflater and its window, in bytes.
const BUFFERS: usize = 256 * 1024;
/// The maximum number of bytes that DEFLATE produces from one byte.
const MAX_RATIO: usize = 1032;
/// The maximum memory for an announced message, in bytes.
const MAX_RESERVED: usize = 1024 * 1024;
/// Up to this size, in bytes, the input is also split at every position.
const SHORT: usize = 48;
/// Up to this size, in bytes, the input is also read byte by byte.
const MEDIUM: usize = 8 * 1024;

/// What a server sent.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names describe them")]
pub struct Reading {
    pub events: Vec<Event>,
    pub ending: Ending,
    pub payload_on_wire: u64,
}

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names describe them")]
pub enum Ending {
    EndOfInput,
    Close(Option<CloseFrame>),
    Error(ProtocolError),
}

impl Ending {
    /// The close code for it.
    pub fn code(&self) -> u16 {
        match self {
            Self::EndOfInput => 1006,
            Self::Close(frame) => frame.as_ref().map_or(1005, |frame| frame.code.into()),
            Self::Error(error) => error.close_code().into(),
        }
    }
}

/// A decoded event.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names describe them")]
pub enum Event {
    Text { is_ascii: bool, payload: Digest },
    Binary(Digest),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

/// A digest of a payload, so that many large payloads take no memory.
#[derive(Debug, PartialEq, Eq)]
pub struct Digest {
    size: usize,
    hash: u64,
}

impl Digest {
    fn of(payload: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        payload.hash(&mut hasher);
        Self {
            size: payload.len(),
            hash: hasher.finish(),
        }
    }
}

impl From<&Message> for Event {
    fn from(message: &Message) -> Self {
        match message {
            Message::Text(text) => Self::Text {
                is_ascii: text.is_ascii(),
                payload: Digest::of(text.as_bytes()),
            },
            Message::Binary(data) => Self::Binary(Digest::of(data)),
        }
    }
}

impl Event {
    /// Whether it is text or binary.
    pub fn is_message(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Binary(_))
    }
}

/// Decodes everything that a server sent.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names describe them")]
pub struct Reads<'a> {
    pub wire: &'a [u8],
    pub agreement: Option<Agreement>,
    pub max_message_size: Option<usize>,
}

impl Reads<'_> {
    /// Decodes the input split in every way. Returns the result, which must be the same for all of them.
    pub fn in_every_way(&self, seed: u64) -> Reading {
        let whole = self.in_pieces(Pieces::Whole);
        let mut ways = vec![Pieces::Random(seed), Pieces::Random(!seed)];
        if self.wire.len() <= MEDIUM {
            ways.push(Pieces::Bytes);
        }
        if self.wire.len() <= SHORT {
            ways.extend((1..self.wire.len()).map(Pieces::Two));
        }
        for pieces in ways {
            assert_eq!(self.in_pieces(pieces), whole, "{pieces:?}");
        }

        let observed = self.read(Pieces::Random(seed), true);
        assert_eq!(observed.events, whole.events);
        // With an observer the last frame may be incomplete, and its payload is not decoded.
        assert!(observed.ending == whole.ending || observed.ending == Ending::EndOfInput);
        whole
    }

    fn in_pieces(&self, pieces: Pieces) -> Reading {
        let limit = self.max_message_size.unwrap_or(usize::MAX);
        let largest = limit.min(MAX_RESERVED.max(self.wire.len() * MAX_RATIO));
        // A growing vector exists up to three times, and an event is larger than the smallest frame.
        let events = self.wire.len() * size_of::<Event>();
        memory::bounded(3 * largest + events + BUFFERS, || self.read(pieces, false))
    }

    fn read(&self, mut pieces: Pieces, is_observed: bool) -> Reading {
        // The first bytes may have come with the upgrade.
        let (first, mut rest) = match pieces {
            Pieces::Random(seed) => self.wire.split_at(self.wire.len().min(seed as usize % 64)),
            _ => (&[][..], self.wire),
        };
        let limit = self.max_message_size.unwrap_or(usize::MAX);
        let mut decoder = Decoder::new(first.to_vec(), self.agreement, limit);
        decoder.observe(is_observed.then_some(100));
        let mut events = Vec::new();
        let mut observed = 0;
        let mut piece = pieces.next();
        let ending = loop {
            match decoder.next_event() {
                Ok(Some(Decoded::Text(text))) => events.push(Event::Text {
                    is_ascii: text.is_ascii(),
                    payload: Digest::of(text.as_bytes()),
                }),
                Ok(Some(Decoded::Binary(data))) => events.push(Event::Binary(Digest::of(&data))),
                Ok(Some(Decoded::Ping(payload))) => events.push(Event::Ping(payload.to_vec())),
                Ok(Some(Decoded::Pong(payload))) => events.push(Event::Pong(payload.to_vec())),
                Ok(Some(Decoded::Close(frame))) => break Ending::Close(frame),
                Ok(Some(Decoded::Frame(frame))) => {
                    assert!(is_observed);
                    let shown = frame.payload_size.min(100);
                    assert_eq!(frame.payload.len() as u64, shown);
                    if frame.first_byte & 8 == 0 {
                        observed += frame.payload_size;
                    }
                }
                Ok(Some(Decoded::LargeMessage { size, fresh })) => {
                    assert!(fresh <= size && size <= limit);
                    if piece % 2 == 0 {
                        decoder.provide_memory(Vec::with_capacity(fresh));
                    }
                }
                Ok(Some(Decoded::Inflating)) => {}
                Err(error) => break Ending::Error(error),
                Ok(None) => {
                    if let Some(receiving) = decoder.receiving() {
                        let total = receiving.total.unwrap_or(u64::MAX);
                        assert!(receiving.received <= total);
                    }
                    if rest.is_empty() {
                        break Ending::EndOfInput;
                    }
                    // As an idle connection does between two turns.
                    let _ = decoder.take_buffer();
                    decoder.lend_buffer(|| Vec::with_capacity(READ_SIZE));
                    let mut target = decoder.read_target();
                    assert!(target.remaining_mut() > 0);
                    let size = piece.min(rest.len()).min(target.remaining_mut());
                    target.put_slice(&rest[..size]);
                    rest = &rest[size..];
                    piece -= size;
                    if piece == 0 {
                        piece = pieces.next();
                    }
                }
            }
        };
        let payload_on_wire = decoder.payload_on_wire();
        if is_observed && matches!(ending, Ending::EndOfInput | Ending::Close(_)) {
            // The last frame may have been observed and not started.
            assert!(observed >= payload_on_wire);
        }
        Reading {
            events,
            ending,
            payload_on_wire,
        }
    }
}

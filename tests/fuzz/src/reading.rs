//! Reading frames, split in every way, with one result.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash, Hasher},
    task::Context,
};

use futures::task::noop_waker_ref;
use rust_web_socket_core::{
    ConnectError, ConnectOptions, Ending, EventSink, Handshake, OwnerGone, Text, Traffic,
    fuzzing::{Agreement, Reader, Step},
};

use crate::{
    line::{Line, Pieces},
    memory,
    message::Message,
};

/// What is read beside messages: buffers, the inflater and its window.
const BUFFERS: usize = 256 * 1024;
/// DEFLATE makes no more than this of a byte.
const MAX_RATIO: usize = 1032;
/// So much is taken for a message that is announced to be so large.
const MAX_RESERVED: usize = 1024 * 1024;
/// Up to so many bytes are also split at every place.
const SHORT: usize = 48;
/// Up to so many come also byte by byte.
const MEDIUM: usize = 8 * 1024;

/// What a peer said.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are named for it")]
pub struct Reading {
    pub events: Vec<Event>,
    pub ending: Ending,
    /// What the messages cost of the credit.
    pub cost: usize,
    pub traffic: Traffic,
}

/// One thing that was read.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are named for it")]
pub enum Event {
    Text { is_ascii: bool, payload: Digest },
    Binary(Digest),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

/// Stands for a payload, so that many large ones take no memory.
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

/// What becomes of what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Takes,
    Discards,
    /// It wants to see frames and progress too.
    Watches,
}

/// Reads a line to its end.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "they are named for it")]
pub struct Reads<'a> {
    pub wire: &'a [u8],
    pub agreement: Option<Agreement>,
    pub max_message_size: Option<usize>,
}

impl Reads<'_> {
    /// What was read, which is the same wherever it is split.
    pub fn in_every_way(&self, seed: u64) -> Reading {
        let whole = self.in_pieces(Pieces::Whole, Owner::Takes);
        let mut ways = vec![Pieces::Random(seed), Pieces::Random(!seed)];
        if self.wire.len() <= MEDIUM {
            ways.push(Pieces::Bytes);
        }
        if self.wire.len() <= SHORT {
            ways.extend((1..self.wire.len()).map(Pieces::Two));
        }
        for pieces in ways {
            assert_eq!(self.in_pieces(pieces, Owner::Takes), whole, "{pieces:?}");
        }

        let discarded = self.in_pieces(Pieces::Whole, Owner::Discards);
        assert!(discarded.events.iter().all(|event| !event.is_message()));
        assert_eq!((discarded.cost, &discarded.ending), (0, &whole.ending));

        let watched = self.read(Pieces::Random(seed), Owner::Watches);
        assert_eq!((&watched.events, watched.cost), (&whole.events, whole.cost));
        // What is to be shown of a frame may not come any more.
        assert!(watched.ending == whole.ending || watched.ending.code == 1006);
        whole
    }

    fn in_pieces(&self, pieces: Pieces, owner: Owner) -> Reading {
        let limit = self.max_message_size.unwrap_or(usize::MAX);
        let largest = limit.min(MAX_RESERVED.max(self.wire.len() * MAX_RATIO));
        // A vector that doubles is there three times over; an event is larger than the smallest frame.
        let events = self.wire.len() * size_of::<Event>();
        memory::bounded(3 * largest + events + BUFFERS, || self.read(pieces, owner))
    }

    fn read(&self, pieces: Pieces, owner: Owner) -> Reading {
        let mut options = ConnectOptions::default();
        options.max_message_size = self.max_message_size;
        options.receive_progress_step = (owner == Owner::Watches).then_some(1000);
        // The first bytes may have come with the upgrade.
        let (tail, rest) = match pieces {
            Pieces::Random(seed) => self.wire.split_at(self.wire.len().min(seed as usize % 64)),
            _ => (&[][..], self.wire),
        };
        let mut reader = Reader::new(tail.to_vec(), self.agreement, &options);
        let mut line = Line::new(rest, pieces);
        let mut recorder = Recorder::default();
        if owner == Owner::Watches {
            reader.trace(100);
        }
        let mut cost = 0;
        let mut traced = 0;
        let ending = loop {
            let mut cx = Context::from_waker(noop_waker_ref());
            let step = reader.read(&mut line, &mut cx, &mut recorder, owner == Owner::Discards);
            if let Some((received, total)) = reader.take_progress() {
                assert!(received > 0 && total.is_none_or(|total| received <= total));
            }
            for frame in reader.take_frames() {
                assert_eq!(frame.payload.len() as u64, frame.size.min(100));
                if frame.first_byte & 8 == 0 {
                    traced += frame.size;
                }
            }
            match step {
                Step::Empty => {}
                Step::SliceFull => cost += reader.take_cost(),
                Step::Ping(payload) => recorder.events.push(Event::Ping(payload.to_vec())),
                Step::Pong(payload) => recorder.events.push(Event::Pong(payload.to_vec())),
                Step::End(ending) => break ending,
            }
        };
        let traffic = reader.traffic();
        if owner == Owner::Watches {
            assert_eq!(traced, traffic.payload_on_wire);
        }
        Reading {
            events: recorder.events,
            ending,
            cost: cost + reader.take_cost(),
            traffic,
        }
    }
}

#[derive(Debug, Default)]
struct Recorder {
    events: Vec<Event>,
}

impl EventSink for Recorder {
    fn opened(&mut self, _: Handshake) -> Result<(), OwnerGone> {
        Ok(())
    }

    fn failed(&mut self, _: ConnectError) {}

    fn text(&mut self, text: Text<'_>) {
        self.events.push(Event::Text {
            is_ascii: text.is_ascii(),
            payload: Digest::of(&text.into_bytes()),
        });
    }

    fn binary(&mut self, data: Cow<'_, [u8]>) {
        self.events.push(Event::Binary(Digest::of(&data)));
    }

    fn deliver(&mut self) -> Result<(), OwnerGone> {
        Ok(())
    }

    fn drained(&mut self) -> Result<(), OwnerGone> {
        Ok(())
    }

    fn closed(&mut self, _: Ending) {}
}

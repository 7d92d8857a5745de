//! The frames of a connection, collected while they are observed. The sender and the receiver each have a collection,
//! and the duplex merges them.

use std::time::SystemTime;

use bytes::Bytes;
use rust_web_socket_protocol::{Frame, SentMessage};

/// A frame that was sent or received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedFrame {
    /// When it was read, or when the buffer with its first bytes had been encoded.
    pub time: SystemTime,
    /// Whether this side sent it.
    pub is_sent: bool,
    /// FIN, the reserved bits and the opcode (RFC 6455 section 5.2).
    pub first_byte: u8,
    /// The size of the payload in bytes, as on the wire.
    pub size: u64,
    /// The first bytes of the payload, unmasked, at most as many as were requested.
    pub payload: Bytes,
    /// How many frames there were in its direction, with this one.
    pub number: u64,
}

impl TracedFrame {
    /// Whether it is part of a text or binary message.
    pub(crate) fn is_data(&self) -> bool {
        self.first_byte & 0x08 == 0
    }

    /// Whether it continues a message.
    pub(crate) fn is_continuation(&self) -> bool {
        self.first_byte & 0x0f == 0
    }

    /// RSV1: whether its message is compressed, in the first frame of a message (RFC 7692 section 6).
    pub(crate) fn is_compressed(&self) -> bool {
        self.first_byte & 0x40 != 0
    }

    /// Whether a text or binary message ends with it.
    pub(crate) fn ends_message(&self) -> bool {
        self.is_data() && self.first_byte & 0x80 != 0
    }
}

/// Which frames are collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    /// The number of bytes of each payload.
    pub(crate) payload_size: usize,
    /// The number of frames of each direction in a turn. Later ones are left out.
    pub(crate) max_frames: usize,
}

/// What a [`Trace`] collects.
#[derive(Debug)]
pub(crate) enum Traced {
    Frame(TracedFrame),
    /// The message that ends with the last frame of this direction is complete.
    Message {
        is_sent: bool,
        time: SystemTime,
        message: SentMessage,
    },
}

impl Traced {
    fn time(&self) -> SystemTime {
        match self {
            Self::Frame(frame) => frame.time,
            Self::Message { time, .. } => *time,
        }
    }
}

/// Collects the frames of one direction.
#[derive(Debug)]
pub(crate) struct Trace {
    is_sent: bool,
    left: usize,
    observation: Observation,
    collected: Vec<Traced>,
    /// The last frame ends a message that is not complete.
    awaits_message: bool,
}

impl Trace {
    fn new(is_sent: bool, observation: Observation) -> Self {
        Self {
            is_sent,
            left: observation.max_frames,
            observation,
            collected: Vec::new(),
            awaits_message: false,
        }
    }

    /// Starts, changes or stops a collection. What was collected stays when it is changed.
    pub(crate) fn observe(
        trace: &mut Option<Self>,
        is_sent: bool,
        observation: Option<Observation>,
    ) {
        match (trace, observation) {
            (Some(trace), Some(observation)) => {
                trace.left = observation.max_frames;
                trace.observation = observation;
            }
            (trace, observation) => *trace = observation.map(|it| Self::new(is_sent, it)),
        }
    }

    /// The number of bytes of each payload.
    pub(crate) fn payload_size(&self) -> usize {
        self.observation.payload_size
    }

    /// Whether frames are left out until [`take`](Self::take).
    pub(crate) fn is_full(&self) -> bool {
        self.left == 0
    }

    pub(crate) fn add(&mut self, frame: Frame<Bytes>, time: SystemTime) {
        let frame = TracedFrame {
            time,
            is_sent: self.is_sent,
            first_byte: frame.first_byte,
            size: frame.payload_size,
            payload: frame.payload,
            number: frame.number,
        };
        self.left = self.left.saturating_sub(1);
        self.awaits_message = frame.ends_message();
        self.collected.push(Traced::Frame(frame));
    }

    /// The message of the last frame is complete.
    pub(crate) fn complete(&mut self, message: impl FnOnce(usize) -> SentMessage) {
        if !std::mem::take(&mut self.awaits_message) {
            return;
        }
        let time = match self.collected.last() {
            Some(last) => last.time(),
            None => SystemTime::now(),
        };
        self.collected.push(Traced::Message {
            is_sent: self.is_sent,
            time,
            message: message(self.observation.payload_size),
        });
    }

    /// Moves what was collected into `all`. Starts a new turn.
    pub(crate) fn take(&mut self, all: &mut Vec<Traced>) {
        self.left = self.observation.max_frames;
        all.append(&mut self.collected);
    }
}

/// Sorts what both directions have collected, and keeps the order of each.
pub(crate) fn sort(all: &mut [Traced]) {
    all.sort_by_key(Traced::time);
}

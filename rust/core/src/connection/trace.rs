//! The frames of a connection, collected while the owner traces. The sender and the receiver each have a collection,
//! and the duplex merges them.

use std::time::SystemTime;

use bytes::Bytes;
use rust_web_socket_protocol::Frame;

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
}

/// Collects the frames of one direction.
#[derive(Debug)]
pub(crate) struct Trace {
    is_sent: bool,
    frames: Vec<TracedFrame>,
}

impl Trace {
    pub(crate) fn new(is_sent: bool) -> Self {
        Self {
            is_sent,
            frames: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, frame: Frame<Bytes>) {
        self.frames.push(TracedFrame {
            time: SystemTime::now(),
            is_sent: self.is_sent,
            first_byte: frame.first_byte,
            size: frame.payload_size,
            payload: frame.payload,
        });
    }

    pub(crate) fn take(&mut self) -> Vec<TracedFrame> {
        std::mem::take(&mut self.frames)
    }
}

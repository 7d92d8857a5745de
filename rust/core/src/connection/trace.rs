//! The frames of a connection, collected while the owner wants to see them.

use std::time::SystemTime;

use bytes::Bytes;
use rust_web_socket_protocol::Frame;

/// A frame that was sent or received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedFrame {
    /// When it was read, or begun to be written.
    pub time: SystemTime,
    /// Whether this side sent it.
    pub is_sent: bool,
    /// Its first byte: FIN, the reserved bits, the opcode (RFC 6455 section 5.2).
    pub first_byte: u8,
    /// Bytes of payload, as they are on the wire.
    pub size: u64,
    /// The start of the payload, unmasked: as many bytes as were asked for.
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

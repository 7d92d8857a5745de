use std::time::SystemTime;

use bytes::Bytes;

/// A frame that went over the line.
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
    /// The start of the payload, unmasked: as much as was asked for.
    pub payload: Bytes,
}

/// More of a payload is not shown: it has to fit into the read buffer.
pub(crate) const MAX_PAYLOAD_SIZE: usize = 16 * 1024;

/// Collects the frames of one direction while somebody wants to see them.
#[derive(Debug)]
pub(crate) struct Trace {
    is_sent: bool,
    payload_size: usize,
    frames: Vec<TracedFrame>,
}

impl Trace {
    pub(crate) fn new(is_sent: bool, payload_size: usize) -> Box<Self> {
        Box::new(Self {
            is_sent,
            payload_size,
            frames: Vec::new(),
        })
    }

    /// How much is shown of a payload of that size.
    pub(crate) fn shown(&self, size: u64) -> usize {
        usize::try_from(size).map_or(self.payload_size, |size| size.min(self.payload_size))
    }

    /// Another frame; `payload` has at least as much as is [`shown`](Self::shown) of it.
    pub(crate) fn add(&mut self, first_byte: u8, size: u64, payload: &[u8]) {
        let limit = self.shown(size);
        self.frames.push(TracedFrame {
            time: SystemTime::now(),
            is_sent: self.is_sent,
            first_byte,
            size,
            payload: Bytes::copy_from_slice(payload.get(..limit).unwrap_or(payload)),
        });
    }

    pub(crate) fn take(&mut self) -> Vec<TracedFrame> {
        std::mem::take(&mut self.frames)
    }
}

//! A server's permessage-deflate (RFC 7692 section 7.2), independent of the tested code.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use super::fragment;

/// The bytes of a server's frame with RSV1.
pub(crate) fn compressed(is_final: bool, opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = fragment(is_final, opcode, payload);
    bytes[0] |= 0x40;
    bytes
}

/// Deflates messages in order, with context takeover.
#[derive(Debug)]
pub(crate) struct Deflate(Compress);

impl Deflate {
    pub(crate) fn new() -> Self {
        Self(Compress::new(Compression::best(), false))
    }

    /// The payload of a compressed message.
    pub(crate) fn payload(&mut self, message: impl AsRef<[u8]>) -> Vec<u8> {
        let message = message.as_ref();
        let mut payload = Vec::with_capacity(message.len() + 1024);
        self.0
            .compress_vec(message, &mut payload, FlushCompress::Sync)
            .expect("it can be deflated");
        let tail = payload.split_off(payload.len() - 4);
        assert_eq!(tail, [0, 0, 0xff, 0xff]);
        payload
    }
}

/// Inflates messages in order, with context takeover.
#[derive(Debug)]
pub(crate) struct Inflate(Decompress);

impl Inflate {
    pub(crate) fn new() -> Self {
        Self(Decompress::new(false))
    }

    /// The message of a payload, at most `size` bytes.
    pub(crate) fn message(&mut self, payload: &[u8], size: usize) -> Vec<u8> {
        let payload = [payload, &[0, 0, 0xff, 0xff]].concat();
        let mut message = Vec::with_capacity(size + 1);
        self.0
            .decompress_vec(&payload, &mut message, FlushDecompress::Sync)
            .expect("it can be inflated");
        message
    }
}

//! permessage-deflate (RFC 7692) with the default parameters of every client: windows of 32 KiB, which both sides keep
//! between messages.

use std::io;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

/// The bytes that are removed from the end of a compressed message (RFC 7692 section 7.2).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// The maximum size of an inflated message, in bytes.
const MAX_SIZE: usize = 64 * 1024 * 1024;

/// Deflates messages in order.
#[derive(Debug)]
pub(crate) struct Deflater(Compress);

impl Deflater {
    pub(crate) fn new() -> Self {
        Self(Compress::new(Compression::default(), false))
    }

    pub(crate) fn deflate(&mut self, message: &[u8]) -> io::Result<Vec<u8>> {
        if message.is_empty() {
            // A second flush writes nothing (RFC 7692 section 7.2.3.6).
            return Ok(vec![0]);
        }
        let mut compressed = Vec::with_capacity(message.len() + 64);
        self.0
            .compress_vec(message, &mut compressed, FlushCompress::Sync)
            .map_err(io::Error::other)?;
        if !compressed.ends_with(&TAIL) {
            return Err(io::Error::other("the compressor has no room"));
        }
        compressed.truncate(compressed.len() - TAIL.len());
        Ok(compressed)
    }
}

/// Inflates a client's messages in order.
#[derive(Debug)]
pub(crate) struct Inflater(Decompress);

impl Inflater {
    pub(crate) fn new() -> Self {
        Self(Decompress::new(false))
    }

    pub(crate) fn inflate(&mut self, mut compressed: Vec<u8>) -> io::Result<Vec<u8>> {
        compressed.extend(TAIL);
        let mut message = Vec::with_capacity(compressed.len() * 8);
        let mut input = &compressed[..];
        loop {
            let before = self.0.total_in();
            self.0
                .decompress_vec(input, &mut message, FlushDecompress::Sync)
                .map_err(io::Error::other)?;
            let taken = usize::try_from(self.0.total_in() - before).map_err(io::Error::other)?;
            input = input.get(taken..).unwrap_or_default();
            if message.len() < message.capacity() {
                return Ok(message);
            }
            if message.len() > MAX_SIZE {
                return Err(io::Error::other("a message that inflates beyond 64 MiB"));
            }
            message.reserve(message.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deflated_messages_can_be_inflated() -> io::Result<()> {
        let mut deflater = Deflater::new();
        let mut inflater = Inflater::new();
        for message in [&b"hello"[..], &[b'x'; 1_000_000], b"", b"hello"] {
            assert_eq!(inflater.inflate(deflater.deflate(message)?)?, message);
        }
        Ok(())
    }

    #[test]
    fn the_window_is_kept_between_messages() -> io::Result<()> {
        let message = b"the same words, once more and once more";
        let mut deflater = Deflater::new();
        let mut inflater = Inflater::new();
        let mut sizes = Vec::new();
        for _ in 0..3 {
            let compressed = deflater.deflate(message)?;
            sizes.push(compressed.len());
            assert_eq!(inflater.inflate(compressed)?, message);
        }
        assert!(sizes[1] < sizes[0] / 2, "{sizes:?}");
        Ok(())
    }
}

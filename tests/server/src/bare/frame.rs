//! The frames of a server (RFC 6455 section 5.2).

pub(crate) const FIN: u8 = 0x80;
/// The message is compressed (RFC 7692 section 6).
pub(crate) const RSV1: u8 = 0x40;

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// The header of a client's frame.
#[derive(Debug, PartialEq)]
pub(crate) struct Header {
    /// FIN, RSV1 to RSV3 and the opcode.
    first: u8,
    pub(crate) mask: [u8; 4],
    pub(crate) length: usize,
}

impl Header {
    /// Parses the header at the start of `bytes`. Returns it with its size, or `None` if it is incomplete.
    pub(crate) fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let (&first, rest) = bytes.split_first()?;
        let (&second, rest) = rest.split_first()?;
        // A client must mask its frames. One without a mask would be misread.
        let (length, rest) = match second & 0x7f {
            126 => rest
                .split_first_chunk()
                .map(|(length, rest)| (u64::from(u16::from_be_bytes(*length)), rest))?,
            127 => rest
                .split_first_chunk()
                .map(|(length, rest)| (u64::from_be_bytes(*length), rest))?,
            length => (u64::from(length), rest),
        };
        let (&mask, rest) = rest.split_first_chunk()?;
        let header = Self {
            first,
            mask,
            length: usize::try_from(length).ok()?,
        };
        Some((header, bytes.len() - rest.len()))
    }

    pub(crate) fn opcode(&self) -> u8 {
        self.first & 0x0f
    }

    pub(crate) fn is_control(&self) -> bool {
        self.opcode() & 0x08 != 0
    }

    /// Whether it is the last frame of its message.
    pub(crate) fn is_last(&self) -> bool {
        self.first & FIN != 0
    }

    pub(crate) fn is_compressed(&self) -> bool {
        self.first & RSV1 != 0
    }
}

/// Masks or unmasks (RFC 6455 section 5.3).
pub(crate) fn apply_mask(payload: &mut [u8], mask: [u8; 4]) {
    for bytes in payload.chunks_mut(mask.len()) {
        for (byte, mask) in bytes.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
}

/// Appends a message of one frame. `first` is the opcode, with RSV1 if compressed.
pub(crate) fn append(frames: &mut Vec<u8>, first: u8, payload: &[u8]) {
    frames.push(FIN | first);
    let length = payload.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ 0..126), _) => frames.push(length),
        (_, Ok(length)) => {
            frames.push(126);
            frames.extend(length.to_be_bytes());
        }
        _ => {
            frames.push(127);
            frames.extend((length as u64).to_be_bytes());
        }
    }
    frames.extend(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_parsed_when_it_is_complete() {
        for (bytes, length) in [
            (&[0x81, 0x83, 1, 2, 3, 4][..], 3),
            (&[0x81, 0xfe, 1, 0, 1, 2, 3, 4], 256),
            (&[0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4], 65_536),
        ] {
            let header = Header {
                first: FIN | TEXT,
                mask: [1, 2, 3, 4],
                length,
            };
            for size in 0..bytes.len() {
                assert_eq!(Header::parse(&bytes[..size]), None);
            }
            assert_eq!(Header::parse(bytes), Some((header, bytes.len())));
        }
    }

    #[test]
    fn masking_twice_changes_nothing() {
        let mut payload = *b"hello";
        apply_mask(&mut payload, [1, 2, 3, 4]);
        assert_eq!(payload[0], b'h' ^ 1);
        apply_mask(&mut payload, [1, 2, 3, 4]);
        assert_eq!(payload, *b"hello");
    }
}

//! Finds frames in the forwarded bytes, for faults at a frame. It follows headers only. The [`pipe`](crate::pipe) calls
//! it.

use crate::FramePart;

/// Finds a byte of a frame in a stream that begins with an HTTP header (RFC 6455 section 5.2).
#[derive(Debug)]
pub(crate) struct FrameFinder {
    /// The number of text and binary frames to skip.
    skip: usize,
    part: FramePart,
    /// The position of the next byte.
    at: u64,
    state: State,
    /// Whether the frame begins a message: text or binary, not a continuation.
    is_data: bool,
    is_masked: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The number of bytes of the header's empty line so far.
    Header(usize),
    Opcode,
    Length,
    /// The number of missing bytes of an extended length, and its value so far.
    LongLength(u8, u64),
    /// The number of missing bytes of the mask, and the payload length.
    Mask(u8, u64),
    Payload(u64),
    Found,
}

const END_OF_HEADER: &[u8] = b"\r\n\r\n";

impl FrameFinder {
    pub(crate) fn new(number: usize, part: FramePart) -> Self {
        Self {
            skip: number,
            part,
            at: 0,
            state: State::Header(0),
            is_data: false,
            is_masked: false,
        }
    }

    /// Takes the next bytes of the stream. Returns the position of the byte once, when it is known.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Option<u64> {
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            let at = self.at;
            if let State::Payload(left) = self.state {
                let skipped = left.min(rest.len() as u64);
                self.at += skipped;
                self.state = if left == skipped {
                    State::Opcode
                } else {
                    State::Payload(left - skipped)
                };
                rest = &rest[skipped as usize..];
                continue;
            }
            self.at += 1;
            rest = after;
            if let Some(found) = self.byte(*byte, at) {
                self.state = State::Found;
                return Some(found);
            }
        }
        None
    }

    fn byte(&mut self, byte: u8, at: u64) -> Option<u64> {
        match self.state {
            State::Header(matched) => {
                let matched = match matched {
                    matched if byte == END_OF_HEADER[matched] => matched + 1,
                    _ => usize::from(byte == END_OF_HEADER[0]),
                };
                self.state = match matched == END_OF_HEADER.len() {
                    true => State::Opcode,
                    false => State::Header(matched),
                };
            }
            State::Opcode => {
                self.is_data = matches!(byte & 0x0f, 1 | 2);
                self.state = State::Length;
                if matches!(self.part, FramePart::Opcode) && self.is_wanted() {
                    return Some(at);
                }
            }
            State::Length => {
                if matches!(self.part, FramePart::Length) && self.is_wanted() {
                    return Some(at);
                }
                self.is_masked = byte & 0x80 != 0;
                match byte & 0x7f {
                    126 => self.state = State::LongLength(2, 0),
                    127 => self.state = State::LongLength(8, 0),
                    length => return self.after_length(length.into(), at),
                }
            }
            State::LongLength(left, length) => {
                let length = length << 8 | u64::from(byte);
                if left == 1 {
                    return self.after_length(length, at);
                }
                self.state = State::LongLength(left - 1, length);
            }
            State::Mask(left, length) => {
                if left == 1 {
                    return self.before_payload(length, at);
                }
                self.state = State::Mask(left - 1, length);
            }
            State::Payload(_) | State::Found => {}
        }
        None
    }

    fn is_wanted(&self) -> bool {
        self.is_data && self.skip == 0
    }

    fn after_length(&mut self, length: u64, at: u64) -> Option<u64> {
        if self.is_masked {
            self.state = State::Mask(4, length);
            return None;
        }
        self.before_payload(length, at)
    }

    /// `at` is the position of the last byte before the payload.
    fn before_payload(&mut self, length: u64, at: u64) -> Option<u64> {
        if let FramePart::Payload(offset) = self.part
            && self.is_wanted()
        {
            return Some(at + 1 + offset);
        }
        self.skip -= usize::from(self.is_data);
        self.state = match length {
            0 => State::Opcode,
            length => State::Payload(length),
        };
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of 8 bytes, then a ping, an empty text, a text of 3 bytes and a binary of 200 bytes.
    fn stream() -> Vec<u8> {
        let mut stream = b"HTTP\r\n\r\n".to_vec();
        stream.extend([0x89, 1, b'?', 0x81, 0, 0x81, 3, b'a', b'b', b'c']);
        stream.extend([0x82, 126, 0, 200]);
        stream.extend([7; 200]);
        stream
    }

    fn find(number: usize, part: FramePart) -> Option<u64> {
        let stream = stream();
        let whole = FrameFinder::new(number, part).feed(&stream);
        let mut finder = FrameFinder::new(number, part);
        let by_byte = stream.chunks(1).find_map(|byte| finder.feed(byte));
        assert_eq!(whole, by_byte, "however it is split");
        whole
    }

    #[test]
    fn frames_are_counted_without_control_frames() {
        assert_eq!(find(0, FramePart::Opcode), Some(11));
        assert_eq!(find(1, FramePart::Opcode), Some(13));
        assert_eq!(find(1, FramePart::Length), Some(14));
        assert_eq!(find(1, FramePart::Payload(2)), Some(17));
        assert_eq!(find(2, FramePart::Opcode), Some(18));
        assert_eq!(find(2, FramePart::Payload(0)), Some(22));
        assert_eq!(find(3, FramePart::Opcode), None);
    }

    #[test]
    fn masked_frames_are_followed_too() {
        let mut stream = b"\r\n\r\n".to_vec();
        stream.extend([0x81, 0x82, 1, 2, 3, 4, 0, 0]);
        stream.extend([0x81, 0x81, 1, 2, 3, 4, 0]);
        let mut finder = FrameFinder::new(1, FramePart::Payload(0));
        assert_eq!(finder.feed(&stream), Some(18));
    }
}

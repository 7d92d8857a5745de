//! Text messages and the validation of UTF-8 (RFC 6455 section 8.1). The decoder calls it.

use std::borrow::Cow;

use crate::{ProtocolError, utf16};

/// The payload of a text message, which is valid UTF-8.
///
/// It borrows from the read buffer if it is small, and is owned if it is large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    bytes: Cow<'a, [u8]>,
    is_ascii: bool,
}

impl<'a> Text<'a> {
    /// Fails if `bytes` end within a character. `validator` must have validated all of them.
    pub(crate) fn new(
        bytes: Cow<'a, [u8]>,
        validator: Utf8Validator,
    ) -> Result<Self, ProtocolError> {
        let is_complete = validator.valid == bytes.len();
        is_complete
            .then_some(Self {
                bytes,
                is_ascii: validator.is_ascii,
            })
            .ok_or(ProtocolError::NotUtf8)
    }

    /// Whether all characters are ASCII. It is known from the validation, so this call costs nothing.
    pub fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// Whether it owns its bytes, as a large one does.
    pub fn is_owned(&self) -> bool {
        matches!(self.bytes, Cow::Owned(_))
    }

    /// The bytes, which are UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The size of the text in UTF-16, in bytes.
    pub fn utf16_size(&self) -> usize {
        utf16::size(&self.bytes)
    }

    /// Appends the text in UTF-16, in the byte order of this machine.
    pub fn write_utf16(&self, target: &mut Vec<u8>) {
        utf16::encode(&self.bytes, target);
    }

    /// Returns the bytes without a copy.
    pub fn into_bytes(self) -> Cow<'a, [u8]> {
        self.bytes
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes().into(),
            is_ascii: text.is_ascii(),
        }
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self {
            is_ascii: text.is_ascii(),
            bytes: Cow::Owned(text.into_bytes()),
        }
    }
}

/// Validates text while it arrives: invalid text is refused at its first invalid byte, and the bytes are still in the
/// CPU's cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Utf8Validator {
    /// The number of bytes that are complete characters.
    valid: usize,
    is_ascii: bool,
}

impl Utf8Validator {
    pub(crate) const START: Self = Self {
        valid: 0,
        is_ascii: true,
    };

    /// Validates the new bytes of `text`, which is all of the message received so far.
    pub(crate) fn validate(&mut self, text: &[u8]) -> Result<(), ProtocolError> {
        let new = text.get(self.valid..).unwrap_or_default();
        if self.is_ascii && is_ascii(new) {
            self.valid = text.len();
            return Ok(());
        }
        self.is_ascii = false;
        if is_short_utf8(new) {
            self.valid = text.len();
            return Ok(());
        }
        match simdutf8::compat::from_utf8(new) {
            Ok(_) => self.valid = text.len(),
            // The rest may be an incomplete character.
            Err(error) if error.error_len().is_none() => self.valid += error.valid_up_to(),
            Err(_) => return Err(ProtocolError::NotUtf8),
        }
        Ok(())
    }
}

/// Whether `bytes` are at most [`BLOCK`] bytes of UTF-8 that end with a whole character. simdutf8 uses vector
/// instructions for whole blocks only.
fn is_short_utf8(bytes: &[u8]) -> bool {
    let mut block = [0; BLOCK];
    // Zeros are characters, so a character that is cut off is invalid.
    let Some(start) = block.get_mut(..bytes.len()) else {
        return false;
    };
    start.copy_from_slice(bytes);
    simdutf8::compat::from_utf8(&block).is_ok()
}

/// The size of simdutf8's blocks, in bytes.
const BLOCK: usize = 64;

/// `std` checks four bytes at a time on 32-bit systems. This is compiled to vector instructions there.
fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    let high_bit = |bytes: &[u8]| bytes.iter().fold(0, |all, byte| all | byte) & 0x80;
    blocks.iter().all(|block| high_bit(block) == 0) && high_bit(rest) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Validates `text` in two parts, split at every position.
    fn check(text: &[u8]) -> Vec<Result<bool, ProtocolError>> {
        let in_two_parts = |split: usize| {
            let mut validator = Utf8Validator::START;
            validator.validate(&text[..split])?;
            validator.validate(text)?;
            Text::new(text.into(), validator).map(|text| text.is_ascii())
        };
        (0..=text.len()).map(in_two_parts).collect()
    }

    #[test]
    fn text_may_be_split_anywhere() {
        assert!(
            check("ü, ಠ_ಠ, 𝄞".as_bytes())
                .iter()
                .all(|checked| *checked == Ok(false))
        );
    }

    #[test]
    fn text_that_is_not_ascii_is_detected_at_every_position() {
        for size in [0, 1, 63, 64, 65, 200] {
            let mut text = vec![b'a'; size];
            assert!(check(&text).iter().all(|checked| *checked == Ok(true)));
            for place in 0..size {
                text.splice(place..place, "é".bytes());
                assert!(check(&text).iter().all(|checked| *checked == Ok(false)));
                text.drain(place..place + 2);
            }
        }
    }

    #[test]
    fn a_character_that_is_cut_off_at_the_end_is_invalid() {
        assert!(check(b"a\xf0\x9d\x84").contains(&Err(ProtocolError::NotUtf8)));
        assert!(!check(b"a\xf0\x9d\x84").contains(&Ok(false)));
    }

    #[test]
    fn invalid_text_is_refused_before_its_character_is_complete() {
        let mut validator = Utf8Validator::START;
        assert_eq!(validator.validate(b"\xf4"), Ok(()));
        assert_eq!(
            validator.validate(b"\xf4\x90"),
            Err(ProtocolError::NotUtf8),
            "beyond U+10FFFF"
        );
    }
}

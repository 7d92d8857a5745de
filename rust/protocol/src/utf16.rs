//! Valid UTF-8 as UTF-16, of which Dart's strings are made. [`Text`](crate::Text) calls it.

use encoding_rs::mem::convert_utf8_to_utf16;

/// The number of bytes that are converted at once, so that the code units are in a buffer on the stack.
const STEP: usize = 1024;
/// Below this size, in bytes, a text is converted in a smaller buffer.
const SHORT: usize = 128;

/// The size of `text` in UTF-16, in bytes.
pub(crate) fn size(text: &[u8]) -> usize {
    // A character has one code unit, and two if it has four bytes in UTF-8.
    let units = |byte: &u8| u8::from(byte & 0xc0 != 0x80) + u8::from(*byte >= 0xf0);
    // Short sums fit a byte, so that vector instructions add many at once.
    let sums = text
        .chunks(64)
        .map(|part| part.iter().map(units).sum::<u8>());
    2 * sums.map(usize::from).sum::<usize>()
}

/// Appends the code units of `text`, in the byte order of this machine.
pub(crate) fn encode(text: &[u8], target: &mut Vec<u8>) {
    // Zeroing a large buffer would take longer than converting a short text.
    if text.len() < SHORT {
        return convert(text, &mut [0; SHORT], target);
    }
    let mut units = [0; STEP + 1];
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(first_characters(rest));
        rest = after;
        convert(piece, &mut units, target);
    }
}

/// Appends the code units of `text`. `units` needs room for one more than there are bytes.
fn convert(text: &[u8], units: &mut [u16], target: &mut Vec<u8>) {
    let count = convert_utf8_to_utf16(text, units);
    let start = target.len();
    target.resize(start + 2 * count, 0);
    let (places, _) = target.get_mut(start..).unwrap_or_default().as_chunks_mut();
    for (place, unit) in places.iter_mut().zip(units) {
        *place = unit.to_ne_bytes();
    }
}

/// The size of the first characters, at most [`STEP`] bytes.
fn first_characters(text: &[u8]) -> usize {
    if text.len() <= STEP {
        return text.len();
    }
    // The start of a character is at most three bytes back.
    let is_start = |&end: &usize| text.get(end).is_none_or(|byte| byte & 0xc0 != 0x80);
    (STEP - 3..=STEP).rev().find(is_start).unwrap_or(STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) {
        let expected: Vec<_> = text.encode_utf16().flat_map(u16::to_ne_bytes).collect();
        let mut encoded = Vec::new();
        encode(text.as_bytes(), &mut encoded);
        assert_eq!(size(text.as_bytes()), expected.len());
        assert_eq!(encoded, expected);
    }

    #[test]
    fn characters_of_every_size_are_converted_wherever_they_stand() {
        for character in ["a", "é", "你", "\u{ffff}", "😀"] {
            for before in 0..8 {
                check(&format!(
                    "{}{}",
                    "x".repeat(before),
                    character.repeat(3 * STEP)
                ));
            }
        }
        check("");
        check("\u{feff}byte order mark\0");
        check(&"aé你😀".repeat(STEP));
    }

    #[test]
    fn every_character_is_converted() {
        let all: String = (0..=u32::from(char::MAX))
            .filter_map(char::from_u32)
            .collect();
        check(&all);
    }
}

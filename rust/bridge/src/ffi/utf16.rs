//! UTF-16 from Dart as UTF-8. A Dart string is one of Latin letters or one of UTF-16 code units, and encoding it in Dart
//! takes several times as long. [`outgoing`](super::outgoing) and [`pack`](super::pack) call it.

use encoding_rs::mem::convert_utf16_to_utf8;

use super::pack::MalformedPack;

/// The number of code units that are converted at once, in a buffer on the stack.
const STEP: usize = 256;
/// The maximum size of a code unit in UTF-8, in bytes.
const MAX_SIZE: usize = 3;

/// The size of `units` in UTF-8, in bytes. Too small if there are lone surrogates.
pub(super) fn size(units: &[u8]) -> usize {
    let (units, _) = units.as_chunks();
    let size = |unit: &[u8; 2]| {
        let unit = u16::from_le_bytes(*unit);
        // A surrogate is half of a character of four bytes.
        let is_surrogate = unit & 0xf800 == 0xd800;
        1 + u16::from(unit >= 0x80) + u16::from(unit >= 0x800) - u16::from(is_surrogate)
    };
    // Short sums fit a code unit, so that vector instructions add many at once.
    let sums = units
        .chunks(64)
        .map(|part| part.iter().map(size).sum::<u16>());
    sums.map(usize::from).sum()
}

/// Appends `units`, which are little-endian, in UTF-8. A lone surrogate becomes U+FFFD. What is appended is valid
/// UTF-8. Fails if `units` end within a code unit.
pub(super) fn append(units: &[u8], target: &mut Vec<u8>) -> Result<(), MalformedPack> {
    let (mut rest, []) = units.as_chunks() else {
        return Err(MalformedPack);
    };
    let mut piece = [0; STEP];
    let mut converted = [0; STEP * MAX_SIZE];
    while !rest.is_empty() {
        let count = whole_characters(rest);
        let (units, after) = rest.split_at(count);
        rest = after;
        for (place, unit) in piece.iter_mut().zip(units) {
            *place = u16::from_le_bytes(*unit);
        }
        let size = convert_utf16_to_utf8(&piece[..count], &mut converted);
        target.extend_from_slice(&converted[..size]);
    }
    Ok(())
}

/// The number of code units, at most [`STEP`], with which a piece may end.
fn whole_characters(units: &[[u8; 2]]) -> usize {
    match units.get(STEP - 1) {
        None => units.len(),
        Some(&last) if (0xd800..0xdc00).contains(&u16::from_le_bytes(last)) => STEP - 1,
        Some(_) => STEP,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &[u16]) -> Vec<u8> {
        text.iter().flat_map(|unit| unit.to_le_bytes()).collect()
    }

    fn convert(text: &[u16]) -> Vec<u8> {
        let mut converted = Vec::new();
        append(&units(text), &mut converted).expect("whole code units");
        converted
    }

    #[test]
    fn characters_of_every_size_are_converted_wherever_they_stand() {
        for character in ["a", "é", "你", "\u{ffff}", "😀"] {
            for before in 0..4 {
                let text = "x".repeat(before) + &character.repeat(2 * STEP);
                let text_units: Vec<_> = text.encode_utf16().collect();
                assert_eq!(convert(&text_units), text.as_bytes());
                assert_eq!(size(&units(&text_units)), text.len());
            }
        }
    }

    #[test]
    fn a_lone_surrogate_becomes_a_replacement_character() {
        for text in [
            &[0xd83d][..],
            &[0xde00],
            &[0xde00, 0xd83d],
            &[0xd83d, 0xd83d, 0xde00],
            &[0xd83d; STEP + 1],
        ] {
            assert_eq!(convert(text), String::from_utf16_lossy(text).as_bytes());
        }
    }
}

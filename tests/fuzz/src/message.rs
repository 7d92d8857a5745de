//! Messages of every type and size.

use std::{fmt, iter};

use arbitrary::{Arbitrary, Unstructured};

/// A message.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 6455 section 5.6")]
pub enum Message {
    Text(String),
    Binary(Vec<u8>),
}

impl Message {
    /// Whether it is text.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Its payload.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(data) => data,
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_text() { "text" } else { "binary" };
        let bytes = self.as_bytes();
        let start = &bytes[..bytes.len().min(40)];
        write!(f, "{} bytes of {kind}: {start:?}…", bytes.len())
    }
}

impl<'a> Arbitrary<'a> for Message {
    /// A few bytes of input make a large message, of a repeated pattern or of noise.
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let is_text = u.arbitrary()?;
        // Small ones are more frequent.
        let size = match u.arbitrary::<u8>()? % 8 {
            0..5 => u.arbitrary::<u8>()?.into(),
            5 | 6 => u.arbitrary::<u16>()?.into(),
            _ => usize::from(u.arbitrary::<u16>()?) << 4,
        };
        let pattern_size = usize::from(u.arbitrary::<u8>()? % 32);
        let pattern = u.bytes(pattern_size.min(u.len()))?;
        Ok(match (is_text, pattern) {
            (true, []) => Self::Text(
                noise(size as u64)
                    .map(|byte| char::from(byte & 0x7f))
                    .take(size)
                    .collect(),
            ),
            (true, pattern) => {
                let pattern = String::from_utf8_lossy(pattern);
                Self::Text(pattern.repeat(size.div_ceil(pattern.len())))
            }
            (false, []) => Self::Binary(noise(size as u64).take(size).collect()),
            (false, pattern) => Self::Binary(pattern.iter().copied().cycle().take(size).collect()),
        })
    }
}

/// The maximum size of all messages of a run. Few runs have large ones, so that there is time for many runs.
pub fn max_size(seed: u16) -> usize {
    if seed.is_multiple_of(16) {
        2 * 1024 * 1024
    } else {
        64 * 1024
    }
}

/// Bytes that do not compress (xorshift).
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let states = iter::successors(Some(seed | 1), |state| {
        let mut state = *state;
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state)
    });
    states.map(|state| (state >> 32) as u8)
}

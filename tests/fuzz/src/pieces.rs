//! The ways in which bytes are split for reading or writing.

/// Where bytes are split. The reader or writer has to wait between two pieces.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names describe them")]
pub enum Pieces {
    Whole,
    Bytes,
    /// Two pieces, the first of this size.
    Two(usize),
    /// From 1 byte to 64 KiB each. Small ones are more frequent.
    Random(u64),
}

impl Pieces {
    /// The size of the next piece, at least 1.
    pub fn next(&mut self) -> usize {
        match self {
            Self::Whole => usize::MAX,
            Self::Bytes => 1,
            Self::Two(size) => std::mem::replace(size, usize::MAX),
            Self::Random(state) => {
                // From Numerical Recipes. Its high bits are more random.
                *state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let random = (*state >> 32) as usize;
                1 + (random >> 8) % (1 << (random % 17))
            }
        }
    }
}

//! JSON as a typical application server sends it, for measuring compression.

use std::fmt::Write;

/// The number of different documents. Together they exceed the compressor's window of 32 KiB, so that none is found in
/// it again.
const COUNT: usize = 64;

const NAMES: [&str; 8] = [
    "Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Alan", "Radia",
];

const STATES: [&str; 4] = ["pending", "accepted", "shipped", "delivered"];

/// Different documents of `size` bytes of ASCII each. They are the same for each call.
pub(crate) fn documents(size: usize) -> Vec<Vec<u8>> {
    let mut random = Random(0x5eed);
    (0..COUNT).map(|_| document(size, &mut random)).collect()
}

/// A list of orders, truncated to `size`.
fn document(size: usize, random: &mut Random) -> Vec<u8> {
    let mut text = String::from("[");
    while text.len() < size {
        let mut number = |limit| random.below(limit);
        let written = write!(
            text,
            concat!(
                r#"{{"id":{},"customer":"{}","state":"{}","price":{}.{:02},"quantity":{},"#,
                r#""created":"2025-{:02}-{:02}T{:02}:{:02}:{:02}Z","gift":{}}},"#,
            ),
            number(1_000_000),
            NAMES[number(NAMES.len())],
            STATES[number(STATES.len())],
            number(500),
            number(100),
            number(20),
            number(12) + 1,
            number(28) + 1,
            number(24),
            number(60),
            number(60),
            number(2) == 0,
        );
        debug_assert!(written.is_ok(), "writing to a String never fails");
    }
    text.truncate(size);
    text.into_bytes()
}

/// Pseudo-random numbers (xorshift64*), the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_differ_and_have_the_requested_size() {
        let documents = documents(4096);
        assert!(documents.iter().all(|it| it.len() == 4096 && it.is_ascii()));
        assert!(documents.windows(2).all(|pair| pair[0] != pair[1]));
    }
}

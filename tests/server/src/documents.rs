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

/// A list of as many orders as fit, with spaces behind it up to `size`.
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
    let whole = text[..size].rfind("},").map_or(1, |last| last + 1);
    text.truncate(whole);
    text.push(']');
    let mut document = text.into_bytes();
    document.resize(size, b' ');
    document
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
        let is_whole = |it: &Vec<u8>| it.trim_ascii_end().ends_with(b"}]");
        assert!(documents.iter().all(is_whole));
    }
}

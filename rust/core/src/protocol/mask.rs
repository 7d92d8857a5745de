use ring::rand::{SecureRandom, SystemRandom};

/// Keys are taken from the system in such portions: asking it for each frame would cost more than the frame.
const PORTION_SIZE: usize = 256;

/// The masking keys of a connection, which nobody may be able to predict (RFC 6455 section 10.3).
#[derive(Debug)]
pub(crate) struct Masks {
    portion: [u8; PORTION_SIZE],
    used: usize,
}

impl Default for Masks {
    fn default() -> Self {
        Self {
            portion: [0; PORTION_SIZE],
            used: PORTION_SIZE,
        }
    }
}

impl Masks {
    /// The next key; none if the system has no randomness to give.
    pub(crate) fn next(&mut self) -> Option<[u8; 4]> {
        if self.used == PORTION_SIZE {
            SystemRandom::new().fill(&mut self.portion).ok()?;
            self.used = 0;
        }
        let (_, unused) = self.portion.split_at(self.used);
        self.used += 4;
        unused.first_chunk().copied()
    }
}

/// Appends `payload` as it is masked from its byte number `offset` on (RFC 6455 section 5.3).
pub(crate) fn extend_masked(frame: &mut Vec<u8>, payload: &[u8], mut key: [u8; 4], offset: usize) {
    key.rotate_left(offset % 4);
    let [a, b, c, d] = key;
    let wide = [a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d];
    // Small enough to stay in the first cache between the copy and the mask.
    for piece in payload.chunks(4 * 1024) {
        let start = frame.len();
        frame.extend_from_slice(piece);
        let (_, copied) = frame.split_at_mut(start);
        let (blocks, rest) = copied.as_chunks_mut::<16>();
        for block in blocks {
            *block = (u128::from_ne_bytes(*block) ^ u128::from_ne_bytes(wide)).to_ne_bytes();
        }
        for (byte, key) in rest.iter_mut().zip(wide) {
            *byte ^= key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_masked_with_the_byte_of_the_key_that_its_place_calls_for() {
        let payload: Vec<u8> = (0..10_000).map(|index| (index % 251) as u8).collect();
        let key = [1, 20, 100, 250];
        for (start, size) in [
            (0, 0),
            (0, 1),
            (1, 15),
            (2, 17),
            (3, 4096),
            (5, 4097),
            (6, 9_994),
        ] {
            let part = &payload[start..start + size];
            let mut frame = vec![7; 3];
            extend_masked(&mut frame, part, key, start);
            let expected = part
                .iter()
                .enumerate()
                .map(|(index, byte)| byte ^ key[(start + index) % 4]);
            assert!(
                frame[3..].iter().copied().eq(expected),
                "{size} bytes from {start}"
            );
        }
    }

    #[test]
    fn keys_do_not_repeat() {
        let mut masks = Masks::default();
        let mut keys: Vec<_> = (0..1000)
            .map(|_| masks.next().expect("randomness"))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        assert!(keys.len() > 990, "{} keys of 1000 differ", keys.len());
    }
}

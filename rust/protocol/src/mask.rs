//! Masking keys and masking (RFC 6455 sections 5.3 and 10.3). The encoder calls it.

use std::cell::RefCell;

use rand::{
    Rng as _, SeedableRng as _,
    rngs::{StdRng, SysRng},
};

thread_local! {
    /// Seeded by the system once. A system call for each key would cost more than the frame, and a generator of its own
    /// would take 320 bytes of an idle connection.
    static KEYS: RefCell<Option<StdRng>> = const { RefCell::new(None) };
}

/// The next masking key of this thread, which must be unpredictable (RFC 6455 section 10.3), or `None` if the system
/// has no randomness.
pub(crate) fn next_key() -> Option<[u8; 4]> {
    // Not available while the thread ends.
    let key = KEYS.try_with(|keys| {
        let mut keys = keys.borrow_mut();
        if keys.is_none() {
            *keys = StdRng::try_from_rng(&mut SysRng).ok();
        }
        keys.as_mut().map(|keys| keys.next_u32().to_ne_bytes())
    });
    key.ok().flatten()
}

/// Masks `payload` into `target`, which has the same size. `offset` is the position of `payload` in its frame.
///
/// One pass is faster than a copy that is then masked in place. Blocks of 64 bytes are compiled to vector instructions
/// on every target.
pub(crate) fn mask_into(target: &mut [u8], payload: &[u8], mut key: [u8; 4], offset: usize) {
    key.rotate_left(offset % 4);
    let (target, target_rest) = target.as_chunks_mut::<64>();
    let (payload, payload_rest) = payload.as_chunks::<64>();
    if !payload.is_empty() {
        let key: [u8; 64] = std::array::from_fn(|index| key[index % 4]);
        for (target, payload) in target.iter_mut().zip(payload) {
            *target = std::array::from_fn(|index| payload[index] ^ key[index]);
        }
    }
    let (target, target_rest) = target_rest.as_chunks_mut();
    let (payload, payload_rest) = payload_rest.as_chunks();
    for (target, payload) in target.iter_mut().zip(payload) {
        *target = (u32::from_ne_bytes(*payload) ^ u32::from_ne_bytes(key)).to_ne_bytes();
    }
    for ((target, payload), key) in target_rest.iter_mut().zip(payload_rest).zip(key) {
        *target = payload ^ key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_masked_with_the_key_byte_of_its_position() {
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
            let mut target = vec![7; size];
            mask_into(&mut target, part, key, start);
            let expected = part
                .iter()
                .enumerate()
                .map(|(index, byte)| byte ^ key[(start + index) % 4]);
            assert!(
                target.iter().copied().eq(expected),
                "{size} bytes from {start}"
            );
        }
    }

    #[test]
    fn keys_do_not_repeat() {
        let mut keys: Vec<_> = (0..1000).map(|_| next_key().expect("randomness")).collect();
        keys.sort_unstable();
        keys.dedup();
        assert!(keys.len() > 990, "{} keys of 1000 differ", keys.len());
    }
}

//! One buffer for each thread, for whatever is read or written next: a connection at rest needs none.

use std::cell::Cell;

use crate::ConnectOptions;

/// Read or written at once: a frame of the default size with its header, of at most 14 bytes.
pub(crate) const SIZE: usize = ConnectOptions::DEFAULT_FRAME_SIZE + 16;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// An empty buffer with a capacity of [`SIZE`].
pub(crate) fn take() -> Vec<u8> {
    // Not there when a thread ends.
    let mut buffer = SPARE.try_with(Cell::take).unwrap_or_default();
    buffer.reserve_exact(SIZE);
    buffer
}

/// Keeps a buffer for the next one who needs one.
pub(crate) fn give_back(mut buffer: Vec<u8>) {
    if buffer.capacity() == SIZE {
        buffer.clear();
        let _ = SPARE.try_with(|spare| spare.set(buffer));
    }
}

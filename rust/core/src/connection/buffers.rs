//! Read and write buffers that each thread keeps for the next connection that needs one. An idle connection has none.
//! The receiver and the sender take them and give them back.

use std::cell::Cell;

use rust_web_socket_protocol::{FRAME_OVERHEAD, READ_SIZE};

use crate::ConnectOptions;

/// The size of a write buffer in bytes: one frame of the default size.
const WRITE_SIZE: usize = ConnectOptions::DEFAULT_FRAME_SIZE + FRAME_OVERHEAD;

thread_local! {
    static READ: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static WRITE: Cell<WriteBuffer> = const { Cell::new(WriteBuffer::EMPTY) };
}

/// Returns an empty buffer with a capacity of [`READ_SIZE`].
pub(crate) fn take_read() -> Vec<u8> {
    // Not available while the thread ends.
    let mut buffer = READ.try_with(Cell::take).unwrap_or_default();
    buffer.reserve_exact(READ_SIZE);
    buffer
}

/// Keeps a read buffer for the next connection of this thread that needs one.
pub(crate) fn give_back_read(mut buffer: Vec<u8>) {
    if buffer.capacity() == READ_SIZE {
        buffer.clear();
        let _ = READ.try_with(|spare| spare.set(buffer));
    }
}

/// Keeps the memory of a write buffer for the next connection of this thread that needs one.
pub(crate) fn give_back_write(buffer: &mut WriteBuffer) {
    if !buffer.bytes.is_empty() {
        let mut buffer = std::mem::take(buffer);
        buffer.clear();
        let _ = WRITE.try_with(|spare| spare.set(buffer));
    }
}

/// Encoded bytes that have to be written. It has memory from the first call of [`free`](Self::free) on.
#[derive(Debug)]
pub(crate) struct WriteBuffer {
    /// Empty, or [`WRITE_SIZE`] bytes.
    bytes: Vec<u8>,
    written: usize,
    filled: usize,
}

impl Default for WriteBuffer {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl WriteBuffer {
    const EMPTY: Self = Self {
        bytes: Vec::new(),
        written: 0,
        filled: 0,
    };

    /// The free part, for the next bytes.
    pub(crate) fn free(&mut self) -> &mut [u8] {
        if self.bytes.is_empty() {
            *self = WRITE.try_with(Cell::take).unwrap_or_default();
            self.bytes.resize(WRITE_SIZE, 0);
        }
        self.bytes.get_mut(self.filled..).unwrap_or_default()
    }

    /// Marks the first `size` bytes of the free part as used.
    pub(crate) fn filled(&mut self, size: usize) {
        self.filled += size;
    }

    pub(crate) fn unwritten(&self) -> &[u8] {
        self.bytes
            .get(self.written..self.filled)
            .unwrap_or_default()
    }

    /// Marks the first `size` unwritten bytes as written.
    pub(crate) fn written(&mut self, size: usize) {
        self.written += size;
    }

    /// Drops the unwritten bytes.
    pub(crate) fn clear(&mut self) {
        self.written = 0;
        self.filled = 0;
    }
}

//! Buffers of a thread, for whatever is read or written next: a connection at rest has none.

use std::cell::Cell;

use rust_web_socket_protocol::{FRAME_OVERHEAD, READ_SIZE};

use crate::ConnectOptions;

/// Room for one frame of the default size.
const WRITE_SIZE: usize = ConnectOptions::DEFAULT_FRAME_SIZE + FRAME_OVERHEAD;

thread_local! {
    static READ: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static WRITE: Cell<WriteBuffer> = const { Cell::new(WriteBuffer::EMPTY) };
}

/// An empty buffer with a capacity of [`READ_SIZE`].
pub(crate) fn take_read() -> Vec<u8> {
    // Not available while a thread ends.
    let mut buffer = READ.try_with(Cell::take).unwrap_or_default();
    buffer.reserve_exact(READ_SIZE);
    buffer
}

/// Keeps a buffer for the next connection that needs one.
pub(crate) fn give_back_read(mut buffer: Vec<u8>) {
    if buffer.capacity() == READ_SIZE {
        buffer.clear();
        let _ = READ.try_with(|spare| spare.set(buffer));
    }
}

/// Keeps the memory of a buffer for the next connection that needs one.
pub(crate) fn give_back_write(buffer: &mut WriteBuffer) {
    if !buffer.bytes.is_empty() {
        let mut buffer = std::mem::take(buffer);
        buffer.clear();
        let _ = WRITE.try_with(|spare| spare.set(buffer));
    }
}

/// Bytes that are to be written. It has memory from the first call of [`free`](Self::free) on.
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

    /// Where the next bytes go.
    pub(crate) fn free(&mut self) -> &mut [u8] {
        if self.bytes.is_empty() {
            *self = WRITE.try_with(Cell::take).unwrap_or_default();
            self.bytes.resize(WRITE_SIZE, 0);
        }
        self.bytes.get_mut(self.filled..).unwrap_or_default()
    }

    /// So many bytes were put there.
    pub(crate) fn filled(&mut self, size: usize) {
        self.filled += size;
    }

    pub(crate) fn unwritten(&self) -> &[u8] {
        self.bytes
            .get(self.written..self.filled)
            .unwrap_or_default()
    }

    /// So many of the unwritten bytes were written.
    pub(crate) fn written(&mut self, size: usize) {
        self.written += size;
    }

    /// Drops what is unwritten.
    pub(crate) fn clear(&mut self) {
        self.written = 0;
        self.filled = 0;
    }
}

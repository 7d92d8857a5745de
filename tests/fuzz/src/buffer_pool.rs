//! Stands in for the bridge's pool of buffers, which its batches use.

/// New memory for `size` bytes.
pub(crate) fn memory(size: usize) -> Vec<u8> {
    Vec::with_capacity(size)
}

/// Frees `memory`.
pub(crate) fn put_back(memory: Vec<u8>) {
    drop(memory);
}

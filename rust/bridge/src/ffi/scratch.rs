//! The memory in which an isolate packs small messages. Dart writes it; [`outgoing`](super::outgoing) reads it.

use std::{cell::UnsafeCell, slice, sync::Arc};

use bytes::Bytes;

/// The capacity of a scratch, in bytes of packed messages.
pub(super) const SCRATCH_SIZE: usize = 64 * 1024;

/// Packed messages of an isolate. Dart writes here without a call, and calls to send the pack.
///
/// The finalizers of the isolate's connections read messages that were packed before it ended.
#[repr(C)]
#[derive(Debug)]
pub struct Scratch {
    /// The connection of the packed messages.
    pub(super) handle: i64,
    /// The size of the packed messages, in bytes.
    pub(super) size: i64,
    /// The packed messages, in the format of [`Pack`](super::pack::Pack).
    pub(super) records: [u8; SCRATCH_SIZE],
}

/// A counted reference to a [`Scratch`].
#[derive(Debug)]
pub(super) struct ScratchHolder(Arc<SharedScratch>);

#[repr(transparent)]
#[derive(Debug)]
struct SharedScratch(UnsafeCell<Scratch>);

// SAFETY: it is accessed only by `get` and `take_pack`, whose callers guarantee that no write overlaps another access.
unsafe impl Send for SharedScratch {}
// SAFETY: as above.
unsafe impl Sync for SharedScratch {}

impl ScratchHolder {
    pub(super) fn new() -> Self {
        Self(Arc::new(SharedScratch(UnsafeCell::new(Scratch {
            handle: 0,
            size: 0,
            records: [0; SCRATCH_SIZE],
        }))))
    }

    /// Converts the reference to a pointer for Dart.
    pub(super) fn into_raw(self) -> *mut Scratch {
        Arc::into_raw(self.0).cast_mut().cast()
    }

    /// Takes Dart's reference back.
    ///
    /// # Safety
    /// `scratch` comes from [`into_raw`](Self::into_raw), and is not taken back again.
    pub(super) unsafe fn from_raw(scratch: *mut Scratch) -> Self {
        // SAFETY: by this function's contract; both types have the same layout.
        Self(unsafe { Arc::from_raw(scratch.cast_const().cast()) })
    }

    /// Creates another reference besides Dart's.
    ///
    /// # Safety
    /// `scratch` comes from [`into_raw`](Self::into_raw), and has not been taken back.
    pub(super) unsafe fn of(scratch: *mut Scratch) -> Self {
        // SAFETY: by this function's contract.
        unsafe {
            Arc::increment_strong_count(scratch.cast_const().cast::<SharedScratch>());
            Self::from_raw(scratch)
        }
    }

    /// A pointer for reading and writing.
    pub(super) fn get(&self) -> *mut Scratch {
        self.0.0.get()
    }
}

/// Takes the packed messages with the handle of their connection. Returns `None` if there are none or Dart wrote an
/// invalid size.
///
/// It creates no reference to the whole scratch, which would have to be unique: a finalizer may read `handle`
/// meanwhile.
///
/// # Safety
/// Meanwhile no other thread writes it, and no other thread reads anything except `handle`.
pub(super) unsafe fn take_pack(scratch: *mut Scratch) -> Option<(i64, Bytes)> {
    // SAFETY: by this function's contract.
    let (handle, size) = unsafe { ((*scratch).handle, (&raw mut (*scratch).size).replace(0)) };
    let size = usize::try_from(size).ok()?;
    if size == 0 || size > SCRATCH_SIZE {
        return None;
    }
    // SAFETY: as above; `size` was checked, and all of the memory is initialised.
    let records = unsafe { slice::from_raw_parts((&raw const (*scratch).records).cast(), size) };
    Some((handle, Bytes::copy_from_slice(records)))
}

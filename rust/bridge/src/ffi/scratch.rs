//! The memory in which an isolate packs small messages.

use std::{cell::UnsafeCell, slice, sync::Arc};

use bytes::Bytes;

/// How many bytes of packed messages an isolate's scratch has room for.
pub(super) const SCRATCH_SIZE: usize = 64 * 1024;

/// Where an isolate packs small messages: Dart writes here without a call, and calls when the pack is to be sent.
///
/// The finalizers of the isolate's connections look here too, for what was packed before it ended.
#[repr(C)]
#[derive(Debug)]
pub struct Scratch {
    /// The connection that the pack is for.
    pub(super) handle: i64,
    /// Bytes of the pack.
    pub(super) size: i64,
    /// As [`Pack`](super::pack::Pack) reads them.
    pub(super) records: [u8; SCRATCH_SIZE],
}

/// Keeps a [`Scratch`] in memory.
#[derive(Debug)]
pub(super) struct ScratchHolder(Arc<SharedScratch>);

#[repr(transparent)]
#[derive(Debug)]
struct SharedScratch(UnsafeCell<Scratch>);

// SAFETY: it is touched only through `get` and `take_pack`, whose callers promise that no write meets another access.
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

    /// For Dart to hold.
    pub(super) fn into_raw(self) -> *mut Scratch {
        Arc::into_raw(self.0).cast_mut().cast()
    }

    /// Takes it back from Dart.
    ///
    /// # Safety
    /// `scratch` comes from [`into_raw`](Self::into_raw), and is not taken back again.
    pub(super) unsafe fn from_raw(scratch: *mut Scratch) -> Self {
        // SAFETY: by this function's contract; both layouts are one.
        Self(unsafe { Arc::from_raw(scratch.cast_const().cast()) })
    }

    /// One more holder of what Dart holds.
    ///
    /// # Safety
    /// `scratch` comes from [`into_raw`](Self::into_raw), and has not been taken back.
    pub(super) unsafe fn of(scratch: *mut Scratch) -> Self {
        // SAFETY: by this function's contract, for as long as a holder would be there without this one.
        unsafe {
            Arc::increment_strong_count(scratch.cast_const().cast::<SharedScratch>());
            Self::from_raw(scratch)
        }
    }

    /// What it holds, to be read and written.
    pub(super) fn get(&self) -> *mut Scratch {
        self.0.0.get()
    }
}

/// Takes the pack out, with the handle that it is for; none if there is none, or if Dart had written an invalid size.
///
/// It makes no reference to the whole, which would have to be the only one: a finalizer may read `handle` meanwhile.
///
/// # Safety
/// Nobody writes it meanwhile, and nobody reads more of it than `handle`.
pub(super) unsafe fn take_pack(scratch: *mut Scratch) -> Option<(i64, Bytes)> {
    // SAFETY: by this function's contract.
    let (handle, size) = unsafe { ((*scratch).handle, (&raw mut (*scratch).size).replace(0)) };
    let size = usize::try_from(size).ok()?;
    if size == 0 || size > SCRATCH_SIZE {
        return None;
    }
    // SAFETY: as above; so much of it is there, and all of it is initialised.
    let records = unsafe { slice::from_raw_parts((&raw const (*scratch).records).cast(), size) };
    Some((handle, Bytes::copy_from_slice(records)))
}

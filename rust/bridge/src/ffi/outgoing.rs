//! The C functions that Dart calls on the data path, from `dart/lib/src/native/outgoing.dart`. None blocks, and none
//! panics into Dart. With a stale handle a send returns [`SendStatus::Ended`] and everything else does nothing.

use std::{
    alloc::{self, Layout},
    ffi::c_void,
    mem::ManuallyDrop,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

use bytes::Bytes;
use rust_web_socket_core::{SendError, Utf8Bytes};

use super::{
    pack::{Flags, MalformedPack, Pack},
    scratch::{Scratch, ScratchHolder, take_pack},
    utf16,
};
use crate::{buffer_pool, handles};

/// The result of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum SendStatus {
    /// Queued.
    Queued = 0,
    /// This side has closed the connection.
    Closing = 1,
    /// The connection has ended.
    Ended = 2,
    /// Invalid arguments: text that is not UTF-8, half a UTF-16 code unit, or an incomplete record. Dart's half never sends them.
    Malformed = 3,
    /// A bug in this library.
    Panicked = 4,
    /// More than the maximum would be buffered. Nothing was queued.
    Full = 5,
}

impl From<SendError> for SendStatus {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Closing => Self::Closing,
            SendError::Ended => Self::Ended,
            SendError::Full => Self::Full,
        }
    }
}

/// Queues the messages packed in `scratch`, all or none, and empties it.
///
/// # Safety
/// `scratch` comes from [`rust_web_socket_scratch_new`], has not been freed, and is not used during this call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_web_socket_send_pack(scratch: *mut Scratch) -> SendStatus {
    guarded(SendStatus::Panicked, || {
        // SAFETY: by this function's contract.
        match unsafe { take_pack(scratch) } {
            Some((handle, records)) => send_pack(handle, records),
            None => SendStatus::Malformed,
        }
    })
}

/// Creates a scratch for an isolate.
#[unsafe(no_mangle)]
pub extern "C" fn rust_web_socket_scratch_new() -> *mut Scratch {
    guarded(ptr::null_mut(), || ScratchHolder::new().into_raw())
}

/// Frees the scratch of an isolate that ends.
///
/// # Safety
/// `scratch` comes from [`rust_web_socket_scratch_new`], and is not used after this call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_web_socket_scratch_free(scratch: *mut c_void) {
    // SAFETY: by this function's contract.
    guarded((), || {
        drop(unsafe { ScratchHolder::from_raw(scratch.cast()) })
    });
}

/// Allocates uninitialised memory for a message of `size` bytes, for [`rust_web_socket_send_buffer`]. Returns null if
/// `size` is 0 or there is no memory.
#[unsafe(no_mangle)]
pub extern "C" fn rust_web_socket_buffer_new(size: usize) -> *mut u8 {
    guarded(ptr::null_mut(), || {
        if let Some(spare) = buffer_pool::take(size) {
            return ManuallyDrop::new(spare).as_mut_ptr();
        }
        match Layout::array::<u8>(buffer_pool::capacity_for(size)) {
            // SAFETY: the layout is not empty.
            Ok(layout) if size > 0 => unsafe { alloc::alloc(layout) },
            _ => ptr::null_mut(),
        }
    })
}

/// Frees a buffer that was not sent.
///
/// # Safety
/// `buffer` comes from [`rust_web_socket_buffer_new`] with this `size`, and is not used after this call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_web_socket_buffer_free(buffer: *mut u8, size: usize) {
    // SAFETY: by this function's contract; no byte counts as written.
    guarded((), || {
        buffer_pool::put_back(unsafe { owned(buffer, 0, size) })
    });
}

/// Queues the message in a buffer, with its flags (`Flags`), and takes over the buffer.
///
/// # Safety
/// `buffer` comes from [`rust_web_socket_buffer_new`] with this `size`, all of it has been written, and it is not used
/// after this call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_web_socket_send_buffer(
    handle: i64,
    flags: u8,
    buffer: *mut u8,
    size: usize,
) -> SendStatus {
    guarded(SendStatus::Panicked, || {
        // SAFETY: by this function's contract.
        let buffer = unsafe { owned(buffer, size, size) };
        send(handle, Flags(flags), buffer)
    })
}

/// Sends queued messages without blocking.
#[unsafe(no_mangle)]
pub extern "C" fn rust_web_socket_flush(handle: i64) {
    guarded((), || {
        if let Some(live) = handles::get(handle) {
            live.connection.flush();
        }
    });
}

/// Returns the credit of the oldest batch, whose messages were delivered to the application.
#[unsafe(no_mangle)]
pub extern "C" fn rust_web_socket_grant(handle: i64) {
    guarded((), || {
        if let Some(live) = handles::get(handle) {
            live.connection.grant();
        }
    });
}

/// Bytes of payload that were queued and that the operating system has not accepted yet. 0 for a stale handle.
#[unsafe(no_mangle)]
pub extern "C" fn rust_web_socket_buffered_amount(handle: i64) -> i64 {
    guarded(0, || {
        let live = handles::get(handle);
        live.map_or(0, |live| {
            i64::try_from(live.connection.buffered_amount()).unwrap_or(i64::MAX)
        })
    })
}

/// 1 if the operating system has accepted all bytes that are no longer buffered. 0 after the connection has ended or a
/// write has failed.
#[unsafe(no_mangle)]
pub extern "C" fn rust_web_socket_is_writable(handle: i64) -> u32 {
    guarded(0, || {
        let live = handles::get(handle);
        live.is_some_and(|live| live.connection.is_writable())
            .into()
    })
}

/// Reserves a handle for a connection.
#[unsafe(no_mangle)]
pub extern "C" fn rust_web_socket_handle_new() -> i64 {
    guarded(0, handles::reserve)
}

/// The argument of [`rust_web_socket_finalize`].
#[derive(Debug)]
struct Token {
    handle: i64,
    /// The scratch of the isolate that owns the connection.
    scratch: ScratchHolder,
}

/// Creates a token for the connection of `handle`, whose messages are packed in `scratch`.
///
/// # Safety
/// `scratch` comes from [`rust_web_socket_scratch_new`], and has not been freed; there is no other token for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_web_socket_finalizer_token(
    handle: i64,
    scratch: *mut Scratch,
) -> *mut c_void {
    // SAFETY: by this function's contract.
    let scratch = unsafe { ScratchHolder::of(scratch) };
    Box::into_raw(Box::new(Token { handle, scratch })).cast()
}

/// Releases the connection of a token whose owner was collected or whose isolate has ended. First it sends the messages
/// that the isolate packed in its last turn.
///
/// # Safety
/// `token` comes from [`rust_web_socket_finalizer_token`], and is not used after this call; the isolate does not run.
///
/// Finalizers of one isolate may run at the same time on several threads. All of them read `handle` of their scratch,
/// which none writes. Only the finalizer of that connection reads and writes the rest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_web_socket_finalize(token: *mut c_void) {
    guarded((), || {
        // SAFETY: by this function's contract.
        let token = unsafe { Box::from_raw(token.cast::<Token>()) };
        let scratch = token.scratch.get();
        // SAFETY: `handle` is not written, since the isolate does not run, and no other token has this handle.
        unsafe {
            if (*scratch).handle == token.handle
                && let Some((handle, records)) = take_pack(scratch)
            {
                send_pack(handle, records);
            }
        }
        handles::discard(token.handle);
    });
}

/// Converts a buffer to a vector.
///
/// # Safety
/// `buffer` comes from [`rust_web_socket_buffer_new`] with this `size`, its first `written` bytes have been written,
/// and it is not used after this call.
unsafe fn owned(buffer: *mut u8, written: usize, size: usize) -> Vec<u8> {
    if buffer.is_null() {
        return Vec::new();
    }
    // SAFETY: it was allocated with this capacity, and the first `written` bytes are initialised.
    unsafe { Vec::from_raw_parts(buffer, written, buffer_pool::capacity_for(size)) }
}

fn send_pack(handle: i64, records: Bytes) -> SendStatus {
    let Some(live) = handles::get(handle) else {
        return SendStatus::Ended;
    };
    match Pack::new(records) {
        Ok(pack) => status(live.connection.send_batch(Box::new(pack))),
        Err(MalformedPack) => SendStatus::Malformed,
    }
}

fn send(handle: i64, flags: Flags, buffer: Vec<u8>) -> SendStatus {
    let Some(live) = handles::get(handle) else {
        buffer_pool::put_back(buffer);
        return SendStatus::Ended;
    };
    let compress = flags.compress();
    if !flags.is_text() {
        let data = buffer_pool::message(buffer);
        return status(live.connection.send_binary(data, compress));
    }
    match text(flags, buffer) {
        Ok(text) => status(live.connection.send_text(text, compress)),
        Err(MalformedPack) => SendStatus::Malformed,
    }
}

fn text(flags: Flags, buffer: Vec<u8>) -> Result<Utf8Bytes, MalformedPack> {
    if !flags.is_utf16() {
        return Utf8Bytes::try_from(buffer_pool::message(buffer)).map_err(|_| MalformedPack);
    }
    let mut text = buffer_pool::memory(utf16::size(&buffer));
    let converted = utf16::append(&buffer, &mut text);
    buffer_pool::put_back(buffer);
    converted?;
    // SAFETY: only UTF-8 was appended.
    Ok(unsafe { Utf8Bytes::from_bytes_unchecked(buffer_pool::message(text)) })
}

fn status(sent: Result<(), SendError>) -> SendStatus {
    sent.map_or_else(SendStatus::from, |()| SendStatus::Queued)
}

/// Runs `work`, and returns `otherwise` if it panics: a panic must not unwind into Dart.
fn guarded<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::scratch::SCRATCH_SIZE;

    /// Handles that were never returned.
    const STALE: [i64; 5] = [0, 1, -1, i64::MIN, i64::MAX];

    /// Packs and sends records as an isolate does.
    fn send_pack(handle: i64, size: i64, records: &[u8]) -> SendStatus {
        let scratch = rust_web_socket_scratch_new();
        // SAFETY: only this function uses it, and not after freeing it.
        unsafe {
            (*scratch).handle = handle;
            (*scratch).size = size;
            (&mut (*scratch).records)[..records.len()].copy_from_slice(records);
            let status = rust_web_socket_send_pack(scratch);
            assert_eq!((*scratch).size, 0);
            rust_web_socket_scratch_free(scratch.cast());
            status
        }
    }

    #[test]
    fn a_stale_handle_is_a_status_and_not_a_crash() {
        for handle in STALE {
            assert_eq!(send_pack(handle, 6, b"\x01\x01\0\0\0a"), SendStatus::Ended);
            rust_web_socket_flush(handle);
            rust_web_socket_grant(handle);
            assert_eq!(rust_web_socket_buffered_amount(handle), 0);
            assert_eq!(rust_web_socket_is_writable(handle), 0);
            let scratch = rust_web_socket_scratch_new();
            // SAFETY: a new token for each call, and a scratch that is freed once.
            unsafe {
                let token = rust_web_socket_finalizer_token(handle, scratch);
                rust_web_socket_scratch_free(scratch.cast());
                rust_web_socket_finalize(token);
            }
        }
    }

    /// As the VM's collector does, on several threads. Miri detects data races.
    #[test]
    fn finalizers_of_one_isolate_may_run_at_the_same_time() {
        struct Sent(*mut c_void);
        // SAFETY: a finalizer runs on any thread.
        unsafe impl Send for Sent {}

        let scratch = rust_web_socket_scratch_new();
        let handles: Vec<_> = (0..4).map(|_| rust_web_socket_handle_new()).collect();
        let tokens = handles.iter().map(|&handle| {
            // SAFETY: it is not freed yet.
            Sent(unsafe { rust_web_socket_finalizer_token(handle, scratch) })
        });
        let tokens: Vec<_> = tokens.collect();
        // SAFETY: only this test uses it, and it is freed once.
        unsafe {
            (*scratch).handle = handles[1];
            (*scratch).size = 6;
            rust_web_socket_scratch_free(scratch.cast());
        }
        std::thread::scope(|scope| {
            for token in tokens {
                scope.spawn(move || {
                    let Sent(token) = { token };
                    // SAFETY: each token is finalized once.
                    unsafe { rust_web_socket_finalize(token) };
                });
            }
        });
    }

    #[test]
    fn a_pack_with_an_invalid_size_is_refused() {
        let too_large = i64::try_from(SCRATCH_SIZE).expect("a size") + 1;
        for size in [i64::MIN, -1, 0, too_large, i64::MAX] {
            assert_eq!(send_pack(1, size, b""), SendStatus::Malformed, "{size}");
        }
    }

    #[test]
    fn a_buffer_for_a_stale_handle_is_freed() {
        for size in [0, 1, 1024 * 1024] {
            let buffer = rust_web_socket_buffer_new(size);
            assert_eq!(buffer.is_null(), size == 0);
            if size > 0 {
                // SAFETY: it has `size` bytes.
                unsafe { buffer.write_bytes(7, size) };
            }
            // SAFETY: it was made with this size, is written, and is not used again.
            let status = unsafe { rust_web_socket_send_buffer(0, 0, buffer, size) };
            assert_eq!(status, SendStatus::Ended);
        }
    }

    #[test]
    fn a_buffer_that_is_not_sent_is_freed() {
        for size in [0, 4096] {
            let buffer = rust_web_socket_buffer_new(size);
            // SAFETY: it was made with this size, and is not used again.
            unsafe { rust_web_socket_buffer_free(buffer, size) };
        }
        // SAFETY: it is a scratch buffer, and is not used again.
        unsafe { rust_web_socket_scratch_free(rust_web_socket_scratch_new().cast()) };
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri reports an error")]
    fn an_allocation_that_fails_is_null() {
        assert!(rust_web_socket_buffer_new(usize::MAX).is_null());
        assert!(rust_web_socket_buffer_new(isize::MAX.cast_unsigned()).is_null());
    }

    #[test]
    fn a_panic_does_not_leave_the_library() {
        let status = guarded(SendStatus::Panicked, || panic!("on purpose"));
        assert_eq!(status, SendStatus::Panicked);
    }
}

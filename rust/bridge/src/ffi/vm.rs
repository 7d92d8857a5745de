//! A fake of the Dart VM for tests. It takes what is posted to native ports as Dart does, and keeps its memory until it
//! is collected.

use std::{
    collections::HashMap,
    ffi::c_void,
    ptr, slice,
    sync::{
        LazyLock, Once,
        atomic::{AtomicI64, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

use allo_isolate::{
    ffi::{DartCObject, DartCObjectType, DartHandleFinalizer, DartTypedDataType},
    store_dart_post_cobject,
};
use parking_lot::Mutex;

use super::batch::{DETACHED, Kind};

/// A timeout for tests that hang.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

static PORTS: LazyLock<Mutex<HashMap<i64, Sender<Posted>>>> = LazyLock::new(Mutex::default);

/// A message that was posted to a port.
#[derive(Debug)]
pub(crate) enum Posted {
    Signal(i32),
    Batch(Batch),
}

/// Records and detached payloads.
#[derive(Debug)]
pub(crate) struct Batch {
    records: External,
    detached: Vec<External>,
}

/// A message in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    Text(String),
    Binary(Vec<u8>),
}

impl Batch {
    /// Parses the messages as `dart/lib/src/native/incoming.dart` does.
    pub(crate) fn messages(&self) -> Vec<Data> {
        let mut messages = Vec::new();
        let mut detached = self.detached.iter();
        let mut rest = self.records.bytes();
        while let [kind, a, b, c, d, after @ ..] = rest {
            if *kind == Kind::Padding as u8 {
                rest = &rest[1..];
                continue;
            }
            let size = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            let (payload, after) = if kind & DETACHED == 0 {
                after.split_at(size)
            } else {
                assert_eq!(size, 0, "a detached payload has length 0");
                (detached.next().expect("a detached payload").bytes(), after)
            };
            rest = after;
            let text = || String::from_utf8(payload.to_vec()).expect("valid UTF-8");
            messages.push(match kind & !DETACHED {
                kind if kind == Kind::AsciiText as u8 => {
                    assert!(payload.is_ascii(), "marked as ASCII");
                    Data::Text(text())
                }
                kind if kind == Kind::Utf16Text as u8 => {
                    let units = payload.chunks_exact(2);
                    let units = units.map(|unit| u16::from_ne_bytes([unit[0], unit[1]]));
                    let units: Vec<_> = units.collect();
                    Data::Text(String::from_utf16(&units).expect("valid UTF-16"))
                }
                kind if kind == Kind::Binary as u8 => Data::Binary(payload.to_vec()),
                kind => panic!("a record of kind {kind}"),
            });
        }
        assert!(rest.is_empty(), "the start of a record: {rest:?}");
        assert!(detached.next().is_none(), "a payload without a record");
        messages
    }
}

/// Memory of the library that Dart sees as a `Uint8List`. Dropping it is what the garbage collector does.
#[derive(Debug)]
struct External {
    data: *const u8,
    length: usize,
    peer: *mut c_void,
    callback: DartHandleFinalizer,
}

// SAFETY: it is only read, and Dart collects garbage on any thread.
unsafe impl Send for External {}

impl External {
    fn bytes(&self) -> &[u8] {
        // SAFETY: its poster only allows reading until the callback is called.
        unsafe { slice::from_raw_parts(self.data, self.length) }
    }
}

impl Drop for External {
    fn drop(&mut self) {
        // SAFETY: it is called once, with the posted peer.
        unsafe { (self.callback)(ptr::null_mut(), self.peer) };
    }
}

/// A native port. Dropping it closes it, as an ending isolate does.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) id: i64,
    posted: Receiver<Posted>,
}

impl Port {
    pub(crate) fn open() -> Self {
        static INSTALL: Once = Once::new();
        static NEXT: AtomicI64 = AtomicI64::new(1);
        // SAFETY: called once, and the function behaves like the VM's.
        INSTALL.call_once(|| unsafe { store_dart_post_cobject(post) });
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let (sender, posted) = mpsc::channel();
        PORTS.lock().insert(id, sender);
        Self { id, posted }
    }

    /// Waits for the next message.
    pub(crate) fn next(&self) -> Posted {
        let posted = self.posted.recv_timeout(TIMEOUT);
        posted.expect("a message before the timeout")
    }

    /// The next message, if there is one.
    pub(crate) fn try_next(&self) -> Option<Posted> {
        self.posted.try_recv().ok()
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let sender = PORTS.lock().remove(&self.id);
        // Unread messages are garbage. Collected without the lock.
        drop(sender);
    }
}

/// The fake of `Dart_PostCObject`. It copies the caller's memory. If it accepts the message it owns the external memory
/// of it, otherwise that remains the caller's.
pub(super) unsafe extern "C" fn post(port: i64, message: *mut DartCObject) -> bool {
    let Some(sender) = PORTS.lock().get(&port).cloned() else {
        return false;
    };
    // SAFETY: the caller does not touch its message before this call returns.
    let message = unsafe { &*message };
    let posted = match message.ty {
        // SAFETY: the type determines the field.
        DartCObjectType::DartInt32 => Posted::Signal(unsafe { message.value.as_int32 }),
        DartCObjectType::DartExternalTypedData => Posted::Batch(Batch {
            // SAFETY: as above.
            records: unsafe { external(message) },
            detached: Vec::new(),
        }),
        DartCObjectType::DartArray => {
            // SAFETY: as above; an array has that many pointers to objects.
            let mut items = unsafe {
                let array = message.value.as_array;
                let pointers = slice::from_raw_parts(array.values, array.length.cast_unsigned());
                pointers.iter().map(|&item| external(&*item))
            };
            Posted::Batch(Batch {
                records: items.next().expect("a batch before its payloads"),
                detached: items.collect(),
            })
        }
        other => panic!("an object of type {other:?}"),
    };
    // A port that was closed meanwhile drops it like earlier messages.
    let _ = sender.send(posted);
    true
}

/// # Safety
/// `object` is valid and given away.
unsafe fn external(object: &DartCObject) -> External {
    assert_eq!(object.ty, DartCObjectType::DartExternalTypedData);
    // SAFETY: the type determines the field.
    let data = unsafe { object.value.as_external_typed_data };
    assert_eq!(data.ty, DartTypedDataType::Uint8);
    External {
        data: data.data,
        length: data.length.cast_unsigned(),
        peer: data.peer,
        callback: data.callback,
    }
}

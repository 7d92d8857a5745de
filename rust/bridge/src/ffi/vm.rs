//! A double of the Dart VM for tests: it takes what is posted to native ports as Dart does, and keeps the memory that
//! comes with it until it is collected.

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

/// A net against hanging.
pub(super) const NET: Duration = Duration::from_secs(60);

static PORTS: LazyLock<Mutex<HashMap<i64, Sender<Posted>>>> = LazyLock::new(Mutex::default);

/// What was posted to a port.
#[derive(Debug)]
pub(crate) enum Posted {
    Signal(i32),
    Batch(Batch),
}

/// Records, and the payloads that travel beside them.
#[derive(Debug)]
pub(crate) struct Batch {
    records: External,
    beside: Vec<External>,
}

/// A message of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    Text(String),
    Binary(Vec<u8>),
}

impl Batch {
    /// Reads the messages out of it, as `dart/lib/src/native/incoming.dart` does.
    pub(crate) fn messages(&self) -> Vec<Data> {
        let mut messages = Vec::new();
        let mut beside = self.beside.iter();
        let mut rest = self.records.bytes();
        while let [kind, a, b, c, d, after @ ..] = rest {
            let size = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            let (payload, after) = if kind & DETACHED == 0 {
                after.split_at(size)
            } else {
                assert_eq!(size, 0, "the payload is beside the batch");
                (
                    beside.next().expect("a payload beside the batch").bytes(),
                    after,
                )
            };
            rest = after;
            let text = || String::from_utf8(payload.to_vec()).expect("valid UTF-8");
            messages.push(match kind & !DETACHED {
                kind if kind == Kind::AsciiText as u8 => {
                    assert!(payload.is_ascii(), "what is said to be ASCII");
                    Data::Text(text())
                }
                kind if kind == Kind::Utf8Text as u8 => Data::Text(text()),
                kind if kind == Kind::Binary as u8 => Data::Binary(payload.to_vec()),
                kind => panic!("a record of kind {kind}"),
            });
        }
        assert!(rest.is_empty(), "the start of a record: {rest:?}");
        assert!(beside.next().is_none(), "a payload that no record is about");
        messages
    }
}

/// Memory of the library's that Dart sees as a `Uint8List`. Dropping it is what the garbage collector does.
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
        // SAFETY: who posted it gave it away for reading, until the callback is called.
        unsafe { slice::from_raw_parts(self.data, self.length) }
    }
}

impl Drop for External {
    fn drop(&mut self) {
        // SAFETY: it is called once, with what was posted.
        unsafe { (self.callback)(ptr::null_mut(), self.peer) };
    }
}

/// A native port. Dropping it closes it, as an isolate that ends does with all of its ports.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) id: i64,
    posted: Receiver<Posted>,
}

impl Port {
    pub(crate) fn open() -> Self {
        static INSTALL: Once = Once::new();
        static NEXT: AtomicI64 = AtomicI64::new(1);
        // SAFETY: once, and the function is as the VM's own.
        INSTALL.call_once(|| unsafe { store_dart_post_cobject(post) });
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let (sender, posted) = mpsc::channel();
        PORTS.lock().insert(id, sender);
        Self { id, posted }
    }

    /// The next thing that was posted.
    pub(crate) fn next(&self) -> Posted {
        let posted = self.posted.recv_timeout(NET);
        posted.expect("something is posted before the net catches it")
    }

    /// The next thing, if it is there.
    pub(crate) fn try_next(&self) -> Option<Posted> {
        self.posted.try_recv().ok()
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let sender = PORTS.lock().remove(&self.id);
        // What was posted and not read is garbage. Not under the lock, since it is collected now.
        drop(sender);
    }
}

/// The double of `Dart_PostCObject`. It copies what is the caller's, and owns memory that is external if it takes the
/// message; if it does not, that memory remains the caller's.
pub(super) unsafe extern "C" fn post(port: i64, message: *mut DartCObject) -> bool {
    let Some(sender) = PORTS.lock().get(&port).cloned() else {
        return false;
    };
    // SAFETY: the caller's message, which it does not touch before this call returns.
    let message = unsafe { &*message };
    let posted = match message.ty {
        // SAFETY: the type says which field it is.
        DartCObjectType::DartInt32 => Posted::Signal(unsafe { message.value.as_int32 }),
        DartCObjectType::DartExternalTypedData => Posted::Batch(Batch {
            // SAFETY: as above.
            records: unsafe { external(message) },
            beside: Vec::new(),
        }),
        DartCObjectType::DartArray => {
            // SAFETY: as above; an array is of so many pointers to objects.
            let mut items = unsafe {
                let array = message.value.as_array;
                let pointers = slice::from_raw_parts(array.values, array.length.cast_unsigned());
                pointers.iter().map(|&item| external(&*item))
            };
            Posted::Batch(Batch {
                records: items.next().expect("a batch before what is beside it"),
                beside: items.collect(),
            })
        }
        other => panic!("an object of type {other:?}"),
    };
    // A port that is closed in between drops it, as it does what was posted before.
    let _ = sender.send(posted);
    true
}

/// # Safety
/// `object` is valid, and given away.
unsafe fn external(object: &DartCObject) -> External {
    assert_eq!(object.ty, DartCObjectType::DartExternalTypedData);
    // SAFETY: the type says so.
    let data = unsafe { object.value.as_external_typed_data };
    assert_eq!(data.ty, DartTypedDataType::Uint8);
    External {
        data: data.data,
        length: data.length.cast_unsigned(),
        peer: data.peer,
        callback: data.callback,
    }
}

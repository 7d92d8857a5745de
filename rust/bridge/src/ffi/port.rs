//! The sink that posts a connection's events to its native port. Dart reads them in
//! `dart/lib/src/native/incoming.dart`. A message is, in order:
//!
//! - an integer: a `Signal`, whose details Dart gets by generated calls;
//! - a `Uint8List`: the records of a `Batch`;
//! - a list: the records of a batch, then its detached payloads, all without a copy;
//! - a list that begins with an integer: a `Note` and its details.
//!
//! Dart acknowledges each batch with one call of `rust_web_socket_grant`.

use std::{
    borrow::Cow,
    ffi::c_void,
    iter,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use allo_isolate::{
    IntoDart, Isolate,
    ffi::{
        DartCObject, DartCObjectType, DartCObjectValue, DartNativeExternalTypedData,
        DartTypedDataType,
    },
};
use bytes::Bytes;
use parking_lot::Mutex;
use rust_web_socket_core::{
    ConnectError, Ending, EventSink, Handshake, OwnerGone, Text, TracedFrame,
};

use crate::{buffer_pool, ffi::batch::Batch, handles::Outcome};

/// An event without details.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub(super) enum Signal {
    Opened = 0,
    Failed = 1,
    Closed = 2,
    Drained = 3,
    CloseWritten = 4,
}

/// An event with its details.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
enum Note {
    /// The token of a ping, and its round trip in microseconds.
    Pong = 0,
    /// Bytes received of a message, and its size, or -1 if it is unknown.
    Receiving = 1,
    /// A `Uint8List` of frames, in the format of [`PortSink::frames`].
    Frames = 2,
}

/// Posts a connection's events to its native port.
#[derive(Debug)]
pub(crate) struct PortSink {
    port: Isolate,
    outcome: Arc<Mutex<Outcome>>,
    /// Whether text is collected as binary. The core has checked that it is UTF-8.
    text_as_bytes: bool,
    batch: Batch,
    /// The size of the previous batch's records, which is reserved for the next.
    expected_size: usize,
    stage: Stage,
}

/// Which signal is posted if the sink is dropped before its last event.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Connecting,
    Open,
    Over,
}

impl PortSink {
    pub(crate) fn new(port: i64, outcome: Arc<Mutex<Outcome>>, text_as_bytes: bool) -> Self {
        Self {
            port: Isolate::new(port),
            outcome,
            text_as_bytes,
            batch: Batch::default(),
            expected_size: 0,
            stage: Stage::Connecting,
        }
    }

    /// The current batch, with reserved memory for its records.
    fn batch(&mut self) -> &mut Batch {
        if self.batch.records.capacity() == 0 {
            self.batch.records = Vec::with_capacity(self.expected_size);
        }
        &mut self.batch
    }

    fn signal(&self, signal: Signal) -> Result<(), OwnerGone> {
        self.post(signal as i32)
    }

    fn note(&self, note: Note, numbers: &[i64]) -> Result<(), OwnerGone> {
        let mut list = vec![(note as i32).into_dart()];
        list.extend(numbers.iter().map(|&number| number.into_dart()));
        self.post(list)
    }

    /// Fails if the port is closed because its isolate has ended.
    fn post(&self, message: impl IntoDart) -> Result<(), OwnerGone> {
        if self.port.post(message) {
            Ok(())
        } else {
            Err(OwnerGone)
        }
    }
}

impl EventSink for PortSink {
    fn opened(&mut self, handshake: Handshake) -> Result<(), OwnerGone> {
        self.stage = Stage::Open;
        self.outcome.lock().handshake = Some(handshake);
        self.signal(Signal::Opened)
    }

    fn failed(&mut self, error: ConnectError) {
        self.stage = Stage::Over;
        self.outcome.lock().failure = Some(error);
        // An error means that the isolate has ended.
        let _ = self.signal(Signal::Failed);
    }

    fn text(&mut self, text: Text<'_>) {
        if self.text_as_bytes {
            return self.binary(text.into_bytes());
        }
        self.batch().text(text);
    }

    fn binary(&mut self, data: Cow<'_, [u8]>) {
        self.batch().binary(data);
    }

    fn memory(&mut self, size: usize, fresh: usize) -> Vec<u8> {
        buffer_pool::take(size).unwrap_or_else(|| buffer_pool::memory(size.min(fresh)))
    }

    fn deliver(&mut self) -> Result<(), OwnerGone> {
        let Batch { records, payloads } = std::mem::take(&mut self.batch);
        self.expected_size = records.len();
        // Not pooled: garbage collection returns many at once, which would fill the pool.
        let records = ExternalBytes(records.into());
        if payloads.is_empty() {
            return self.post(records);
        }
        let payloads = payloads.into_iter().map(buffer_pool::message);
        let list = iter::once(records).chain(payloads.map(ExternalBytes));
        self.post(list.map(IntoDart::into_dart).collect::<Vec<_>>())
    }

    fn drained(&mut self) -> Result<(), OwnerGone> {
        self.signal(Signal::Drained)
    }

    fn pong(&mut self, token: u64, round_trip: Duration) -> Result<(), OwnerGone> {
        let microseconds = i64::try_from(round_trip.as_micros()).unwrap_or(i64::MAX);
        self.note(Note::Pong, &[token.cast_signed(), microseconds])
    }

    fn receiving(&mut self, received: u64, total: Option<u64>) -> Result<(), OwnerGone> {
        let total = total.map_or(-1, u64::cast_signed);
        self.note(Note::Receiving, &[received.cast_signed(), total])
    }

    /// Each frame is a byte of direction (1 if sent), the frame's first byte, and little-endian numbers: microseconds
    /// since 1970 in eight bytes, the size in eight, the length of the following payload in four.
    fn frames(&mut self, frames: Vec<TracedFrame>) -> Result<(), OwnerGone> {
        let mut bytes = Vec::new();
        for frame in frames {
            let time = frame.time.duration_since(UNIX_EPOCH).unwrap_or_default();
            let microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            // A trace has at most 16 KiB of payload.
            let length = u32::try_from(frame.payload.len()).unwrap_or(u32::MAX);
            bytes.extend([u8::from(frame.is_sent), frame.first_byte]);
            bytes.extend(microseconds.to_le_bytes());
            bytes.extend(frame.size.to_le_bytes());
            bytes.extend(length.to_le_bytes());
            bytes.extend(frame.payload);
        }
        let bytes = ExternalBytes(bytes.into());
        self.post(vec![(Note::Frames as i32).into_dart(), bytes.into_dart()])
    }

    fn close_written(&mut self) -> Result<(), OwnerGone> {
        self.signal(Signal::CloseWritten)
    }

    fn closed(&mut self, ending: Ending) {
        self.stage = Stage::Over;
        self.outcome.lock().ending = Some(ending);
        let _ = self.signal(Signal::Closed);
    }
}

impl Drop for PortSink {
    /// If the task panics, Dart gets its last event nevertheless. Without details it reports an unknown cause.
    fn drop(&mut self) {
        let _ = match self.stage {
            Stage::Connecting => self.signal(Signal::Failed),
            Stage::Open => self.signal(Signal::Closed),
            Stage::Over => Ok(()),
        };
    }
}

/// Bytes that Dart gets as a `Uint8List` without a copy. They are freed when Dart collects it.
pub(super) struct ExternalBytes(pub(super) Bytes);

impl IntoDart for ExternalBytes {
    fn into_dart(self) -> DartCObject {
        // Dart's lengths are signed; no allocation is larger than isize::MAX.
        let length = self.0.len().cast_signed();
        let data = self.0.as_ptr().cast_mut();
        let peer = Box::into_raw(Box::new(self.0)).cast();
        DartCObject {
            ty: DartCObjectType::DartExternalTypedData,
            value: DartCObjectValue {
                as_external_typed_data: DartNativeExternalTypedData {
                    ty: DartTypedDataType::Uint8,
                    length,
                    data,
                    peer,
                    callback: drop_external_bytes,
                },
            },
        }
    }
}

/// Called by the garbage collector, or by allo-isolate if a message could not be posted.
unsafe extern "C" fn drop_external_bytes(_isolate_callback_data: *mut c_void, peer: *mut c_void) {
    // SAFETY: `peer` comes from `Box::into_raw` in `ExternalBytes::into_dart`, and a message's finalizer is called
    // once.
    drop(unsafe { Box::from_raw(peer.cast::<Bytes>()) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::vm::Port;

    #[test]
    #[cfg_attr(miri, ignore = "allo-isolate keeps a function pointer in an integer")]
    fn a_batch_for_a_closed_port_reports_that_its_owner_is_gone() {
        // The VM exists, the port does not.
        let closed = Port::open().id;
        let mut sink = PortSink::new(closed, Arc::default(), false);
        sink.binary(Cow::Owned(vec![0; 100_000]));
        sink.text("a".into());
        assert_eq!(sink.deliver(), Err(OwnerGone));
        assert!(sink.batch.records.is_empty() && sink.batch.payloads.is_empty());
    }

    #[test]
    #[cfg_attr(miri, ignore = "allo-isolate keeps a function pointer in an integer")]
    fn text_as_bytes_is_collected_as_binary_without_a_copy() {
        let large = "你好🎉".repeat(2000);
        let address = large.as_ptr();
        let mut sink = PortSink::new(Port::open().id, Arc::default(), true);
        for text in ["Hello", "", "ü"] {
            sink.text(text.into());
        }
        sink.text(large.into());
        let mut expected = Batch::default();
        for text in ["Hello", "", "ü"] {
            expected.binary(Cow::Borrowed(text.as_bytes()));
        }
        expected.binary(Cow::Owned(Vec::new()));
        assert_eq!(sink.batch.records, expected.records);
        assert_eq!(sink.batch.payloads.len(), 1);
        assert_eq!(sink.batch.payloads[0].as_ptr(), address);
    }
}

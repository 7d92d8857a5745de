//! Tests of the C functions as Dart calls them, with a real server. `cargo xtask sanitize` runs them with the address
//! sanitizer, and those without a network with Miri.

use std::{
    borrow::Cow,
    ffi::c_void,
    sync::{Arc, LazyLock},
    thread,
};

use allo_isolate::{IntoDart, ffi::DartCObject};
use bytes::Bytes;
use fastrand::Rng;
use rust_web_socket_core::{EventSink, OwnerGone};
use test_server::EchoServer;

use super::{
    batch::{DETACHED, Kind},
    outgoing::{
        SendStatus, rust_web_socket_buffer_free, rust_web_socket_buffer_new,
        rust_web_socket_buffered_amount, rust_web_socket_finalize, rust_web_socket_finalizer_token,
        rust_web_socket_flush, rust_web_socket_grant, rust_web_socket_handle_new,
        rust_web_socket_scratch_free, rust_web_socket_scratch_new, rust_web_socket_send_buffer,
        rust_web_socket_send_pack,
    },
    pack::Flags,
    port::{ExternalBytes, PortSink, Signal},
    scratch::{SCRATCH_SIZE, Scratch},
    vm::{self, Batch, Data, Port, Posted},
};
use crate::{
    api::connection::{ConnectRequest, ProxyRequest, TlsRequest, Verifier, connect},
    handles, runtime,
};

/// The core returns payloads of at least this size owned, and they are detached.
const DETACHED_SIZE: usize = 16 * 1024;

/// The size of a record's header, in bytes.
const RECORD_HEADER_SIZE: usize = 5;

/// Sizes around every limit of the data path.
const SIZES: [usize; 12] = [
    0,
    1,
    125,
    126,
    4096,
    DETACHED_SIZE - 1,
    DETACHED_SIZE,
    SCRATCH_SIZE - RECORD_HEADER_SIZE,
    SCRATCH_SIZE - RECORD_HEADER_SIZE + 1,
    65_535,
    65_536,
    300_000,
];

static SERVER: LazyLock<EchoServer> = LazyLock::new(|| {
    let runtime = runtime::for_connection().expect("a runtime");
    runtime
        .block_on(EchoServer::start())
        .expect("a free port of the loopback")
});

/// A message as Dart packs it.
fn packed(flags: u8, payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len()).expect("it fits the scratch buffer");
    [&[flags][..], &size.to_le_bytes(), payload].concat()
}

/// Adds the packed `message` to `scratch`, which must have room for it.
///
/// # Safety
/// No other thread uses `scratch` meanwhile.
unsafe fn pack(scratch: *mut Scratch, handle: i64, message: &[u8]) {
    // SAFETY: by this function's contract.
    let scratch = unsafe { &mut *scratch };
    let start = usize::try_from(scratch.size).expect("a size");
    let end = start + message.len();
    scratch.records[start..end].copy_from_slice(message);
    scratch.handle = handle;
    scratch.size = i64::try_from(end).expect("a size");
}

/// An isolate with one connection, in any state.
struct Isolate {
    port: Port,
    handle: i64,
    /// What Dart's finalizer holds.
    token: *mut c_void,
    scratch: *mut Scratch,
    sent: Vec<Data>,
    received: Vec<Data>,
    /// Batches that the garbage collector has not collected yet.
    garbage: Vec<Batch>,
    closed: bool,
}

// SAFETY: an isolate runs on one thread at a time, possibly on different ones.
unsafe impl Send for Isolate {}

impl Isolate {
    /// Starts to connect to the echo server.
    fn connect() -> Self {
        Self::connect_with(false)
    }

    fn connect_with(text_as_bytes: bool) -> Self {
        let port = Port::open();
        let handle = rust_web_socket_handle_new();
        let scratch = rust_web_socket_scratch_new();
        // SAFETY: the scratch was just created.
        let token = unsafe { rust_web_socket_finalizer_token(handle, scratch) };
        connect_on(handle, port.id, text_as_bytes);
        Self {
            port,
            handle,
            token,
            scratch,
            sent: Vec::new(),
            received: Vec::new(),
            garbage: Vec::new(),
            closed: false,
        }
    }

    /// Sends a message in the way that Dart uses for its size.
    fn send(&mut self, data: Data) -> SendStatus {
        let (flags, bytes) = match &data {
            Data::Text(text) => (Flags::TEXT, text.as_bytes()),
            Data::Binary(bytes) => (0, bytes.as_slice()),
        };
        let size = bytes.len();
        let status = if size > SCRATCH_SIZE - RECORD_HEADER_SIZE {
            let buffer = rust_web_socket_buffer_new(size);
            // SAFETY: the buffer has room for `size` bytes, and is not used after the call that takes it.
            unsafe {
                buffer.copy_from_nonoverlapping(bytes.as_ptr(), size);
                rust_web_socket_send_buffer(self.handle, flags, buffer, size)
            }
        } else {
            // SAFETY: only this isolate uses it.
            unsafe { pack(self.scratch, self.handle, &packed(flags, bytes)) };
            // SAFETY: as above, and again after the call.
            unsafe { rust_web_socket_send_pack(self.scratch) }
        };
        if status == SendStatus::Queued {
            self.sent.push(data);
        }
        status
    }

    /// Reads posted messages, at least one if `wait`.
    fn take(&mut self, wait: bool) {
        let mut next = if wait {
            Some(self.port.next())
        } else {
            self.port.try_next()
        };
        while let Some(posted) = next {
            match posted {
                Posted::Signal(signal) => {
                    assert_ne!(signal, Signal::Failed as i32, "the server is running");
                    self.closed |= signal == Signal::Closed as i32;
                }
                Posted::Batch(batch) => {
                    self.received.extend(batch.messages());
                    self.garbage.push(batch);
                    rust_web_socket_grant(self.handle);
                }
            }
            next = self.port.try_next();
        }
    }

    /// Waits for the echoes of all sent messages.
    fn take_all(&mut self) {
        rust_web_socket_flush(self.handle);
        while self.received.len() < self.sent.len() {
            self.take(true);
        }
        assert!(self.received == self.sent, "other messages were echoed");
    }

    /// Ends like an isolate: its ports close and its finalizers run. Returns the batches that are not collected yet.
    fn end(self) -> Vec<Batch> {
        drop(self.port);
        // SAFETY: both were created for this isolate and are used for the last time.
        unsafe {
            pack(self.scratch, self.handle, &packed(0, b"last message"));
            rust_web_socket_finalize(self.token);
            rust_web_socket_scratch_free(self.scratch.cast());
        }
        assert!(handles::recording(self.handle).is_none(), "it is kept");
        self.garbage
    }
}

/// Starts to connect to the echo server.
fn connect_on(handle: i64, port: i64, text_as_bytes: bool) {
    let request = ConnectRequest {
        url: SERVER.url(),
        protocols: Vec::new(),
        headers: Vec::new(),
        connect_timeout: None,
        close_timeout: None,
        deliver_while_closing: false,
        ping_interval: None,
        max_ping_interval: None,
        pong_timeout: None,
        max_message_size: None,
        max_redirects: None,
        compression: None,
        max_header_size: None,
        delay: None,
        tls: TlsRequest {
            roots: Vec::new(),
            user_roots: false,
            only_these_roots: false,
            revocation_lists: Vec::new(),
            verifier: Verifier::Automatic,
            identity: None,
            pins: Vec::new(),
            server_name: None,
            dangerously_accept_any_certificate: false,
        },
        proxy: ProxyRequest {
            url: None,
            no_proxy: Vec::new(),
            from_environment: false,
            from_system: false,
        },
        address: None,
        record: true,
        idle_timeout: None,
        tcp_keep_alive: None,
        tcp_user_timeout: None,
        max_frame_size: None,
        max_buffered_amount: None,
        receive_progress_step: None,
        text_as_bytes,
    };
    if let Err(failure) = connect(handle, request, port) {
        panic!("{}", failure.message);
    }
}

/// A message of `size` bytes: text of either kind, or binary.
fn message(rng: &mut Rng, size: usize) -> Data {
    let characters = match rng.u8(..3) {
        0 => return Data::Binary((0..size).map(|_| rng.u8(..)).collect()),
        1 => ["a", "b", "c"],
        _ => ["a", "ü", "你"],
    };
    let mut text = String::new();
    while text.len() < size {
        text.push_str(characters[rng.usize(..3)]);
    }
    Data::Text(text)
}

// Tests without a network.

#[test]
fn memory_given_to_dart_is_read_and_freed_there() {
    let port = Port::open();
    // SAFETY: a valid object, which is only dropped after the call.
    let post = |mut object: DartCObject| unsafe { vm::post(port.id, &mut object) };
    let record = |kind: Kind, payload: &[u8]| {
        let size = u32::try_from(payload.len()).expect("a short payload");
        [&[kind as u8][..], &size.to_le_bytes(), payload].concat()
    };
    let large = Bytes::from(vec![7; DETACHED_SIZE]);
    let detached = [Kind::Binary as u8 | DETACHED, 0, 0, 0, 0];
    let records = [
        record(Kind::AsciiText, b"small"),
        detached.into(),
        record(Kind::Utf16Text, &u16::from(b'\xfc').to_ne_bytes()),
    ];
    // A part of a larger buffer, like payloads that were read together.
    let part = large.slice(10..);
    assert!(post(
        ExternalBytes(record(Kind::Binary, b"alone").into()).into_dart()
    ));
    let list = vec![
        ExternalBytes(records.concat().into()).into_dart(),
        ExternalBytes(part.clone()).into_dart(),
    ];
    assert!(post(list.into_dart()));
    let mut received = Vec::new();
    let mut kept = Vec::new();
    while let Some(Posted::Batch(batch)) = port.try_next() {
        received.extend(batch.messages());
        kept.push(batch);
    }
    let text = |text: &str| Data::Text(text.into());
    assert_eq!(
        received,
        [
            Data::Binary(b"alone".into()),
            text("small"),
            Data::Binary(part.to_vec()),
            text("ü")
        ]
    );
    drop(large);
    kept.reverse();
    drop(kept);
    drop(port);
}

#[test]
#[cfg_attr(miri, ignore = "allo-isolate keeps a function pointer in an integer")]
fn what_a_sink_posts_is_what_dart_reads() {
    let mut rng = Rng::with_seed(1);
    let port = Port::open();
    let mut sink = PortSink::new(port.id, Arc::default(), false);
    let mut sent = Vec::new();
    for size in [
        0,
        1,
        300,
        DETACHED_SIZE - 1,
        DETACHED_SIZE,
        2 * DETACHED_SIZE,
    ] {
        let data = message(&mut rng, size);
        match data.clone() {
            Data::Text(text) if size < DETACHED_SIZE => sink.text(text.as_str().into()),
            Data::Text(text) => sink.text(text.into()),
            Data::Binary(bytes) if size < DETACHED_SIZE => sink.binary(Cow::Borrowed(&bytes)),
            Data::Binary(bytes) => sink.binary(bytes.into()),
        }
        sent.push(data);
        if rng.bool() {
            assert_eq!(sink.deliver(), Ok(()));
        }
    }
    sink.binary(Cow::Borrowed(&[]));
    sent.push(Data::Binary(Vec::new()));
    assert_eq!(sink.deliver(), Ok(()));
    let mut received = Vec::new();
    let mut kept = Vec::new();
    while let Some(Posted::Batch(batch)) = port.try_next() {
        received.extend(batch.messages());
        kept.push(batch);
    }
    assert!(received == sent);
    // Dart keeps the posted memory.
    drop(sink);
    drop(port);
    let kept: Vec<_> = kept.iter().flat_map(Batch::messages).collect();
    assert!(kept == sent);
}

#[test]
#[cfg_attr(miri, ignore = "allo-isolate keeps a function pointer in an integer")]
fn a_closed_port_frees_what_it_did_not_accept() {
    for closes_first in [false, true] {
        let mut port = Some(Port::open());
        let id = port.as_ref().map_or(0, |port| port.id);
        let mut sink = PortSink::new(id, Arc::default(), false);
        sink.text("small".into());
        sink.binary(vec![7; 2 * DETACHED_SIZE].into());
        if closes_first {
            port = None;
        }
        let expected = if closes_first { Err(OwnerGone) } else { Ok(()) };
        assert_eq!(sink.deliver(), expected);
        // Accepted and unread messages are freed here. Refused ones were freed before.
        drop(port);
    }
}

#[test]
#[cfg_attr(miri, ignore = "allo-isolate keeps a function pointer in an integer")]
fn a_sink_that_is_dropped_early_posts_its_last_signal() {
    let port = Port::open();
    drop(PortSink::new(port.id, Arc::default(), false));
    assert!(matches!(port.next(), Posted::Signal(signal) if signal == Signal::Failed as i32));
    assert!(port.try_next().is_none());
}

// Tests with a server.

#[test]
#[cfg_attr(miri, ignore = "it needs a network")]
fn messages_of_every_size_are_echoed_unchanged() {
    let mut rng = Rng::with_seed(2);
    let mut isolate = Isolate::connect();
    for size in SIZES {
        for _ in 0..3 {
            let data = message(&mut rng, size);
            assert_eq!(isolate.send(data), SendStatus::Queued);
        }
    }
    isolate.take_all();
    assert_eq!(rust_web_socket_buffered_amount(isolate.handle), 0);
    isolate.end();
}

#[test]
#[cfg_attr(miri, ignore = "it needs a network")]
fn text_as_bytes_of_every_size_is_echoed_as_binary() {
    let mut rng = Rng::with_seed(4);
    let mut isolate = Isolate::connect_with(true);
    for size in SIZES {
        for _ in 0..3 {
            let data = message(&mut rng, size);
            assert_eq!(isolate.send(data), SendStatus::Queued);
        }
    }
    for data in &mut isolate.sent {
        if let Data::Text(text) = data {
            *data = Data::Binary(std::mem::take(text).into_bytes());
        }
    }
    isolate.take_all();
    isolate.end();
}

#[test]
#[cfg_attr(miri, ignore = "it needs a network")]
fn memory_kept_by_dart_outlives_the_connection() {
    let mut rng = Rng::with_seed(3);
    let mut isolate = Isolate::connect();
    for size in SIZES {
        isolate.send(message(&mut rng, size));
    }
    isolate.take_all();
    let sent = std::mem::take(&mut isolate.sent);
    let handle = isolate.handle;
    let kept = isolate.end();
    assert!(handles::get(handle).is_none());
    let kept: Vec<_> = kept.iter().flat_map(Batch::messages).collect();
    assert!(kept == sent);
}

#[test]
#[cfg_attr(miri, ignore = "it needs a network")]
fn an_isolate_may_end_while_many_messages_arrive() {
    for batches in 0..10 {
        let mut isolate = Isolate::connect();
        isolate.send(Data::Text("/flood 300 20000 binary".into()));
        rust_web_socket_flush(isolate.handle);
        while isolate.garbage.len() < batches {
            isolate.take(true);
        }
        isolate.end();
    }
}

#[test]
#[cfg_attr(miri, ignore = "it needs a network")]
fn an_isolate_that_is_killed_while_it_connects_leaves_no_connection() {
    for is_finalized_first in [false, true] {
        let port = Port::open().id;
        let handle = rust_web_socket_handle_new();
        let scratch = rust_web_socket_scratch_new();
        // SAFETY: the scratch was just created.
        let token = unsafe { rust_web_socket_finalizer_token(handle, scratch) };
        assert!(handles::get(handle).is_none());
        // SAFETY: each is freed once.
        let finalize = || unsafe {
            rust_web_socket_scratch_free(scratch.cast());
            rust_web_socket_finalize(token);
        };
        if is_finalized_first {
            finalize();
        }
        connect_on(handle, port, false);
        if !is_finalized_first {
            finalize();
        }
        assert!(handles::get(handle).is_none());
    }
}

#[test]
#[cfg_attr(miri, ignore = "it needs a network")]
fn a_token_may_be_finalized_while_others_use_the_handle() {
    for seed in 0..20 {
        let isolate = Isolate::connect();
        let handle = isolate.handle;
        thread::scope(|scope| {
            for thread in 0..3 {
                scope.spawn(move || {
                    let scratch = rust_web_socket_scratch_new();
                    let mut rng = Rng::with_seed(seed * 10 + thread);
                    for _ in 0..300 {
                        match rng.u8(..4) {
                            0 => rust_web_socket_flush(handle),
                            1 => rust_web_socket_grant(handle),
                            2 => assert!(rust_web_socket_buffered_amount(handle) >= 0),
                            _ => {
                                let text = vec![b'x'; rng.usize(..40_000)];
                                let message = packed(Flags::TEXT, &text);
                                // SAFETY: only this thread uses it.
                                unsafe { pack(scratch, handle, &message) };
                                // SAFETY: as above.
                                let status = unsafe { rust_web_socket_send_pack(scratch) };
                                assert!(matches!(
                                    status,
                                    SendStatus::Queued | SendStatus::Closing | SendStatus::Ended
                                ));
                            }
                        }
                    }
                    // SAFETY: it is not used again.
                    unsafe { rust_web_socket_scratch_free(scratch.cast()) };
                });
            }
            scope.spawn(move || {
                thread::yield_now();
                isolate.end();
            });
        });
        assert!(handles::get(handle).is_none());
    }
}

/// An isolate that does random operations.
fn random_isolate(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let mut isolate = Isolate::connect();
    for _ in 0..rng.usize(..200) {
        match rng.u8(..12) {
            0..5 => {
                let size = match rng.u8(..4) {
                    0 => SIZES[rng.usize(..SIZES.len())],
                    _ => rng.usize(..1000),
                };
                let expected = if isolate.closed {
                    SendStatus::Ended
                } else {
                    SendStatus::Queued
                };
                let status = isolate.send(message(&mut rng, size));
                // The connection may have ended meanwhile.
                assert!(status == expected || status == SendStatus::Ended);
            }
            5..8 => rust_web_socket_flush(isolate.handle),
            8..10 => isolate.take(false),
            10 => {
                // The garbage collector runs at any time and collects in any order.
                rng.shuffle(&mut isolate.garbage);
                let kept = rng.usize(..=isolate.garbage.len());
                isolate.garbage.truncate(kept);
            }
            _ => {
                let buffer = rust_web_socket_buffer_new(1000);
                // SAFETY: it was created with this size, and is not used again.
                unsafe { rust_web_socket_buffer_free(buffer, 1000) };
            }
        }
    }
    if rng.bool() {
        isolate.take_all();
    }
    drop(isolate.end());
}

#[test]
#[cfg_attr(miri, ignore = "it needs a network")]
fn random_isolates_receive_what_they_sent() {
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || (0..25).for_each(|seed| random_isolate(thread * 1000 + seed)));
        }
    });
}

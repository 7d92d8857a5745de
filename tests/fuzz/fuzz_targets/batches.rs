//! Every batch of messages is decoded unchanged. `tests/dart/batches_test.dart` decodes the same batches in Dart.

#![no_main]

use fuzz::batches::{Received, decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|received: Vec<Received>| {
    let messages = received.iter().map(|received| &received.message);
    assert!(decode(&encode(&received)).iter().eq(messages));
});

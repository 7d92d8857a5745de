//! Batches encoded by the bridge's code, and a decoder independent of Dart's.

use std::borrow::Cow;

use arbitrary::Arbitrary;

use crate::message::Message;
use batch::Batch;

/// Included as source, since a Rust program can't link the bridge.
#[path = "../../../rust/bridge/src/ffi/batch.rs"]
mod batch;

/// A message, and whether the core would own its payload.
#[derive(Arbitrary, Clone, Debug)]
#[expect(missing_docs, reason = "documented on the type")]
pub struct Received {
    pub is_owned: bool,
    pub message: Message,
}

/// The posted message: records and detached payloads.
#[derive(Debug)]
#[expect(missing_docs, reason = "documented on the type")]
pub struct Posted {
    pub records: Vec<u8>,
    pub payloads: Vec<Vec<u8>>,
}

/// Encodes a batch as the bridge does.
pub fn encode(received: &[Received]) -> Posted {
    let mut batch = Batch::default();
    for Received { is_owned, message } in received {
        match message {
            Message::Text(text) if *is_owned => batch.text(text.clone().into()),
            Message::Text(text) => batch.text(text.as_str().into()),
            Message::Binary(data) if *is_owned => batch.binary(Cow::Owned(data.clone())),
            Message::Binary(data) => batch.binary(Cow::Borrowed(data)),
        }
    }
    Posted {
        records: batch.records,
        payloads: batch.payloads,
    }
}

/// Decodes a batch. Panics if it is invalid.
pub fn decode(posted: &Posted) -> Vec<Message> {
    let mut payloads = posted.payloads.iter();
    let mut messages = Vec::new();
    let mut rest = posted.records.as_slice();
    while let Some((&kind, record)) = rest.split_first() {
        if kind == 3 {
            assert_eq!(record.first(), Some(&1), "padding is before UTF-16 only");
            rest = record;
            continue;
        }
        let start = posted.records.len() - record.len() + 4;
        let (size, record) = record.split_first_chunk().expect("a length");
        let size = u32::from_le_bytes(*size) as usize;
        let (packed, next) = record.split_at(size);
        rest = next;
        let payload = if kind & 0x80 == 0 {
            packed
        } else {
            assert_eq!(size, 0, "the length of a detached payload");
            payloads.next().expect("a detached payload")
        };
        let text = || String::from_utf8(payload.to_vec()).expect("UTF-8");
        messages.push(match kind & 0x7f {
            0 => {
                assert!(payload.is_ascii(), "ASCII");
                Message::Text(text())
            }
            1 => {
                assert!(kind & 0x80 != 0 || start.is_multiple_of(2), "aligned");
                let (units, rest) = payload.as_chunks();
                assert!(rest.is_empty(), "whole code units");
                let units: Vec<_> = units.iter().map(|unit| u16::from_ne_bytes(*unit)).collect();
                assert!(units.iter().any(|&unit| unit > 0x7f), "more than ASCII");
                Message::Text(String::from_utf16(&units).expect("UTF-16"))
            }
            2 => Message::Binary(payload.to_vec()),
            _ => panic!("a record of kind {kind}"),
        });
    }
    assert!(payloads.next().is_none(), "a payload without a record");
    messages
}

//! The wire format of received messages: the [`port`](super::port) posts it, and Dart reads it in
//! `dart/lib/src/native/incoming.dart`.

use std::borrow::Cow;

use rust_web_socket_core::Text;

/// The type of a record.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    /// Text of ASCII characters only: Dart creates its one-byte string without decoding.
    AsciiText = 0,
    /// Text in UTF-8, already validated.
    Utf8Text = 1,
    Binary = 2,
}

/// Added to a [`Kind`] if the payload is not in the record but is the next detached one. The length is then 0.
pub(super) const DETACHED: u8 = 0x80;

/// Received messages for Dart.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// One record per message: a byte of [`Kind`], four bytes of length (little-endian) and that many bytes of payload.
    pub(crate) records: Vec<u8>,
    /// The detached payloads.
    pub(crate) payloads: Vec<Vec<u8>>,
}

impl Batch {
    /// Adds a text message.
    pub(crate) fn text(&mut self, text: Text<'_>) {
        let kind = if text.is_ascii() {
            Kind::AsciiText
        } else {
            Kind::Utf8Text
        };
        self.add(kind, text.into_bytes());
    }

    /// Adds a binary message.
    pub(crate) fn binary(&mut self, data: Cow<'_, [u8]>) {
        self.add(Kind::Binary, data);
    }

    /// An owned payload is detached, without a copy. A borrowed payload is small, and copying it is cheaper than a
    /// finalizer of its own.
    fn add(&mut self, kind: Kind, payload: Cow<'_, [u8]>) {
        match payload {
            Cow::Borrowed(payload) if let Ok(size) = u32::try_from(payload.len()) => {
                self.records.push(kind as u8);
                self.records.extend_from_slice(&size.to_le_bytes());
                self.records.extend_from_slice(payload);
            }
            payload => {
                self.records.push(kind as u8 | DETACHED);
                self.records.extend_from_slice(&0_u32.to_le_bytes());
                self.payloads.push(payload.into_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len()).expect("a short payload");
        [&[kind][..], &size.to_le_bytes(), payload].concat()
    }

    #[test]
    fn small_messages_are_packed_in_order() {
        let mut batch = Batch::default();
        batch.text("Hello".into());
        batch.text("你好".into());
        batch.binary(Cow::Borrowed(&[1, 255]));
        batch.text("".into());
        let expected = [
            record(0, b"Hello"),
            record(1, "你好".as_bytes()),
            record(2, &[1, 255]),
            record(0, b""),
        ];
        assert_eq!(batch.records, expected.concat());
        assert!(batch.payloads.is_empty());
    }

    #[test]
    fn a_large_payload_is_detached_without_a_copy() {
        let mut batch = Batch::default();
        let large = vec![0xc3; 100_000];
        let address = large.as_ptr();
        batch.text("a".into());
        batch.binary(Cow::Owned(large));
        batch.text("b".into());
        let expected = [record(0, b"a"), record(2 | DETACHED, b""), record(0, b"b")];
        assert_eq!(batch.records, expected.concat());
        assert_eq!(batch.payloads.len(), 1);
        assert_eq!(batch.payloads[0].as_ptr(), address);
    }
}

//! The wire format of received messages: `port.rs` posts it, and Dart reads it in
//! `dart/lib/src/native/incoming.dart`.

use std::borrow::Cow;

use rust_web_socket_core::Text;

use crate::buffer_pool;

/// The type of a record.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    /// Text of ASCII characters only: Dart copies it into a one-byte string.
    AsciiText = 0,
    /// Text in UTF-16 of this machine's byte order, whose code units Dart copies into a string. Decoding UTF-8 there
    /// would take several times as long, on the isolate.
    Utf16Text = 1,
    Binary = 2,
    /// A byte without a length and a payload, so that the code units of the next record have an even position.
    Padding = 3,
}

/// Added to a [`Kind`] if the payload is not in the record but is the next detached one. The length is then 0.
pub(super) const DETACHED: u8 = 0x80;

/// The size of a record without its payload.
const HEADER_SIZE: usize = 5;

/// Received messages for Dart.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// One record per message: a byte of [`Kind`], four bytes of length (little-endian) and that many bytes of payload.
    /// A text in UTF-16 may have [`Kind::Padding`] before it.
    pub(crate) records: Vec<u8>,
    /// The detached payloads.
    pub(crate) payloads: Vec<Vec<u8>>,
}

impl Batch {
    /// Adds a text message.
    pub(crate) fn text(&mut self, text: Text<'_>) {
        if text.is_ascii() {
            return self.add(Kind::AsciiText, text.into_bytes());
        }
        if text.is_owned() {
            let mut units = buffer_pool::memory(text.utf16_size());
            text.write_utf16(&mut units);
            buffer_pool::put_back(text.into_bytes().into_owned());
            return self.add(Kind::Utf16Text, Cow::Owned(units));
        }
        if !(self.records.len() + HEADER_SIZE).is_multiple_of(2) {
            self.records.push(Kind::Padding as u8);
        }
        self.records.push(Kind::Utf16Text as u8);
        // Its size is known afterwards. Counting would take as long as converting.
        let place = self.records.len();
        self.records.extend_from_slice(&[0; 4]);
        let start = self.records.len();
        text.write_utf16(&mut self.records);
        // A borrowed text is small.
        let size = u32::try_from(self.records.len() - start).unwrap_or(u32::MAX);
        if let Some(place) = self.records.get_mut(place..start) {
            place.copy_from_slice(&size.to_le_bytes());
        }
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

    fn units(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_ne_bytes).collect()
    }

    #[test]
    fn small_messages_are_packed_in_order() {
        let mut batch = Batch::default();
        batch.text("Hello".into());
        batch.text("你好".into());
        batch.binary(Cow::Borrowed(&[1, 255]));
        batch.text("".into());
        batch.text("é".into());
        let expected = [
            record(0, b"Hello"),
            vec![3],
            record(1, &units("你好")),
            record(2, &[1, 255]),
            record(0, b""),
            vec![3],
            record(1, &units("é")),
        ];
        assert_eq!(batch.records, expected.concat());
        assert!(batch.payloads.is_empty());
    }

    #[test]
    fn the_code_units_of_every_text_have_an_even_position() {
        let mut batch = Batch::default();
        for size in 0..10 {
            batch.binary(Cow::Borrowed(&[0; 10][..size]));
            batch.text("你".into());
            // Its two bytes of payload are the last.
            assert_eq!(batch.records.len() % 2, 0);
        }
    }

    #[test]
    fn a_large_text_is_detached_as_code_units() {
        let large = "你好".repeat(10_000);
        let mut batch = Batch::default();
        batch.text(large.clone().into());
        assert_eq!(batch.records, record(1 | DETACHED, b""));
        assert_eq!(batch.payloads, [units(&large)]);
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

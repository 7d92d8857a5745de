//! The wire format of sent messages: Dart packs them into its scratch, and this module unpacks them for the core.
//! [`outgoing`](super::outgoing) calls it.

use bytes::{Buf, Bytes};
use rust_web_socket_core::{Compress, Message, MessageBatch};

/// The size of a record's header, in bytes: flags and four bytes of length.
const HEADER_SIZE: usize = 5;

/// Small messages in one piece of memory. Each is a record: a byte of [`Flags`], four bytes of length (little-endian)
/// and that many bytes of payload.
#[derive(Debug, Default)]
pub(super) struct Pack {
    /// The remaining records.
    records: Bytes,
    /// Bytes of payload of the remaining records.
    size: usize,
}

/// Whether a message is text and whether it is compressed: a sum of the constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flags(pub(super) u8);

/// A record is incomplete, or text is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MalformedPack;

impl Flags {
    /// Text. Otherwise binary.
    pub(super) const TEXT: u8 = 1;
    /// [`Compress::Always`].
    pub(super) const COMPRESS: u8 = 2;
    /// [`Compress::Never`].
    pub(super) const UNCOMPRESSED: u8 = 4;

    /// Whether it is text.
    pub(super) fn is_text(self) -> bool {
        self.0 & Self::TEXT != 0
    }

    /// Whether it is to be compressed.
    pub(super) fn compress(self) -> Compress {
        if self.0 & Self::UNCOMPRESSED != 0 {
            Compress::Never
        } else if self.0 & Self::COMPRESS != 0 {
            Compress::Always
        } else {
            Compress::Auto
        }
    }
}

impl Pack {
    /// Validates `records`.
    pub(super) fn new(records: Bytes) -> Result<Self, MalformedPack> {
        let mut rest = &records[..];
        let mut size = 0;
        while !rest.is_empty() {
            let (flags, end) = parse_header(rest).ok_or(MalformedPack)?;
            let payload = rest.get(HEADER_SIZE..end).ok_or(MalformedPack)?;
            if flags.is_text() && std::str::from_utf8(payload).is_err() {
                return Err(MalformedPack);
            }
            size += payload.len();
            rest = rest.get(end..).unwrap_or_default();
        }
        Ok(Self { records, size })
    }
}

impl MessageBatch for Pack {
    fn next(&mut self) -> Option<Message> {
        let (flags, end) = parse_header(&self.records)?;
        // After the last message `records` no longer references the memory.
        let mut payload = self.records.split_to(end);
        payload.advance(HEADER_SIZE);
        self.size -= payload.len();
        Some(Message {
            is_text: flags.is_text(),
            payload,
            compress: flags.compress(),
        })
    }

    fn size(&self) -> usize {
        self.size
    }
}

/// Parses the header of the first record. Returns its flags and the position of its end.
fn parse_header(records: &[u8]) -> Option<(Flags, usize)> {
    let (&[flags, a, b, c, d], _) = records.split_first_chunk()?;
    let size = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
    Some((Flags(flags), size.checked_add(HEADER_SIZE)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(flags: u8, payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len()).expect("a short payload");
        [&[flags][..], &size.to_le_bytes(), payload].concat()
    }

    fn take(pack: &mut Pack) -> (bool, Bytes, Compress) {
        let message = pack.next().expect("a message");
        (message.is_text, message.payload, message.compress)
    }

    #[test]
    fn messages_are_unpacked_unchanged_and_in_order() {
        let records = [
            record(Flags::TEXT, "grün".as_bytes()),
            record(Flags::COMPRESS, &[0, 255]),
            record(Flags::TEXT | Flags::UNCOMPRESSED, b""),
        ];
        let mut pack = Pack::new(records.concat().into()).expect("well-formed");
        assert_eq!(pack.size(), 7);
        assert_eq!(take(&mut pack), (true, "grün".into(), Compress::Auto));
        assert_eq!(pack.size(), 2);
        let bytes = Bytes::from_static(&[0, 255]);
        assert_eq!(take(&mut pack), (false, bytes, Compress::Always));
        assert_eq!(take(&mut pack), (true, Bytes::new(), Compress::Never));
        assert_eq!(pack.size(), 0);
        assert!(pack.next().is_none());
    }

    #[test]
    fn an_empty_pack_keeps_no_memory() {
        let mut pack = Pack::new(record(0, &[7; 1000]).into()).expect("well-formed");
        let (_, payload, _) = take(&mut pack);
        assert!(payload.is_unique());
    }

    #[test]
    fn an_incomplete_record_is_refused() {
        let whole = record(0, b"payload");
        for size in 1..whole.len() {
            let records = Bytes::copy_from_slice(&whole[..size]);
            assert_eq!(Pack::new(records).err(), Some(MalformedPack), "{size}");
        }
        let endless = [0, 255, 255, 255, 255, 1, 2, 3];
        assert!(Pack::new(Bytes::copy_from_slice(&endless)).is_err());
    }

    #[test]
    fn text_that_is_not_utf8_is_refused() {
        assert!(Pack::new(record(Flags::TEXT, &[0xff]).into()).is_err());
        assert!(Pack::new(record(0, &[0xff]).into()).is_ok());
    }
}

//! The wire format of sent messages: Dart packs them into its scratch, and this module unpacks them for the core.
//! [`outgoing`](super::outgoing) calls it.

use bytes::{Buf, Bytes};
use rust_web_socket_core::{Compress, Message, MessageBatch};

use super::utf16;

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

/// A record is incomplete, text is not UTF-8, or UTF-16 ends within a code unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MalformedPack;

impl Flags {
    /// Text. Otherwise binary.
    pub(super) const TEXT: u8 = 1;
    /// [`Compress::Always`].
    pub(super) const COMPRESS: u8 = 2;
    /// [`Compress::Never`].
    pub(super) const UNCOMPRESSED: u8 = 4;
    /// Text whose payload is UTF-16, little-endian.
    pub(super) const UTF16: u8 = 8;

    /// Whether it is text.
    pub(super) fn is_text(self) -> bool {
        self.0 & Self::TEXT != 0
    }

    /// Whether its payload is UTF-16.
    pub(super) fn is_utf16(self) -> bool {
        self.0 & Self::UTF16 != 0
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
    /// Validates `records`, and makes UTF-8 of UTF-16.
    pub(super) fn new(records: Bytes) -> Result<Self, MalformedPack> {
        let mut rest = &records[..];
        let mut size = 0;
        while !rest.is_empty() {
            let (flags, payload, after) = split_record(rest).ok_or(MalformedPack)?;
            if flags.is_utf16() {
                return Self::converted(&records);
            }
            check_text(flags, payload)?;
            size += payload.len();
            rest = after;
        }
        Ok(Self { records, size })
    }

    /// The same if there is UTF-16.
    fn converted(records: &[u8]) -> Result<Self, MalformedPack> {
        // A code unit of two bytes has up to three in UTF-8.
        let mut converted = Vec::with_capacity(records.len() + records.len() / 2);
        let mut total = 0;
        let mut rest = records;
        while !rest.is_empty() {
            let (flags, payload, after) = split_record(rest).ok_or(MalformedPack)?;
            let start = converted.len();
            converted.extend_from_slice(&[0; HEADER_SIZE]);
            if flags.is_utf16() {
                utf16::append(payload, &mut converted)?;
            } else {
                check_text(flags, payload)?;
                converted.extend_from_slice(payload);
            }
            let size = converted.len() - start - HEADER_SIZE;
            let length = u32::try_from(size).map_err(|_| MalformedPack)?;
            converted[start] = flags.0 & !Flags::UTF16;
            converted[start + 1..start + HEADER_SIZE].copy_from_slice(&length.to_le_bytes());
            total += size;
            rest = after;
        }
        Ok(Self {
            records: converted.into(),
            size: total,
        })
    }
}

fn check_text(flags: Flags, payload: &[u8]) -> Result<(), MalformedPack> {
    match flags.is_text() && std::str::from_utf8(payload).is_err() {
        true => Err(MalformedPack),
        false => Ok(()),
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

/// Splits the first record into its flags and payload, and what follows it.
fn split_record(records: &[u8]) -> Option<(Flags, &[u8], &[u8])> {
    let (flags, end) = parse_header(records)?;
    let (record, rest) = records.split_at_checked(end)?;
    Some((flags, record.get(HEADER_SIZE..)?, rest))
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
    fn utf16_becomes_utf8_between_other_messages() {
        let text = "中文 😀";
        let units: Vec<_> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let records = [
            record(Flags::TEXT, b"first"),
            record(Flags::TEXT | Flags::UTF16 | Flags::COMPRESS, &units),
            record(0, &[0, 255]),
            record(Flags::TEXT | Flags::UTF16, b""),
        ];
        let mut pack = Pack::new(records.concat().into()).expect("well-formed");
        assert_eq!(pack.size(), 5 + text.len() + 2);
        assert_eq!(take(&mut pack), (true, "first".into(), Compress::Auto));
        assert_eq!(take(&mut pack), (true, text.into(), Compress::Always));
        let bytes = Bytes::from_static(&[0, 255]);
        assert_eq!(take(&mut pack), (false, bytes, Compress::Auto));
        assert_eq!(take(&mut pack), (true, Bytes::new(), Compress::Auto));
        assert!(pack.next().is_none());
    }

    #[test]
    fn half_a_code_unit_is_refused() {
        let records = record(Flags::TEXT | Flags::UTF16, b"abc");
        assert_eq!(Pack::new(records.into()).err(), Some(MalformedPack));
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

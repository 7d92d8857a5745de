//! What a connection has recorded, as a test reads it.

use rust_web_socket_core::RecordedFrames;

/// A recorded frame.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) is_sent: bool,
    pub(crate) first_byte: u8,
    pub(crate) number: u64,
    pub(crate) size: u64,
    pub(crate) message_size: Option<u64>,
    pub(crate) payload: Vec<u8>,
}

/// The frames, in the format of [`RecordedFrames::records`].
pub(crate) fn records(frames: &RecordedFrames) -> Vec<Record> {
    let mut rest = &frames.records[..];
    let mut records = Vec::new();
    while let Some((record, behind)) = rest.split_at_checked(38) {
        let number = |start: usize| {
            u64::from_le_bytes(record[start..start + 8].try_into().expect("eight bytes"))
        };
        let length = u32::from_le_bytes(record[34..].try_into().expect("four bytes"));
        let (payload, behind) = behind.split_at(length as usize);
        rest = behind;
        records.push(Record {
            is_sent: record[0] & 1 != 0,
            first_byte: record[1],
            number: number(10),
            size: number(18),
            message_size: (record[0] & 2 != 0).then(|| number(26)),
            payload: payload.to_vec(),
        });
    }
    records
}

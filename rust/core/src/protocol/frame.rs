//! The header of a server's frame, judged as soon as it is there (RFC 6455 section 5.2).

use std::io::Cursor;

use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

/// The largest payload of a control frame (RFC 6455 section 5.5).
const MAX_CONTROL_SIZE: u64 = 125;

/// A frame's header, and how many bytes it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) opcode: OpCode,
    pub(crate) is_final: bool,
    /// RSV1, which means compressed on the first frame of a message (RFC 7692 section 7.2.2).
    pub(crate) is_compressed: bool,
    pub(crate) payload_size: u64,
    pub(crate) size: usize,
}

impl Header {
    /// The header at the start of `bytes`, none if it is not all there. The error says what the peer did wrong.
    pub(crate) fn parse(bytes: &[u8], may_be_compressed: bool) -> Result<Option<Self>, String> {
        let mut cursor = Cursor::new(bytes);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|error| error.to_string())?;
        let Some((header, payload_size)) = parsed else {
            return Ok(None);
        };
        if header.mask.is_some() {
            return Err("The peer masked a frame, which a server may not".into());
        }
        let is_compressed = header.rsv1;
        let starts_message = matches!(header.opcode, OpCode::Data(Data::Text | Data::Binary));
        if header.rsv2 || header.rsv3 || is_compressed && !(may_be_compressed && starts_message) {
            return Err("The peer set a reserved bit that no extension gives a meaning".into());
        }
        if payload_size > i64::MAX.cast_unsigned() {
            return Err("The peer sent a frame whose length is negative".into());
        }
        if let OpCode::Control(_) = header.opcode {
            if !header.is_final {
                return Err("The peer fragmented a control frame".into());
            }
            if payload_size > MAX_CONTROL_SIZE {
                return Err(format!(
                    "The peer sent a control frame of {payload_size} bytes, 125 are the most"
                ));
            }
        }
        if header.opcode == OpCode::Control(Control::Close) && payload_size == 1 {
            return Err("The peer sent a Close frame with half a code".into());
        }
        Ok(Some(Self {
            opcode: header.opcode,
            is_final: header.is_final,
            is_compressed,
            payload_size,
            // At most 10: two bytes, eight of length.
            size: usize::try_from(cursor.position()).unwrap_or_default(),
        }))
    }
}

//! The header of a server's frame, checked as soon as it is complete (RFC 6455 section 5.2). The decoder calls it.

use std::io::Cursor;

use bytes::Bytes;
use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

use crate::ProtocolError;

/// The maximum payload of a control frame, in bytes (RFC 6455 section 5.5).
pub(crate) const MAX_CONTROL_SIZE: usize = 125;

/// A frame as an observer gets it: see [`Decoder::observe`](crate::Decoder::observe) and
/// [`Encoder::observe`](crate::Encoder::observe).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<P> {
    /// FIN, the reserved bits and the opcode (RFC 6455 section 5.2).
    pub first_byte: u8,
    /// The size of the payload in bytes, as on the wire.
    pub payload_size: u64,
    /// The first bytes of the payload, unmasked, at most as many as were requested.
    pub payload: P,
    /// How many frames there were in this direction, with this one. A gap between two frames means frames that were not
    /// observed.
    pub number: u64,
}

impl Frame<&[u8]> {
    /// Copies the payload.
    pub fn into_owned(self) -> Frame<Bytes> {
        Frame {
            first_byte: self.first_byte,
            payload_size: self.payload_size,
            payload: Bytes::copy_from_slice(self.payload),
            number: self.number,
        }
    }
}

/// A parsed frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) opcode: OpCode,
    pub(crate) is_final: bool,
    /// RSV1. On the first frame of a message it means that the message is compressed (RFC 7692 section 7.2.2).
    pub(crate) is_compressed: bool,
    pub(crate) payload_size: u64,
    pub(crate) size: usize,
}

impl Header {
    /// Parses the header at the start of `bytes`. Returns `None` if it is incomplete.
    pub(crate) fn parse(
        bytes: &[u8],
        may_be_compressed: bool,
    ) -> Result<Option<Self>, ProtocolError> {
        let mut cursor = Cursor::new(bytes);
        let parsed = FrameHeader::parse(&mut cursor)
            .map_err(|error| ProtocolError::Header(error.to_string()))?;
        let Some((header, payload_size)) = parsed else {
            return Ok(None);
        };
        if header.mask.is_some() {
            return Err(ProtocolError::Masked);
        }
        let is_compressed = header.rsv1;
        let starts_message = matches!(header.opcode, OpCode::Data(Data::Text | Data::Binary));
        if header.rsv2 || header.rsv3 || is_compressed && !(may_be_compressed && starts_message) {
            return Err(ProtocolError::ReservedBit);
        }
        if payload_size > i64::MAX.cast_unsigned() {
            return Err(ProtocolError::Length);
        }
        if let OpCode::Control(_) = header.opcode {
            if !header.is_final {
                return Err(ProtocolError::FragmentedControl);
            }
            if payload_size > MAX_CONTROL_SIZE as u64 {
                return Err(ProtocolError::LargeControl(payload_size));
            }
        }
        if header.opcode == OpCode::Control(Control::Close) && payload_size == 1 {
            return Err(ProtocolError::HalfCloseCode);
        }
        Ok(Some(Self {
            opcode: header.opcode,
            is_final: header.is_final,
            is_compressed,
            payload_size,
            // At most 10: two bytes and eight bytes of length.
            size: usize::try_from(cursor.position()).unwrap_or_default(),
        }))
    }
}

//! Close codes and Close frames (RFC 6455 sections 5.5.1 and 7.4). The decoder parses them, the encoder formats them,
//! and the core validates the codes that its owner passes.

use tungstenite::protocol::CloseFrame;

use crate::ProtocolError;

/// The maximum size of the reason in a Close frame, in bytes of UTF-8 (RFC 6455 section 5.5).
pub const MAX_CLOSE_REASON_SIZE: usize = 123;

/// Whether an endpoint may send this close code (RFC 6455 section 7.4 and the IANA registry of close codes).
pub fn close_code_may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Creates a Close frame. It checks neither the code nor the size of the reason.
pub fn close_frame(code: u16, reason: &str) -> CloseFrame {
    CloseFrame {
        code: code.into(),
        reason: reason.into(),
    }
}

/// Parses the payload of a Close frame. Returns `None` if the payload is empty.
///
/// # Errors
///
/// An invalid code, or a reason that is not UTF-8.
pub(crate) fn parse(payload: &[u8]) -> Result<Option<CloseFrame>, ProtocolError> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return Ok(None);
    };
    let code = u16::from_be_bytes(*code);
    if !close_code_may_be_sent(code) {
        return Err(ProtocolError::CloseCode(code));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| ProtocolError::NotUtf8)?;
    Ok(Some(close_frame(code, reason)))
}

/// Formats the payload of a Close frame. `None` is an empty payload.
pub(crate) fn format(frame: Option<CloseFrame>) -> Vec<u8> {
    frame.map_or_else(Vec::new, |frame| {
        let code = u16::from(frame.code).to_be_bytes();
        [&code, frame.reason.as_bytes()].concat()
    })
}

//! Close codes and Close frames (RFC 6455 sections 5.5.1 and 7.4).

use tungstenite::protocol::CloseFrame;

use crate::ProtocolError;

/// The longest reason that fits into a Close frame, in bytes (RFC 6455 section 5.5).
pub const MAX_CLOSE_REASON_SIZE: usize = 123;

/// Whether an endpoint may send this close code (RFC 6455 section 7.4, and the registry that it sets up).
pub fn close_code_may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// A Close frame with that code.
pub fn close_frame(code: u16, reason: &str) -> CloseFrame {
    CloseFrame {
        code: code.into(),
        reason: reason.into(),
    }
}

/// The Close frame with that payload.
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

/// The payload of that Close frame.
pub(crate) fn format(frame: Option<CloseFrame>) -> Vec<u8> {
    frame.map_or_else(Vec::new, |frame| {
        let code = u16::from(frame.code).to_be_bytes();
        [&code, frame.reason.as_bytes()].concat()
    })
}

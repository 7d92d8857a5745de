use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// The longest reason that fits into a Close frame (RFC 6455 section 5.5).
pub(crate) const MAX_REASON_SIZE: usize = 123;

/// Whether an endpoint may send this code (RFC 6455 section 7.4, and the registry that it sets up).
pub(crate) fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// A Close frame with that code.
pub(crate) fn close_frame(code: u16, reason: &str) -> CloseFrame {
    CloseFrame {
        code: code.into(),
        reason: reason.into(),
    }
}

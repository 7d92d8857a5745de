use tokio_tungstenite::tungstenite::{
    Error,
    error::{CapacityError, ProtocolError},
    protocol::{CloseFrame, frame::coding::CloseCode},
};

/// Who ended the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// This side: by a close, for a violation of the protocol by the peer, or for a pong that did not come.
    Local,
    /// The peer, by a Close frame.
    Remote,
    /// Nobody: the line was lost.
    Line,
}

/// How an open connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Close code (RFC 6455 section 7.1.5): the peer's, 1005 for a Close frame without one, 1006 for none, or
    /// the one for which this side failed the connection.
    pub code: u16,
    /// Close reason (RFC 6455 section 7.1.6), at most 123 bytes.
    pub reason: String,
    /// Who ended it.
    pub initiator: Initiator,
    /// Whether both sides sent a Close frame.
    pub clean: bool,
    /// What went wrong, for people; none after a clean end.
    pub error: Option<String>,
}

impl Ending {
    /// A Close frame was received: the answer to ours, or the peer's own.
    pub(crate) fn by_close_frame(frame: Option<CloseFrame>, initiator: Initiator) -> Self {
        let (code, reason) = match frame {
            Some(frame) => (frame.code.into(), frame.reason.to_string()),
            None => (CloseCode::Status.into(), String::new()),
        };
        Self {
            code,
            reason,
            initiator,
            clean: true,
            error: None,
        }
    }

    /// This side gives up, for a cause that has a code of its own.
    pub(crate) fn failed(code: CloseCode, error: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            reason: String::new(),
            initiator: Initiator::Local,
            clean: false,
            error: Some(error.into()),
        }
    }

    /// The line was lost: no Close frame, code 1006 (RFC 6455 section 7.1.5).
    pub(crate) fn lost(error: impl Into<String>) -> Self {
        Self {
            initiator: Initiator::Line,
            ..Self::failed(CloseCode::Abnormal, error)
        }
    }

    /// This side closed, and the peer did not send its Close frame.
    pub(crate) fn unanswered(error: impl Into<String>) -> Self {
        Self::failed(CloseCode::Abnormal, error)
    }

    /// What an error of the protocol machine means; after our own Close frame it is a close that stayed unanswered.
    pub(crate) fn by_error(error: &Error, close_sent: bool) -> Self {
        if close_sent {
            return Self::unanswered(error.to_string());
        }
        match error {
            Error::Io(error) => Self::lost(error.to_string()),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
            | Error::ConnectionClosed
            | Error::AlreadyClosed => {
                Self::lost("The peer closed the TCP connection without a Close frame")
            }
            Error::Utf8(_) => {
                Self::failed(CloseCode::Invalid, "The peer sent text that is not UTF-8")
            }
            Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => Self::failed(
                CloseCode::Size,
                format!("The peer sent a message of {size} bytes, the limit is {max_size}"),
            ),
            other => Self::failed(CloseCode::Protocol, other.to_string()),
        }
    }

    /// The Close frame to send for it, if this side failed the connection and the line may still carry one.
    pub(crate) fn close_frame(&self) -> Option<CloseFrame> {
        let failed = self.initiator == Initiator::Local
            && !self.clean
            && self.code != u16::from(CloseCode::Abnormal);
        failed.then(|| CloseFrame {
            code: self.code.into(),
            reason: self.reason.as_str().into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_frame_without_a_code_is_1005() {
        let ending = Ending::by_close_frame(None, Initiator::Remote);
        assert_eq!(
            (ending.code, ending.reason.as_str(), ending.clean),
            (1005, "", true)
        );
    }

    #[test]
    fn a_lost_line_is_1006_and_has_nothing_to_send() {
        let ending = Ending::by_error(
            &Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
            false,
        );
        assert_eq!((ending.code, ending.initiator), (1006, Initiator::Line));
        assert_eq!(ending.close_frame(), None);
    }

    #[test]
    fn a_violation_of_the_protocol_is_answered_with_1002() {
        let ending = Ending::by_error(&Error::Protocol(ProtocolError::NonZeroReservedBits), false);
        assert_eq!(
            ending.close_frame().map(|frame| frame.code.into()),
            Some(1002_u16)
        );
    }
}

//! How an open connection ended: its close code, reason, initiator and error. The driver reports it to the sink. Why a
//! connection was never open is in [`ConnectError`](crate::ConnectError).

use rust_web_socket_protocol::{CloseCode, CloseFrame, close_frame};

use crate::connection::receiver::ReceiveError;

/// Who ended the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// This side: by a close, because the peer broke the protocol, or because of a timeout.
    Local,
    /// The peer, by a Close frame.
    Remote,
    /// Neither: the TCP connection was lost.
    Neither,
}

/// How an open connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Close code (RFC 6455 section 7.1.5): the peer's, 1005 for a Close frame without a code, 1006 without a Close
    /// frame, or the code with which this side failed the connection.
    pub code: u16,
    /// Close reason (RFC 6455 section 7.1.6), at most 123 bytes of UTF-8.
    pub reason: String,
    /// Who ended the connection.
    pub initiator: Initiator,
    /// Whether both sides sent a Close frame.
    pub clean: bool,
    /// A message for people that says what went wrong. `None` after a clean end.
    pub error: Option<String>,
}

impl Ending {
    /// A Close frame was received, in response to ours or from the peer first.
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

    /// This side fails the connection with a close code.
    pub(crate) fn failed(code: CloseCode, error: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            reason: String::new(),
            initiator: Initiator::Local,
            clean: false,
            error: Some(error.into()),
        }
    }

    /// The TCP connection was lost: no Close frame, code 1006 (RFC 6455 section 7.1.5).
    pub(crate) fn lost(error: impl Into<String>) -> Self {
        Self {
            initiator: Initiator::Neither,
            ..Self::failed(CloseCode::Abnormal, error)
        }
    }

    /// This side closed, and the peer sent no Close frame.
    pub(crate) fn unanswered(error: impl Into<String>) -> Self {
        Self::failed(CloseCode::Abnormal, error)
    }

    /// The ending for an error of reading. After our own Close frame it is a close without a response.
    pub(crate) fn by_error(error: &ReceiveError, close_sent: bool) -> Self {
        if close_sent {
            return Self::unanswered(error.to_string());
        }
        match error {
            ReceiveError::Io(_) | ReceiveError::Eof => Self::lost(error.to_string()),
            ReceiveError::Protocol(violation) => {
                Self::failed(violation.close_code(), error.to_string())
            }
        }
    }

    /// The Close frame to send at the end, if any: the response to the peer's, or the reason why this side failed the
    /// connection.
    pub(crate) fn close_frame(&self) -> Option<Option<CloseFrame>> {
        match self.initiator {
            // A Close frame without a code is answered with one without a code.
            Initiator::Remote if self.code == u16::from(CloseCode::Status) => Some(None),
            Initiator::Remote => Some(Some(close_frame(self.code, &self.reason))),
            Initiator::Local if !self.clean && self.code != u16::from(CloseCode::Abnormal) => {
                Some(Some(close_frame(self.code, &self.reason)))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_web_socket_protocol::ProtocolError;

    use super::*;

    #[test]
    fn a_close_frame_without_a_code_is_1005() {
        let ending = Ending::by_close_frame(None, Initiator::Remote);
        assert_eq!(
            (ending.code, ending.reason.as_str(), ending.clean),
            (1005, "", true)
        );
    }

    /// The code of the Close frame that is sent at the end, 1005 for an empty one.
    fn last_close_code(ending: &Ending) -> Option<u16> {
        let frame = ending.close_frame()?;
        Some(frame.map_or(1005, |frame| frame.code.into()))
    }

    #[test]
    fn a_lost_tcp_connection_is_1006_and_sends_no_close_frame() {
        let ending = Ending::by_error(&ReceiveError::Eof, false);
        assert_eq!((ending.code, ending.initiator), (1006, Initiator::Neither));
        assert_eq!(last_close_code(&ending), None);
    }

    #[test]
    fn a_violation_of_the_protocol_is_answered_with_1002() {
        let ending = Ending::by_error(&ReceiveError::Protocol(ProtocolError::Masked), false);
        assert_eq!(last_close_code(&ending), Some(1002));
    }

    #[test]
    fn the_peers_close_is_answered_and_our_own_is_not_repeated() {
        let close = Some(close_frame(4000, "why"));
        let remote = Ending::by_close_frame(close.clone(), Initiator::Remote);
        assert_eq!(last_close_code(&remote), Some(4000));
        let empty = Ending::by_close_frame(None, Initiator::Remote);
        assert_eq!(last_close_code(&empty), Some(1005));
        let local = Ending::by_close_frame(close, Initiator::Local);
        assert_eq!(last_close_code(&local), None);
    }
}

//! The ways in which a server can break the protocol, and the close code for each. The decoder returns them; the caller
//! closes the connection.

use tungstenite::protocol::frame::coding::CloseCode;

/// The server broke the protocol or exceeded the maximum message size.
///
/// The caller fails the connection with [`close_code`](Self::close_code) (RFC 6455 section 7.1.7). The decoder must not
/// be used after it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// An invalid frame header, such as one with a reserved opcode (RFC 6455 section 5.2).
    #[error("The peer sent an invalid frame: {0}")]
    Header(String),
    /// The server masked a frame, which it must not do (RFC 6455 section 5.1).
    #[error("The peer masked a frame, which a server must not do")]
    Masked,
    /// A reserved bit is set that no negotiated extension uses (RFC 6455 section 5.2).
    #[error("The peer set a reserved bit that no negotiated extension uses")]
    ReservedBit,
    /// The most significant bit of a 64-bit payload length is set (RFC 6455 section 5.2).
    #[error("The peer sent a frame whose payload length has its most significant bit set")]
    Length,
    /// A control frame is fragmented (RFC 6455 section 5.5).
    #[error("The peer fragmented a control frame")]
    FragmentedControl,
    /// A control frame has a payload of this many bytes, more than 125 (RFC 6455 section 5.5).
    #[error("The peer sent a control frame of {0} bytes, the limit is 125")]
    LargeControl(u64),
    /// The payload of a Close frame has one byte, which is too short for a code (RFC 6455 section 5.5.1).
    #[error("The peer sent a Close frame with an incomplete close code")]
    HalfCloseCode,
    /// A Close frame has a code that must not be sent (RFC 6455 section 7.4).
    #[error("The peer sent close code {0}, which must not be sent")]
    CloseCode(u16),
    /// A continuation frame came outside of a fragmented message (RFC 6455 section 5.4).
    #[error("The peer sent a continuation frame without a message to continue")]
    UnexpectedContinuation,
    /// A new message began before the last fragment of the previous one (RFC 6455 section 5.4).
    #[error("The peer began a message before the end of another")]
    InterruptedMessage,
    /// Compressed data is invalid (RFC 7692 section 7.2.2).
    #[error("The peer sent compressed data that can't be inflated")]
    Deflate,
    /// The payload of a text message, or the reason of a Close frame, is not UTF-8 (RFC 6455 section 8.1).
    #[error("The peer sent text that is not UTF-8")]
    NotUtf8,
    /// A message is larger than the maximum size.
    #[error("The peer sent a message of {size} bytes, the limit is {limit}")]
    MessageTooLarge {
        /// The size in bytes: the announced size, or "more than" the limit if the message is compressed.
        size: String,
        /// The maximum size, in bytes.
        limit: usize,
    },
}

impl ProtocolError {
    /// The close code to fail the connection with (RFC 6455 section 7.4.1): 1007 for invalid UTF-8, 1009 for a message
    /// that is too large, otherwise 1002.
    pub fn close_code(&self) -> CloseCode {
        match self {
            Self::NotUtf8 => CloseCode::Invalid,
            Self::MessageTooLarge { .. } => CloseCode::Size,
            _ => CloseCode::Protocol,
        }
    }
}

//! How a server can break the protocol.

use tungstenite::protocol::frame::coding::CloseCode;

/// The server broke the protocol or exceeded the limit for messages. The connection is to be failed with
/// [`close_code`](Self::close_code) (RFC 6455 section 7.1.7); the decoder must not be used any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A frame header that is invalid by itself, such as one with a reserved opcode (RFC 6455 section 5.2).
    #[error("The peer sent an invalid frame: {0}")]
    Header(String),
    /// A server must not mask frames (RFC 6455 section 5.1).
    #[error("The peer masked a frame, which a server must not do")]
    Masked,
    /// A reserved bit is set that no negotiated extension uses (RFC 6455 section 5.2).
    #[error("The peer set a reserved bit that no negotiated extension uses")]
    ReservedBit,
    /// A payload length has its highest bit set (RFC 6455 section 5.2).
    #[error("The peer sent a frame whose payload length has its highest bit set")]
    Length,
    /// A control frame must not be fragmented (RFC 6455 section 5.5).
    #[error("The peer fragmented a control frame")]
    FragmentedControl,
    /// The payload of a control frame has at most 125 bytes (RFC 6455 section 5.5).
    #[error("The peer sent a control frame of {0} bytes, the limit is 125")]
    LargeControl(u64),
    /// The payload of a Close frame is one byte, which is no code (RFC 6455 section 5.5.1).
    #[error("The peer sent a Close frame with half a close code")]
    HalfCloseCode,
    /// This close code must not be sent (RFC 6455 section 7.4).
    #[error("The peer sent close code {0}, which must not be sent")]
    CloseCode(u16),
    /// A continuation frame without a message to continue (RFC 6455 section 5.4).
    #[error("The peer sent a continuation frame without a message to continue")]
    UnexpectedContinuation,
    /// A new message before the last fragment of another (RFC 6455 section 5.4).
    #[error("The peer began a message before the end of another")]
    InterruptedMessage,
    /// Compressed data that can't be inflated (RFC 7692 section 7.2.2).
    #[error("The peer sent compressed data that can't be inflated")]
    Deflate,
    /// Text that is not UTF-8 (RFC 6455 section 8.1).
    #[error("The peer sent text that is not UTF-8")]
    NotUtf8,
    /// A message that is larger than the limit.
    #[error("The peer sent a message of {size} bytes, the limit is {limit}")]
    MessageTooLarge {
        /// Bytes that the message has at least: as announced, or "more than" the limit if it is compressed.
        size: String,
        /// The limit, in bytes.
        limit: usize,
    },
}

impl ProtocolError {
    /// The close code to fail the connection with (RFC 6455 section 7.4.1): 1007 for text that is not UTF-8, 1009 for a
    /// message that is too large, otherwise 1002.
    pub fn close_code(&self) -> CloseCode {
        match self {
            Self::NotUtf8 => CloseCode::Invalid,
            Self::MessageTooLarge { .. } => CloseCode::Size,
            _ => CloseCode::Protocol,
        }
    }
}

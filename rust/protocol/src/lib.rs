//! The client's side of the WebSocket protocol, without I/O: RFC 6455 sections 5 to 8 (frames, messages, closing) and
//! RFC 7692 (permessage-deflate).
//!
//! There are two state machines. The [`Decoder`] takes the bytes that a server sends and returns [`Event`]s. It chooses
//! the memory for the next read, so that a large payload is read directly into its message. The [`Encoder`] takes
//! messages and fills a buffer with masked frames. It splits large messages into fragments and sends Ping and Pong
//! frames between them.
//!
//! ```text
//!  bytes from the server ──► Decoder ──► Event: text, binary, ping, pong, close
//!  bytes to the server   ◄── Encoder ◄── messages, pings, pongs, a close
//! ```
//!
//! This crate has no sockets, tasks, timers or message queues, and it does not perform the HTTP upgrade. The caller
//! reads, writes, answers pings and decides when to stop. [`CompressionOptions`] only formats and parses the value of
//! Sec-WebSocket-Extensions. The caller is `rust_web_socket_core`.
//!
//! Headers, opcodes, close codes and Close frames are those of [`tungstenite`].

#![forbid(unsafe_code)]

mod close;
mod decoder;
mod deflate;
mod encoder;
mod error;
mod header;
mod inflate;
mod mask;
mod negotiation;
mod text;
mod utf16;

pub use close::{MAX_CLOSE_REASON_SIZE, close_code_may_be_sent, close_frame};
pub use decoder::{Decoder, Event, READ_SIZE, Receiving};
pub use encoder::{Encoded, Encoder, FRAME_OVERHEAD, SentFrame, SentMessage, Stopped};
pub use error::ProtocolError;
pub use header::Frame;
pub use negotiation::{
    Agreement, Compress, CompressionOptions, InvalidCompressionOption, is_token, negotiated,
};
pub use text::Text;
pub use tungstenite::protocol::CloseFrame;
pub use tungstenite::protocol::frame::coding::CloseCode;

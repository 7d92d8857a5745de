//! The client's side of the WebSocket protocol, without I/O: RFC 6455 sections 5 to 8 (frames, messages, closing) and
//! RFC 7692 (permessage-deflate).
//!
//! There are two state machines. The [`Decoder`] is given the bytes that a server sends and returns [`Event`]s. It names
//! the memory into which the next bytes are to be read, so that a large payload is read straight into the memory of
//! its message. The [`Encoder`] is given messages and fills a buffer with masked frames. It divides large messages
//! into fragments and puts Ping and Pong frames between them.
//!
//! ```text
//!  bytes from the server ──► Decoder ──► Event: text, binary, ping, pong, close
//!  bytes to the server   ◄── Encoder ◄── messages, pings, pongs, a close
//! ```
//!
//! This crate has no sockets, tasks, timers or queues of messages, and it does not negotiate HTTP: the caller reads,
//! writes, answers pings and decides when to stop. [`CompressionOptions`] only formats and parses the value of
//! Sec-WebSocket-Extensions.
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

pub use close::{MAX_CLOSE_REASON_SIZE, close_code_may_be_sent, close_frame};
pub use decoder::{Decoder, Event, READ_SIZE, Receiving};
pub use encoder::{Encoded, Encoder, FRAME_OVERHEAD, Stopped};
pub use error::ProtocolError;
pub use header::Frame;
pub use negotiation::{
    Agreement, Compress, CompressionOptions, InvalidCompressionOption, is_token, negotiated,
};
pub use text::Text;
pub use tungstenite::protocol::CloseFrame;
pub use tungstenite::protocol::frame::coding::CloseCode;

//! The WebSocket client (RFC 6455) behind the Dart package `rust_web_socket`.
//!
//! [`Connection::connect`] starts one connection on a tokio runtime and returns at once. What arrives is
//! handed to an [`EventSink`] in batches, in order, for as long as the owner gives [credit](Connection::grant)
//! back; what is sent goes to an outbox that any thread may fill and flush without ever blocking.
//!
//! ```text
//!  any thread                     one task a connection
//!  Connection ── outbox ────────► driver ◄──► route ─► upgrade ─► frames over TCP
//!             ◄─ EventSink ◄─────    │
//!             ── credit ───────────► │
//! ```
//!
//! This crate knows nothing of Dart: the bridge crate plugs a Dart port in as the sink, the tests a channel.

#![forbid(unsafe_code)]

mod connect;
mod connection;
mod credit;
mod driver;
mod ending;
mod error;
mod event;
#[cfg(fuzzing)]
pub mod fuzzing;
mod options;
mod outbox;
mod pack;
mod protocol;
mod shared;
mod socket;
mod stats;
mod stream;
mod timers;
mod trace;

pub use connect::address::Address;
pub use connect::proxy::Proxy;
pub use connect::tls::{ClientIdentity, TlsOptions};
pub use connect::upgrade::Handshake;
pub use connection::{CloseError, Connection, SendError};
pub use ending::{Ending, Initiator};
pub use error::{ConnectError, RefusedUpgrade, TlsFailure};
pub use event::{EventSink, OwnerGone};
pub use options::{ConnectOptions, HeaderField};
pub use pack::{Flags, MalformedPack, Pack};
pub use protocol::compression::{Compress, CompressionOptions};
pub use protocol::text::Text;
pub use stats::{RoundTrips, Stats, Traffic};
pub use tokio_tungstenite::tungstenite::Utf8Bytes;
pub use trace::TracedFrame;

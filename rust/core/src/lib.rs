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

mod address;
mod answer;
mod body;
mod close_code;
mod compression;
mod connection;
mod credentials;
mod credit;
mod deflate;
mod dial;
mod driver;
mod ending;
mod error;
mod establish;
mod event;
mod frame;
#[cfg(fuzzing)]
pub mod fuzzing;
mod happy_eyeballs;
mod inflate;
mod mask;
mod no_proxy;
mod options;
mod outbox;
mod pings;
mod proxy;
mod reader;
mod redirect;
mod response;
mod route;
mod scratch;
mod shared;
mod socket;
mod stats;
mod stream;
mod tcp;
mod text;
mod timers;
mod tls;
mod trace;
mod transport;
mod tunnel;
mod upgrade;
mod writer;
mod zone;

pub use address::Address;
pub use compression::{Compress, CompressionOptions};
pub use connection::{CloseError, Connection, SendError};
pub use ending::{Ending, Initiator};
pub use error::{ConnectError, RefusedUpgrade, TlsFailure};
pub use event::{EventSink, OwnerGone};
pub use options::{ConnectOptions, HeaderField};
pub use proxy::Proxy;
pub use stats::{RoundTrips, Stats, Traffic};
pub use text::Text;
pub use tls::{ClientIdentity, TlsOptions};
pub use tokio_tungstenite::tungstenite::Utf8Bytes;
pub use trace::TracedFrame;
pub use upgrade::Handshake;

//! A WebSocket client on tokio (RFC 6455): the core of the Dart package `rust_web_socket`.
//!
//! [`Connection::connect`] starts one connection on a tokio runtime and returns at once. Events are delivered to an
//! [`EventSink`] in batches and in order, as long as the owner returns [credit](Connection::grant). Messages go to an
//! outbox that any thread may fill and flush without blocking.
//!
//! ```text
//!  any thread                     one task for each connection
//!  Connection ── outbox ────────► driver ── net: TCP, proxy, TLS
//!             ◄─ EventSink ◄─────    │   └─ handshake: the upgrade
//!             ── credit ───────────► └───── connection: messages over the byte stream
//! ```
//!
//! Frames are encoded and decoded by `rust_web_socket_protocol`. This crate does not depend on Dart and has no `unsafe`
//! code. The bridge crate implements the sink with a Dart port, the tests with a channel.

#![forbid(unsafe_code)]

mod connection;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod handshake;
mod net;
mod options;
mod sync;

pub use connection::ending::{Ending, Initiator};
pub use connection::handle::{CloseError, Connection, SendError};
pub use connection::outbox::{Message, MessageBatch};
pub use connection::recording::{RecordedFrames, Recording};
pub use connection::sink::{EventSink, OwnerGone};
pub use connection::stats::{RoundTrips, Stats, Traffic};
pub use connection::trace::TracedFrame;
pub use error::{ConnectError, RefusedUpgrade, TlsFailure};
pub use handshake::upgrade::Handshake;
pub use net::address::Address;
pub use net::proxy::Proxy;
pub use net::proxy::system::{SystemProxy, SystemSettings};
pub use net::resolver::Resolver;
pub use net::steps::{ConnectStep, StepKind};
pub use net::tls::{
    CertificateVerifier, ClientIdentity, ReadUserRoots, TlsOptions, set_user_roots_reader,
};
pub use options::{ConnectOptions, HeaderField};
pub use rust_web_socket_protocol::{Compress, CompressionOptions, Text};
pub use tokio_tungstenite::tungstenite::Utf8Bytes;

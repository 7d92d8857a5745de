//! A connection from the call of `connect` to its end: the owner's handle, and the one task that drives it.
//!
//! The owner's threads call the [handle](handle::Connection). The [driver] moves bytes through the [duplex] and reports
//! events to the owner's [sink](sink::EventSink). Addresses, TLS and proxies are in [`net`](crate::net), the upgrade in
//! [`handshake`](crate::handshake).

pub(crate) mod buffers;
pub(crate) mod connect;
pub(crate) mod credit;
pub(crate) mod driver;
pub(crate) mod duplex;
pub(crate) mod ending;
pub(crate) mod handle;
#[cfg(all(test, rust_web_socket_loom))]
mod models;
pub(crate) mod outbox;
pub(crate) mod pings;
pub(crate) mod receiver;
pub(crate) mod recording;
pub(crate) mod sender;
pub(crate) mod shared;
pub(crate) mod sink;
pub(crate) mod stats;
pub(crate) mod timers;
pub(crate) mod trace;

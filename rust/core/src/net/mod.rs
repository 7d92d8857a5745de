//! From a URL's host to a byte stream: addresses, TCP, proxies and TLS.
//!
//! It ends where the handshake begins, and knows no WebSocket.

pub(crate) mod address;
pub(crate) mod happy_eyeballs;
pub(crate) mod http;
pub(crate) mod proxy;
pub(crate) mod route;
pub(crate) mod stream;
pub(crate) mod target;
pub(crate) mod tcp;
pub(crate) mod tls;
pub(crate) mod zone;

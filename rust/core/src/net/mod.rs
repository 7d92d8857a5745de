//! From a URL's host to a byte stream: lookup, TCP, proxies and TLS.
//!
//! It does not send the WebSocket's upgrade: the [`handshake`](crate::handshake) calls it and continues on its stream.

pub(crate) mod address;
pub(crate) mod blocking;
pub(crate) mod happy_eyeballs;
pub(crate) mod http;
pub(crate) mod local;
pub(crate) mod proxy;
pub(crate) mod resolver;
pub(crate) mod route;
pub(crate) mod steps;
pub(crate) mod stream;
pub(crate) mod target;
pub(crate) mod tcp;
pub(crate) mod tls;
pub(crate) mod zone;

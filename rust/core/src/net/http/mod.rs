//! The parts of HTTP/1.1 that CONNECT and the handshake need: response headers, the start of their bodies, credentials.
//! It is not an HTTP client: requests are written by the proxy's tunnel and by the handshake.

pub(crate) mod body;
pub(crate) mod credentials;
pub(crate) mod response;

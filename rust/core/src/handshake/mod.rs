//! The opening handshake (RFC 6455 section 4): from a URL to a byte stream on which the server has accepted or refused
//! the upgrade, including redirects. It sends no frames. The connection calls [`perform`](perform::perform).
//!
//! tungstenite's handshake is not used: it refuses servers that dart:io and browsers accept (a subprotocol that is not
//! echoed, a `Connection` header with more than one token), and hides the response of a server that refuses.

pub(crate) mod perform;
mod redirect;
pub(crate) mod refusal;
pub(crate) mod upgrade;

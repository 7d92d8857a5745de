//! The opening handshake (RFC 6455 section 4): from a byte stream to a server's answer, through redirects.
//!
//! Not tungstenite's own: that one refuses servers which dart:io and the browsers accept (a subprotocol that is not
//! echoed, a `Connection` with more than one token), and hides the response of a server that refuses.

pub(crate) mod perform;
mod redirect;
pub(crate) mod refusal;
pub(crate) mod upgrade;

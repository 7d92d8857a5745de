//! HTTP/1.1, as far as a proxy's CONNECT and the handshake need it: responses, the start of their bodies, credentials.

pub(crate) mod body;
pub(crate) mod credentials;
pub(crate) mod response;

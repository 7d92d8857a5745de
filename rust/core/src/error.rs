//! Why a connection was not made.

use std::{io, time::Duration};

use crate::HeaderField;

/// Why a connection was not made. Nothing of the attempt is left behind: no socket, no task.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL, a header or another option can't be used: change it. Nothing was sent, unless it is the options of TLS
    /// to which a redirect from `ws` has led.
    #[error("{0}")]
    InvalidRequest(String),
    /// The host name has no address: check the name, or the device is offline.
    #[error("Failed host lookup: '{host}'")]
    Dns {
        /// Name that was looked up.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// Nobody listens on that port: check the port, or the server is down.
    #[error("Connection refused by {host}:{port}")]
    Refused {
        /// Host of the URL, or of the option `address`.
        host: String,
        /// Port of the same.
        port: u16,
        /// What the last address answered.
        source: io::Error,
    },
    /// There is no way to the host: check the network, then try again.
    #[error("{host}:{port} is unreachable")]
    Unreachable {
        /// Host of the URL, or of the option `address`.
        host: String,
        /// Port of the same.
        port: u16,
        /// What the operating system said.
        source: io::Error,
    },
    /// The limit for the connect ran out: try again, or raise it.
    #[error("Connecting to {host}:{port} took longer than {limit:?}")]
    Timeout {
        /// Host of the URL.
        host: String,
        /// Port of the URL.
        port: u16,
        /// The limit.
        limit: Duration,
    },
    /// The proxy made no connection to the host, or its tunnel ended before the WebSocket was open: see the status and
    /// the detail.
    #[error("The proxy {host}:{port} made no connection: {detail}")]
    Proxy {
        /// Host of the proxy.
        host: String,
        /// Port of the proxy.
        port: u16,
        /// HTTP status with which the proxy answered: 407 asks for credentials, 403 forbids the host, 502 to 504 say
        /// that the host could not be reached, 200 opened a tunnel that ended too early. None if it was no HTTP
        /// proxy, was not reached, or broke off in its answer.
        status: Option<u16>,
        /// What went wrong.
        detail: String,
    },
    /// The server could not be trusted, or would not speak TLS: see the kind.
    #[error("TLS with {host}:{port} failed, {kind}: {detail}")]
    Tls {
        /// Host of the URL.
        host: String,
        /// Port of the URL.
        port: u16,
        /// What is wrong.
        kind: TlsFailure,
        /// The same in the words of the TLS library.
        detail: String,
    },
    /// The server answered the upgrade with something other than 101: see its status and body.
    #[error("{host}:{port} refused the upgrade to WebSocket: HTTP status {}", .refused.status)]
    UpgradeRefused {
        /// Host of the URL.
        host: String,
        /// Port of the URL.
        port: u16,
        /// What the server said.
        refused: Box<RefusedUpgrade>,
    },
    /// What answered is no WebSocket server (RFC 6455 section 4.1), its header is larger than the option
    /// `max_header_size`, or it broke off.
    #[error("{host}:{port} did not answer as a WebSocket server: {detail}")]
    BadReply {
        /// Host of the URL.
        host: String,
        /// Port of the URL.
        port: u16,
        /// What is wrong with the reply.
        detail: String,
    },
    /// The owner let go of the connection before it was open, or closed it and the close timeout ran out.
    #[error("Connecting to {host}:{port} was cancelled")]
    Cancelled {
        /// Host of the URL.
        host: String,
        /// Port of the URL.
        port: u16,
    },
}

impl ConnectError {
    /// The operating system's error number, where it was the operating system that failed.
    pub fn os_code(&self) -> Option<i32> {
        match self {
            Self::Dns { source, .. }
            | Self::Refused { source, .. }
            | Self::Unreachable { source, .. } => source.raw_os_error(),
            _ => None,
        }
    }

    /// The message with those of its [sources](std::error::Error::source), for people: `message: source`.
    pub fn with_sources(&self) -> String {
        let mut message = self.to_string();
        let mut error: &dyn std::error::Error = self;
        while let Some(source) = error.source() {
            message.push_str(&format!(": {source}"));
            error = source;
        }
        message
    }
}

/// An option that can't be used, by its name in the Dart package.
pub(crate) fn invalid_option(option: &str, error: impl std::fmt::Display) -> ConnectError {
    ConnectError::InvalidRequest(format!("The option {option} can't be used: {error}"))
}

/// What is wrong with a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFailure {
    /// No trusted authority has signed the certificate: it may need to be added to the roots.
    #[error("the certificate is not trusted")]
    Untrusted,
    /// The certificate is past its time, or the device's clock is wrong.
    #[error("the certificate has expired")]
    Expired,
    /// The certificate's time has not come, or the device's clock is wrong.
    #[error("the certificate is not yet valid")]
    NotYetValid,
    /// The certificate is for another host.
    #[error("the certificate is for another host")]
    WrongHost,
    /// The certificate was revoked.
    #[error("the certificate was revoked")]
    Revoked,
    /// The certificate is trusted, and its key is none of the pinned ones.
    #[error("the public key is not pinned")]
    PinMismatch,
    /// Anything else: no TLS at all, no version or cipher in common, a client certificate that is asked for.
    #[error("the handshake broke off")]
    Handshake,
}

/// The HTTP response of a server that would not upgrade.
#[derive(Clone, PartialEq, Eq)]
pub struct RefusedUpgrade {
    /// HTTP status.
    pub status: u16,
    /// HTTP header, in the server's order.
    pub headers: Vec<HeaderField>,
    /// Start of the body: at most 4 KiB, and what came within a second.
    pub body: Vec<u8>,
}

/// Without the body, which may repeat a secret of the request.
impl std::fmt::Debug for RefusedUpgrade {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RefusedUpgrade")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

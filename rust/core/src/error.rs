//! Why connecting failed. How an open connection ended is in [`Ending`](crate::Ending).

use std::{io, time::Duration};

use crate::HeaderField;

/// Why connecting failed. All resources of the attempt have been released.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL, a header field or another option is invalid. Change it. Nothing was sent, except when a redirect from
    /// `ws` led to `wss` and a TLS option is invalid.
    #[error("{0}")]
    InvalidRequest(String),
    /// The host name has no address. Check the name and the device's network.
    #[error("Failed host lookup: '{host}'")]
    Dns {
        /// The name.
        host: String,
        /// The resolver's error.
        source: io::Error,
    },
    /// The server refused the TCP connection. Check the port, and whether the server runs.
    #[error("Connection refused by {host}:{port}")]
    Refused {
        /// Host of the URL, or of the option `address`.
        host: String,
        /// Port of the same.
        port: u16,
        /// The error for the last address that was tried.
        source: io::Error,
    },
    /// The host is unreachable. Check the network and try again.
    #[error("{host}:{port} is unreachable{hint}")]
    Unreachable {
        /// Host of the URL, or of the option `address`.
        host: String,
        /// Port of the same.
        port: u16,
        /// Another possible cause, or an empty string.
        hint: &'static str,
        /// The operating system's error.
        source: io::Error,
    },
    /// The operating system does not allow this connection to the local network. The app needs a permission. Some
    /// systems report it as [`Unreachable`](Self::Unreachable), or let the connect time out.
    #[error(
        "{host}:{port} is in the local network, and the system does not allow the connection. On Android the app needs \
         the permission ACCESS_LOCAL_NETWORK; on iOS and macOS the user's consent (NSLocalNetworkUsageDescription)"
    )]
    LocalNetwork {
        /// Host of the URL, or of the option `address`.
        host: String,
        /// Port of the same.
        port: u16,
        /// The operating system's error.
        source: io::Error,
    },
    /// The connect timeout elapsed. Try again, or raise it.
    #[error("Connecting to {host}:{port} took longer than {limit:?}")]
    Timeout {
        /// Host of the URL.
        host: String,
        /// Port of the URL.
        port: u16,
        /// The timeout.
        limit: Duration,
    },
    /// The proxy did not connect to the host, or its tunnel ended before the WebSocket was open. See `status` and
    /// `detail`.
    #[error("The proxy {host}:{port} failed: {detail}")]
    Proxy {
        /// Host of the proxy.
        host: String,
        /// Port of the proxy.
        port: u16,
        /// HTTP status of the proxy's response. 407: it requires credentials. 403: it forbids the host. 502 to 504: it
        /// could not reach the host. 200: it opened a tunnel that ended too early. `None`: it is not an HTTP proxy, it
        /// was not reached, or its response was incomplete.
        status: Option<u16>,
        /// What went wrong.
        detail: String,
    },
    /// The system's proxy setting is invalid. The user or the network's administrator has to correct it. Nothing was
    /// sent.
    #[error("The system's proxy setting {setting} is invalid: {detail}")]
    ProxySetting {
        /// The name that the platform has for the setting.
        setting: String,
        /// What is wrong. It does not contain the setting's value, which may contain a password.
        detail: String,
    },
    /// The TLS handshake failed, or the server's certificate was rejected. See `kind`.
    #[error("TLS with {host}:{port} failed, {kind}: {detail}")]
    Tls {
        /// Host of the URL.
        host: String,
        /// Port of the URL.
        port: u16,
        /// What went wrong.
        kind: TlsFailure,
        /// The TLS library's message.
        detail: String,
    },
    /// The server responded to the upgrade with a status other than 101. See its status and body.
    #[error("{host}:{port} refused the upgrade to WebSocket: HTTP status {}", .refused.status)]
    UpgradeRefused {
        /// Host of the URL.
        host: String,
        /// Port of the URL.
        port: u16,
        /// The server's response.
        refused: Box<RefusedUpgrade>,
    },
    /// The response is not that of a WebSocket server (RFC 6455 section 4.1), its header is larger than the option
    /// `max_header_size`, or the connection ended within it. Check the URL.
    #[error("{host}:{port} did not answer as a WebSocket server: {detail}")]
    BadReply {
        /// Host of the URL.
        host: String,
        /// Port of the URL.
        port: u16,
        /// What is wrong with the response.
        detail: String,
    },
    /// The owner released the connection before it was open, or closed it and the close timeout elapsed.
    #[error("Connecting to {host}:{port} was cancelled")]
    Cancelled {
        /// Host of the URL.
        host: String,
        /// Port of the URL.
        port: u16,
    },
}

impl ConnectError {
    /// The operating system's error number, if the operating system reported the error.
    pub fn os_code(&self) -> Option<i32> {
        match self {
            Self::Dns { source, .. }
            | Self::Refused { source, .. }
            | Self::LocalNetwork { source, .. }
            | Self::Unreachable { source, .. } => source.raw_os_error(),
            _ => None,
        }
    }

    /// The message followed by those of its [sources](std::error::Error::source), for people: `message: source`.
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

/// An invalid option, by its name in the Dart package.
pub(crate) fn invalid_option(option: &str, error: impl std::fmt::Display) -> ConnectError {
    ConnectError::InvalidRequest(format!("The option {option} is invalid: {error}"))
}

/// Why TLS failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFailure {
    /// The certificate is not signed by a trusted authority. The authority may have to be added to the roots.
    #[error("the certificate is not trusted")]
    Untrusted,
    /// The certificate has expired, or the device's clock is wrong.
    #[error("the certificate has expired")]
    Expired,
    /// The certificate is not yet valid, or the device's clock is wrong.
    #[error("the certificate is not yet valid")]
    NotYetValid,
    /// The certificate is for another host.
    #[error("the certificate is for another host")]
    WrongHost,
    /// The certificate was revoked.
    #[error("the certificate was revoked")]
    Revoked,
    /// The certificate is trusted, but its public key is not pinned.
    #[error("the public key is not pinned")]
    PinMismatch,
    /// Any other failure: the server does not speak TLS, it supports no common version or cipher, or it requires a
    /// client certificate.
    #[error("the handshake did not complete")]
    Handshake,
}

/// The HTTP response of a server that refused the upgrade.
#[derive(Clone, PartialEq, Eq)]
pub struct RefusedUpgrade {
    /// HTTP status.
    pub status: u16,
    /// HTTP header fields, in the server's order.
    pub headers: Vec<HeaderField>,
    /// Start of the body: at most 4 KiB, received within one second.
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

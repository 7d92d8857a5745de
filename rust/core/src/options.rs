//! What a connect can be told.

use std::time::Duration;

use crate::{Address, CompressionOptions, Proxy, TlsOptions};
use rust_web_socket_protocol::is_token;

/// A setter for each field, of its name, that takes the options and gives them back.
macro_rules! setters {
    ($($field:ident: $type:ty,)*) => { $(
        #[doc = concat!("Sets the field `", stringify!($field), "`, which says more.")]
        #[must_use]
        pub fn $field(mut self, $field: $type) -> Self {
            self.$field = $field.into();
            self
        }
    )* };
}
pub(crate) use setters;

/// One field of an HTTP header, in the order and with the bytes of the wire.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderField {
    /// Field name.
    pub name: String,
    /// Field value, without surrounding white space.
    pub value: String,
}

/// The value may be secret: it is never printed. Nor is a name that is none, which may be a whole field.
impl std::fmt::Debug for HeaderField {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = is_token(&self.name).then_some(&self.name);
        formatter
            .debug_struct("HeaderField")
            .field("name", &name)
            .finish_non_exhaustive()
    }
}

impl HeaderField {
    /// A field of that name and value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// How to connect and how to keep the connection. Each field has a setter of its name:
///
/// ```
/// # use std::time::Duration;
/// # use rust_web_socket_core::{ConnectOptions, TlsOptions};
/// let options = ConnectOptions::default()
///     .connect_timeout(Duration::from_secs(10))
///     .tls(TlsOptions::default().server_name("example.org".to_owned()));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// Subprotocols to offer, in order of preference (RFC 6455 section 1.9). Default: none.
    pub protocols: Vec<String>,
    /// Fields to add to the upgrade request. A name in lower case is written in canonical case, since some
    /// servers insist on it; any other is written as given. The fields that belong to the handshake itself
    /// (`Connection`, `Upgrade`, `Sec-WebSocket-Key`, `-Version`, `-Extensions`) are left out, and
    /// `Sec-WebSocket-Protocol` is added to [`protocols`](Self::protocols). Default: none.
    pub headers: Vec<HeaderField>,
    /// How long to wait before connecting, which the connect timeout does not count. A close within it cancels the connect
    /// at once, and nothing is sent. Default: not at all.
    pub delay: Duration,
    /// Limit for all of the connect: name, address, proxy, TLS, upgrade. Past it the socket is given up. Default: none.
    pub connect_timeout: Option<Duration>,
    /// Where to connect instead of to the URL's host. The request and TLS go on to name the URL's. It holds for
    /// redirects to the same host, its port for those to the same port as well. Default: none.
    pub address: Option<Address>,
    /// The proxy to connect through. Default: none.
    pub proxy: Proxy,
    /// How a `wss` connection is secured. Default: the trusted certificates of Mozilla and of the platform.
    pub tls: TlsOptions,
    /// How many redirects are followed, one after another; with 0 a redirect is a refusal. Default: 5.
    pub max_redirects: usize,
    /// Largest header to read, in bytes: of the response to the upgrade, with all interim responses before it (RFC 9110
    /// section 15.2), and likewise of a proxy's to CONNECT. A larger one fails the connect. Default: 64 KiB.
    pub max_header_size: usize,
    /// How long a close may wait for the peer while nothing moves. Default: 5 s, as dart:io has it.
    pub close_timeout: Duration,
    /// A ping goes out this long after the connection opened or after the last pong. Default: none.
    pub ping_interval: Option<Duration>,
    /// How long the pong may take before the line counts as dead, from the ping or from the last sign that the peer
    /// takes an upload which is ahead of it. Default: the ping interval.
    pub pong_timeout: Option<Duration>,
    /// The connection ends with code 1001 when nothing at all was received for so long. Time in which the owner gives no
    /// credit for reading does not count. Default: none.
    pub idle_timeout: Option<Duration>,
    /// TCP itself asks a peer that is silent for so long whether it is still there, and goes on to at the same interval
    /// (RFC 9293 section 3.8.4). At least a second. Default: none, TCP does not ask.
    pub tcp_keep_alive: Option<Duration>,
    /// TCP gives the line up when the peer has acknowledged nothing of what was sent for so long (RFC 5482). On Linux and
    /// Android; elsewhere it has no effect. Default: the system's, on Linux about 15 minutes.
    pub tcp_user_timeout: Option<Duration>,
    /// Largest message to accept, in bytes of payload as it is after inflating; a larger one ends the connection with code 1009.
    /// None, and any more than it, stands for [`ConnectOptions::MESSAGE_SIZE_CEILING`]. Default:
    /// [`ConnectOptions::DEFAULT_MESSAGE_SIZE`].
    pub max_message_size: Option<usize>,
    /// Largest payload of a data frame to send, in bytes as they are on the wire. A larger message is sent in fragments (RFC
    /// 6455 section 5.4), and pings, pongs and Close frames go between them. At least 1. None sends each message as one
    /// frame, and a pong waits for the end of it. Default: [`ConnectOptions::DEFAULT_FRAME_SIZE`].
    pub max_frame_size: Option<usize>,
    /// So many bytes of payload may be [buffered](crate::Connection::buffered_amount); a message that would make it more
    /// is [refused](crate::SendError::Full). Default: none, all of the memory.
    pub max_buffered_amount: Option<usize>,
    /// [`receiving`](crate::EventSink::receiving) tells of each so many bytes of a message that is not complete. Default:
    /// none, it does not.
    pub receive_progress_step: Option<usize>,
    /// How messages are compressed, if the server agrees; none to offer no compression. Default: with the default
    /// options.
    pub compression: Option<CompressionOptions>,
}

impl ConnectOptions {
    /// No message larger than this is accepted unless the options say so, 64 MiB: a peer could fill the memory of a phone
    /// otherwise, with a thousandth of it in compressed bytes.
    pub const DEFAULT_MESSAGE_SIZE: usize = 1 << 26;

    /// No message larger than this is accepted, whatever the options say: 1 GiB, on 32-bit systems 256 MiB.
    pub const MESSAGE_SIZE_CEILING: usize = if usize::BITS > 32 { 1 << 30 } else { 1 << 28 };

    /// The default of [`max_frame_size`](Self::max_frame_size), 64 KiB: on a line of 1 MB/s a pong waits 66 ms for it.
    pub const DEFAULT_FRAME_SIZE: usize = 64 * 1024;

    setters! {
        protocols: Vec<String>,
        headers: Vec<HeaderField>,
        delay: Duration,
        connect_timeout: impl Into<Option<Duration>>,
        address: impl Into<Option<Address>>,
        proxy: Proxy,
        tls: TlsOptions,
        max_redirects: usize,
        max_header_size: usize,
        close_timeout: Duration,
        ping_interval: impl Into<Option<Duration>>,
        pong_timeout: impl Into<Option<Duration>>,
        idle_timeout: impl Into<Option<Duration>>,
        tcp_keep_alive: impl Into<Option<Duration>>,
        tcp_user_timeout: impl Into<Option<Duration>>,
        max_message_size: impl Into<Option<usize>>,
        max_frame_size: impl Into<Option<usize>>,
        max_buffered_amount: impl Into<Option<usize>>,
        receive_progress_step: impl Into<Option<usize>>,
        compression: impl Into<Option<CompressionOptions>>,
    }
}

/// Subprotocols may be secret: they are never printed.
impl std::fmt::Debug for ConnectOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ConnectOptions")
            .field("headers", &self.headers)
            .field("delay", &self.delay)
            .field("connect_timeout", &self.connect_timeout)
            .field("address", &self.address)
            .field("proxy", &self.proxy)
            .field("tls", &self.tls)
            .field("max_redirects", &self.max_redirects)
            .field("max_header_size", &self.max_header_size)
            .field("close_timeout", &self.close_timeout)
            .field("ping_interval", &self.ping_interval)
            .field("pong_timeout", &self.pong_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("tcp_keep_alive", &self.tcp_keep_alive)
            .field("tcp_user_timeout", &self.tcp_user_timeout)
            .field("max_message_size", &self.max_message_size)
            .field("max_frame_size", &self.max_frame_size)
            .field("max_buffered_amount", &self.max_buffered_amount)
            .field("receive_progress_step", &self.receive_progress_step)
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            protocols: Vec::new(),
            headers: Vec::new(),
            delay: Duration::ZERO,
            connect_timeout: None,
            address: None,
            proxy: Proxy::None,
            tls: TlsOptions::default(),
            max_redirects: 5,
            max_header_size: 64 * 1024,
            close_timeout: Duration::from_secs(5),
            ping_interval: None,
            pong_timeout: None,
            idle_timeout: None,
            tcp_keep_alive: None,
            tcp_user_timeout: None,
            max_message_size: Some(Self::DEFAULT_MESSAGE_SIZE),
            max_frame_size: Some(Self::DEFAULT_FRAME_SIZE),
            max_buffered_amount: None,
            receive_progress_step: None,
            compression: Some(CompressionOptions::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_of_a_header_field_and_no_subprotocol_is_printed() {
        let options = ConnectOptions::default()
            .headers(vec![HeaderField::new("Authorization", "s3cret")])
            .protocols(vec!["s3cret".into()]);
        let printed = format!("{options:?}");
        assert!(!printed.contains("s3cret"), "{printed}");
        assert!(printed.contains("Authorization"), "{printed}");
    }
}

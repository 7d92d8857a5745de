//! The options of a connect. They are checked by the [`handshake`](crate::handshake) before anything is sent.

use std::time::Duration;

use crate::{Address, CompressionOptions, Proxy, Resolver, TlsOptions};
use rust_web_socket_protocol::is_token;

/// Defines a chained setter for each field, with the field's name.
macro_rules! setters {
    ($($field:ident: $type:ty,)*) => { $(
        #[doc = concat!("Sets the field `", stringify!($field), "`.")]
        #[must_use]
        pub fn $field(mut self, $field: $type) -> Self {
            self.$field = $field.into();
            self
        }
    )* };
}
pub(crate) use setters;

/// A field of an HTTP header, as it is on the wire.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderField {
    /// Field name. Names are compared without regard to case.
    pub name: String,
    /// Field value, without surrounding white space.
    pub value: String,
}

/// The value may be secret and is never printed. An invalid name is not printed either, since it may be a whole field.
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
    /// Creates a field.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// How to connect, and how to keep the connection. Each field has a setter of its name:
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
    /// Additional fields of the upgrade request. A name in lower case is sent in canonical case (`User-Agent`), which
    /// some servers require. Any other name is sent as it is. The fields of the handshake itself (`Connection`,
    /// `Upgrade`, `Sec-WebSocket-Key`, `-Version`, `-Extensions`) are ignored, and `Sec-WebSocket-Protocol` is added to
    /// [`protocols`](Self::protocols). Default: none.
    pub headers: Vec<HeaderField>,
    /// How long to wait before connecting. The connect timeout begins after it. A close during the delay cancels the
    /// connect at once. Default: zero.
    pub delay: Duration,
    /// Maximum duration of the connect: lookup, TCP, proxy, TLS and upgrade. Then it fails with
    /// [`ConnectError::Timeout`](crate::ConnectError::Timeout). Default: none.
    pub connect_timeout: Option<Duration>,
    /// Where to connect, instead of to the URL's host. The request and TLS still use the URL's host. Redirects to the
    /// same host use the address, and those to the same port its port. Default: none.
    pub address: Option<Address>,
    /// How the addresses of hosts are looked up. Default: by the operating system.
    pub resolver: Resolver,
    /// The proxy to connect through. Default: none.
    pub proxy: Proxy,
    /// How a `wss` connection is secured. Default: the roots of Mozilla and of the platform.
    pub tls: TlsOptions,
    /// Maximum number of consecutive redirects to follow. With 0 a redirect is a refusal. Default: 5.
    pub max_redirects: usize,
    /// Maximum size of a response header, in bytes: of the response to the upgrade with all interim responses (RFC 9110
    /// section 15.2), and of a proxy's response to CONNECT. A larger one fails the connect. Default: 64 KiB.
    pub max_header_size: usize,
    /// How long a close waits for the peer without progress. Default: 5 s, as in dart:io.
    pub close_timeout: Duration,
    /// Whether messages that arrive between [`close`](crate::Connection::close) and the peer's Close frame are
    /// delivered. They then need credit like other messages: an owner that gives none lets the close time out. Default:
    /// false, they are dropped.
    pub deliver_while_closing: bool,
    /// A ping is sent when nothing was received for this long. In the last quarter of that time, one is sent right
    /// behind a message. Default: none, no pings.
    pub ping_interval: Option<Duration>,
    /// On a connection without messages the interval of pings doubles with each ping, up to this. After the next
    /// message it is the ping interval again, and if that message is sent, a ping follows right behind it. Default: the
    /// ping interval, so it does not grow.
    pub max_ping_interval: Option<Duration>,
    /// How long nothing may be received after a ping before the connection is failed with code 1001. It is measured from
    /// the ping, or from the last acknowledged part of an upload before the ping. Default: the ping interval.
    pub pong_timeout: Option<Duration>,
    /// The connection is failed with code 1001 if nothing is received for this long. Time in which the owner gives no
    /// credit for reading is not counted. Default: none.
    pub idle_timeout: Option<Duration>,
    /// TCP sends a keep-alive probe to a peer that was silent for this long, and further ones at the same interval
    /// (RFC 9293 section 3.8.4). At least one second. Default: none, no probes.
    pub tcp_keep_alive: Option<Duration>,
    /// TCP closes the connection if sent data is not acknowledged for this long (RFC 5482). It has an effect on Linux
    /// and Android only. Default: the system's, about 15 minutes on Linux.
    pub tcp_user_timeout: Option<Duration>,
    /// Maximum size of a received message, in bytes of payload after inflating. A larger one fails the connection with
    /// code 1009. `None` is [`ConnectOptions::MESSAGE_SIZE_CEILING`], which also applies to larger values. Default:
    /// [`ConnectOptions::DEFAULT_MESSAGE_SIZE`].
    pub max_message_size: Option<usize>,
    /// Maximum payload of a sent data frame, in bytes as on the wire, at least 1. A larger message is sent in fragments
    /// (RFC 6455 section 5.4), with pings, pongs and Close frames between them. `None` sends each message as one frame,
    /// and a pong then waits for its end. Default: [`ConnectOptions::DEFAULT_FRAME_SIZE`].
    pub max_frame_size: Option<usize>,
    /// Maximum number of bytes of payload that may be [buffered](crate::Connection::buffered_amount). A message that
    /// would exceed it is [refused](crate::SendError::Full). Default: none, no limit.
    pub max_buffered_amount: Option<usize>,
    /// [`receiving`](crate::EventSink::receiving) reports the progress of an incomplete message each time that many
    /// more bytes were received. Default: none, no reports.
    pub receive_progress_step: Option<usize>,
    /// Whether the connection [records](crate::Connection::recording) the steps of connecting and its last frames, for
    /// an inspector. Default: false.
    pub record: bool,
    /// How messages are compressed, if the server accepts it. `None` does not offer compression. Default: the default
    /// options.
    pub compression: Option<CompressionOptions>,
}

impl ConnectOptions {
    /// The default of [`max_message_size`](Self::max_message_size), 64 MiB. It protects the memory of a phone, which a
    /// peer could fill with a thousandth of that in compressed bytes.
    pub const DEFAULT_MESSAGE_SIZE: usize = 1 << 26;

    /// The maximum of [`max_message_size`](Self::max_message_size): 1 GiB, on 32-bit systems 256 MiB.
    pub const MESSAGE_SIZE_CEILING: usize = if usize::BITS > 32 { 1 << 30 } else { 1 << 28 };

    /// The default of [`max_frame_size`](Self::max_frame_size), 64 KiB. At 1 MB/s a pong waits 66 ms for such a frame.
    pub const DEFAULT_FRAME_SIZE: usize = 64 * 1024;

    setters! {
        protocols: Vec<String>,
        headers: Vec<HeaderField>,
        delay: Duration,
        connect_timeout: impl Into<Option<Duration>>,
        address: impl Into<Option<Address>>,
        resolver: Resolver,
        proxy: Proxy,
        tls: TlsOptions,
        max_redirects: usize,
        max_header_size: usize,
        close_timeout: Duration,
        deliver_while_closing: bool,
        ping_interval: impl Into<Option<Duration>>,
        max_ping_interval: impl Into<Option<Duration>>,
        pong_timeout: impl Into<Option<Duration>>,
        idle_timeout: impl Into<Option<Duration>>,
        tcp_keep_alive: impl Into<Option<Duration>>,
        tcp_user_timeout: impl Into<Option<Duration>>,
        max_message_size: impl Into<Option<usize>>,
        max_frame_size: impl Into<Option<usize>>,
        max_buffered_amount: impl Into<Option<usize>>,
        receive_progress_step: impl Into<Option<usize>>,
        record: bool,
        compression: impl Into<Option<CompressionOptions>>,
    }
}

/// Subprotocols may be secret and are never printed.
impl std::fmt::Debug for ConnectOptions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ConnectOptions")
            .field("headers", &self.headers)
            .field("delay", &self.delay)
            .field("connect_timeout", &self.connect_timeout)
            .field("address", &self.address)
            .field("resolver", &self.resolver)
            .field("proxy", &self.proxy)
            .field("tls", &self.tls)
            .field("max_redirects", &self.max_redirects)
            .field("max_header_size", &self.max_header_size)
            .field("close_timeout", &self.close_timeout)
            .field("deliver_while_closing", &self.deliver_while_closing)
            .field("ping_interval", &self.ping_interval)
            .field("max_ping_interval", &self.max_ping_interval)
            .field("pong_timeout", &self.pong_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("tcp_keep_alive", &self.tcp_keep_alive)
            .field("tcp_user_timeout", &self.tcp_user_timeout)
            .field("max_message_size", &self.max_message_size)
            .field("max_frame_size", &self.max_frame_size)
            .field("max_buffered_amount", &self.max_buffered_amount)
            .field("receive_progress_step", &self.receive_progress_step)
            .field("record", &self.record)
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
            resolver: Resolver::default(),
            proxy: Proxy::None,
            tls: TlsOptions::default(),
            max_redirects: 5,
            max_header_size: 64 * 1024,
            close_timeout: Duration::from_secs(5),
            deliver_while_closing: false,
            ping_interval: None,
            max_ping_interval: None,
            pong_timeout: None,
            idle_timeout: None,
            tcp_keep_alive: None,
            tcp_user_timeout: None,
            max_message_size: Some(Self::DEFAULT_MESSAGE_SIZE),
            max_frame_size: Some(Self::DEFAULT_FRAME_SIZE),
            max_buffered_amount: None,
            receive_progress_step: None,
            record: false,
            compression: Some(CompressionOptions::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_and_subprotocols_are_not_printed() {
        let options = ConnectOptions::default()
            .headers(vec![HeaderField::new("Authorization", "s3cret")])
            .protocols(vec!["s3cret".into()]);
        let printed = format!("{options:?}");
        assert!(!printed.contains("s3cret"), "{printed}");
        assert!(printed.contains("Authorization"), "{printed}");
    }
}

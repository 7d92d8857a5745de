//! The control calls of a connection: connect, outcome, close, release.
//!
//! Every call is synchronous and returns at once. A call with the stale handle of a released connection does nothing,
//! or returns null.

use std::{sync::Arc, time::Duration};

use flutter_rust_bridge::frb;
use parking_lot::Mutex;
use rust_web_socket_core as core;

use crate::{
    ffi::port::PortSink,
    handles::{self, Live},
    logger, runtime,
    system_proxy::system_proxy,
};

/// One field of an HTTP header.
pub struct HeaderField {
    /// The field's name.
    pub name: String,
    /// The field's value.
    pub value: String,
}

/// The URL and the options of a connection. Times are in milliseconds, sizes in bytes; null means the default, or none.
pub struct ConnectRequest {
    /// The URL, with the scheme ws or wss.
    pub url: String,
    /// Subprotocols to offer, in order of preference.
    pub protocols: Vec<String>,
    /// Fields to add to the upgrade request.
    pub headers: Vec<HeaderField>,
    /// The wait before dialling.
    pub delay: Option<u32>,
    /// The limit for the connect, including the handshake.
    pub connect_timeout: Option<u32>,
    /// How long a close waits for the peer.
    pub close_timeout: Option<u32>,
    /// Whether messages are delivered that arrive between a close and the peer's Close frame.
    pub deliver_while_closing: bool,
    /// How long nothing may be received until a ping is sent.
    pub ping_interval: Option<u32>,
    /// The longest interval of pings on a quiet connection.
    pub max_ping_interval: Option<u32>,
    /// How long nothing may be received after a ping.
    pub pong_timeout: Option<u32>,
    /// How long the connection may receive nothing.
    pub idle_timeout: Option<u32>,
    /// The idle time after which TCP sends keep-alive probes.
    pub tcp_keep_alive: Option<u32>,
    /// How long sent data may stay unacknowledged.
    pub tcp_user_timeout: Option<u32>,
    /// The largest message to accept.
    pub max_message_size: Option<i64>,
    /// The largest payload of a data frame to send; null sends each message as one frame.
    pub max_frame_size: Option<i64>,
    /// The maximum of buffered payload.
    pub max_buffered_amount: Option<i64>,
    /// Progress of an incomplete message is reported each time this many more bytes were received.
    pub receive_progress_step: Option<i64>,
    /// Whether text is delivered as its UTF-8 bytes, like binary.
    pub text_as_bytes: bool,
    /// The largest number of redirects to follow.
    pub max_redirects: Option<u32>,
    /// How messages are compressed.
    pub compression: Option<CompressionRequest>,
    /// The largest header of the response to the upgrade.
    pub max_header_size: Option<u32>,
    /// The TLS options.
    pub tls: TlsRequest,
    /// The proxy.
    pub proxy: ProxyRequest,
    /// The address to connect to instead of the URL's host.
    pub address: Option<AddressRequest>,
    /// Whether frames and the steps of connecting are recorded, for an inspector.
    pub record: bool,
}

/// How messages are compressed, if the server agrees (RFC 7692).
pub struct CompressionRequest {
    /// The level, from 1 (fastest) to 9 (smallest).
    pub level: u8,
    /// Messages smaller than this, in bytes, are sent uncompressed.
    pub threshold: i64,
    /// Whether the server compresses each message independently.
    pub server_no_context_takeover: bool,
    /// Whether this side compresses each message independently.
    pub client_no_context_takeover: bool,
    /// The base-2 logarithm of the server's window, from 8 to 15.
    pub server_max_window_bits: u8,
    /// The base-2 logarithm of this side's window, from 8 to 15.
    pub client_max_window_bits: u8,
}

/// The proxy between this device and the server.
pub struct ProxyRequest {
    /// The URL of the proxy, with the scheme http, https, socks5 or socks5h.
    pub url: Option<String>,
    /// The hosts to connect to directly.
    pub no_proxy: Vec<String>,
    /// Whether to take both from the environment instead.
    pub from_environment: bool,
    /// Whether to take both from the system's settings instead.
    pub from_system: bool,
}

/// An address to connect to.
pub struct AddressRequest {
    /// A name or an IP address.
    pub host: String,
    /// The port; null means the URL's.
    pub port: Option<u16>,
}

/// The TLS options of a wss connection. Certificates, lists and keys are PEM or DER.
pub struct TlsRequest {
    /// Certificates to trust besides the default ones.
    pub roots: Vec<Vec<u8>>,
    /// Whether those that were added to Android's settings are trusted too.
    pub user_roots: bool,
    /// Whether only `roots` are trusted.
    pub only_these_roots: bool,
    /// Certificate revocation lists.
    pub revocation_lists: Vec<Vec<u8>>,
    /// Who verifies the server's certificate.
    pub verifier: Verifier,
    /// The client's certificate chain and private key.
    pub identity: Option<TlsIdentity>,
    /// SHA-256 hashes of public keys.
    pub pins: Vec<Vec<u8>>,
    /// The name to send to the server and to verify its certificate against.
    pub server_name: Option<String>,
    /// Disables verification, except for `pins`; anyone on the network can impersonate the server.
    pub dangerously_accept_any_certificate: bool,
}

/// Who verifies a server's certificate.
pub enum Verifier {
    /// The platform on Apple's systems, else the library.
    Automatic,
    /// The library.
    Library,
    /// The platform on Apple's systems and on Windows, else the library.
    Platform,
}

/// The client's certificate chain and private key.
pub struct TlsIdentity {
    /// The certificate chain.
    pub certificates: Vec<u8>,
    /// The private key.
    pub private_key: Vec<u8>,
}

/// Why a connect failed.
pub enum FailureKind {
    /// The URL, a header or an option is invalid.
    InvalidRequest,
    /// The host name has no address.
    Dns,
    /// The server refused the TCP connection.
    Refused,
    /// The host is unreachable.
    Unreachable,
    /// The system does not allow connections to the local network.
    LocalNetwork,
    /// The connect timeout elapsed.
    Timeout,
    /// The TLS handshake failed, see `tls`.
    Tls,
    /// The proxy failed, see `status`.
    Proxy,
    /// The server responded with a status other than 101.
    UpgradeRefused,
    /// The response is not a WebSocket handshake.
    BadReply,
    /// The connection was released or closed before it was open.
    Cancelled,
    /// The library failed, or the error is unknown to this version.
    Internal,
}

/// Why a TLS handshake failed.
pub enum TlsFailureKind {
    /// No trusted authority has signed the certificate.
    Untrusted,
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate is for another host.
    WrongHost,
    /// The certificate was revoked.
    Revoked,
    /// The certificate's key is not pinned.
    PinMismatch,
    /// Another failure.
    Handshake,
}

/// A connect that failed.
pub struct ConnectFailure {
    /// The kind of failure.
    pub kind: FailureKind,
    /// The message, with host and port, without credentials.
    pub message: String,
    /// The operating system's error number.
    pub os_code: Option<i32>,
    /// Why the TLS handshake failed.
    pub tls: Option<TlsFailureKind>,
    /// The HTTP status of a refused upgrade or of a proxy's response.
    pub status: Option<u16>,
    /// The HTTP header of a refused upgrade.
    pub headers: Vec<HeaderField>,
    /// The first bytes of the body of a refused upgrade.
    pub body: Vec<u8>,
}

/// The server's response to the upgrade.
pub struct Handshake {
    /// The subprotocol that it chose.
    pub protocol: Option<String>,
    /// The extensions that it accepted; empty if none.
    pub extensions: String,
    /// The HTTP header of the response.
    pub headers: Vec<HeaderField>,
}

/// Who ended a connection.
pub enum Initiator {
    /// This side.
    Local,
    /// The peer.
    Remote,
    /// Neither side: the connection was lost.
    Neither,
}

/// How an open connection ended.
pub struct Ending {
    /// The close code (RFC 6455 section 7.1.5).
    pub code: u16,
    /// The close reason (RFC 6455 section 7.1.6).
    pub reason: String,
    /// Who ended it.
    pub initiator: Initiator,
    /// Whether both sides sent a Close frame.
    pub clean: bool,
    /// What went wrong.
    pub error: Option<String>,
}

/// What a connection has sent and received. Times are in microseconds, sizes in bytes.
pub struct Stats {
    /// Bytes of frames that were written.
    pub bytes_sent: i64,
    /// Bytes of frames that were read.
    pub bytes_received: i64,
    /// Messages that were sent.
    pub sent: Traffic,
    /// Messages that were received.
    pub received: Traffic,
    /// The number of pings that were answered.
    pub round_trips: u32,
    /// The last round trip.
    pub last_round_trip: i64,
    /// The shortest round trip.
    pub least_round_trip: i64,
    /// The mean of the round trips.
    pub average_round_trip: i64,
    /// How long the connection has been open.
    pub open_for: i64,
}

/// Messages in one direction.
pub struct Traffic {
    /// The number of messages.
    pub messages: i64,
    /// Bytes of their payload.
    pub payload: i64,
    /// Bytes of their payload on the wire, where it may be compressed.
    pub payload_on_wire: i64,
}

/// Starts to connect under a handle of `rust_web_socket_handle_new`, which must be released with [`release`] even if
/// this fails. The connection's events are posted to the native port `port` (see the data path).
#[frb(sync)]
pub fn connect(handle: i64, request: ConnectRequest, port: i64) -> Result<(), ConnectFailure> {
    let runtime = runtime::for_connection()
        .map_err(|error| ConnectFailure::new(FailureKind::Internal, format!("{error:#}")))?;
    let milliseconds = |value: u32| Duration::from_millis(value.into());
    let mut options = core::ConnectOptions::default();
    options.protocols = request.protocols;
    options.headers = request
        .headers
        .into_iter()
        .map(|field| core::HeaderField::new(field.name, field.value))
        .collect();
    options.delay = request.delay.map_or(options.delay, milliseconds);
    options.connect_timeout = request.connect_timeout.map(milliseconds);
    options.close_timeout = request
        .close_timeout
        .map_or(options.close_timeout, milliseconds);
    options.deliver_while_closing = request.deliver_while_closing;
    options.ping_interval = request.ping_interval.map(milliseconds);
    options.max_ping_interval = request.max_ping_interval.map(milliseconds);
    options.pong_timeout = request.pong_timeout.map(milliseconds);
    options.idle_timeout = request.idle_timeout.map(milliseconds);
    options.tcp_keep_alive = request.tcp_keep_alive.map(milliseconds);
    options.tcp_user_timeout = request.tcp_user_timeout.map(milliseconds);
    let size = |value: i64| usize::try_from(value).unwrap_or(usize::MAX);
    if let Some(limit) = request.max_message_size {
        options.max_message_size = Some(size(limit));
    }
    options.max_frame_size = request.max_frame_size.map(size);
    options.max_buffered_amount = request.max_buffered_amount.map(size);
    options.receive_progress_step = request.receive_progress_step.map(size);

    options.compression = request.compression.map(CompressionRequest::into_options);
    options.tls = request.tls.into_options()?;
    options.proxy = request.proxy.into_option();
    options.address = request
        .address
        .map(|address| core::Address::new(address.host, address.port));
    if let Some(limit) = request.max_redirects {
        options.max_redirects = usize::try_from(limit).unwrap_or(usize::MAX);
    }
    if let Some(limit) = request.max_header_size {
        options.max_header_size = usize::try_from(limit).unwrap_or(usize::MAX);
    }

    options.record = request.record;

    let outcome = Arc::<Mutex<_>>::default();
    let sink = PortSink::new(port, Arc::clone(&outcome), request.text_as_bytes);
    let connection = core::Connection::connect(&request.url, options, sink, runtime)?;
    handles::fill(
        handle,
        Live {
            connection,
            outcome,
        },
    );
    Ok(())
}

/// The server's response, after the connection has opened.
#[frb(sync)]
pub fn handshake(handle: i64) -> Option<Handshake> {
    let live = handles::get(handle)?;
    // Dart asks once. An open connection does not keep it.
    let handshake = live.outcome.lock().handshake.take()?;
    Some(Handshake {
        protocol: handshake.protocol,
        extensions: handshake.extensions,
        headers: fields(&handshake.headers),
    })
}

/// Why the connect failed, after it has.
#[frb(sync)]
pub fn failure(handle: i64) -> Option<ConnectFailure> {
    let live = handles::get(handle)?;
    let outcome = live.outcome.lock();
    outcome.failure.as_ref().map(ConnectFailure::from)
}

/// How the connection ended, after it has.
#[frb(sync)]
pub fn ending(handle: i64) -> Option<Ending> {
    let live = handles::get(handle)?;
    let ending = live.outcome.lock().ending.clone()?;
    Some(Ending {
        code: ending.code,
        reason: ending.reason,
        initiator: match ending.initiator {
            core::Initiator::Local => Initiator::Local,
            core::Initiator::Remote => Initiator::Remote,
            core::Initiator::Neither => Initiator::Neither,
        },
        clean: ending.clean,
        error: ending.error,
    })
}

/// Sends queued messages, then a Close frame. Dart has checked code and reason.
#[frb(sync)]
pub fn close(handle: i64, code: Option<u16>, reason: String) {
    if let Some(live) = handles::get(handle) {
        // An invalid code or reason closes without one, so there is nothing to report.
        let _ = live.connection.close(code, &reason);
    }
}

/// Requests one signal `Drained` as soon as at most `mark` bytes are buffered.
#[frb(sync)]
pub fn notify_drained(handle: i64, mark: u32) {
    if let Some(live) = handles::get(handle) {
        let mark = usize::try_from(mark).unwrap_or(usize::MAX);
        live.connection.notify_drained(mark);
    }
}

/// Sends a ping. Its round trip is posted to the port with `token`. Returns false if the connection is closed.
#[frb(sync)]
pub fn ping(handle: i64, token: i64) -> bool {
    let live = handles::get(handle);
    live.is_some_and(|live| live.connection.ping(token.cast_unsigned()).is_ok())
}

/// Replaces the ping interval. Null stops the pings.
#[frb(sync)]
pub fn set_ping_interval(handle: i64, interval: Option<u32>) {
    if let Some(live) = handles::get(handle) {
        let interval = interval.map(|interval| Duration::from_millis(interval.into()));
        live.connection.set_ping_interval(interval);
    }
}

/// What the connection has sent and received so far.
#[frb(sync)]
pub fn stats(handle: i64) -> Option<Stats> {
    let stats = handles::get(handle)?.connection.stats();
    let microseconds = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    Some(Stats {
        bytes_sent: stats.bytes_sent.cast_signed(),
        bytes_received: stats.bytes_received.cast_signed(),
        sent: stats.sent.into(),
        received: stats.received.into(),
        round_trips: stats.round_trips.count,
        last_round_trip: microseconds(stats.round_trips.last),
        least_round_trip: microseconds(stats.round_trips.least),
        average_round_trip: microseconds(stats.round_trips.average()),
        open_for: microseconds(stats.open_for()),
    })
}

/// Starts to post frames to the port, with the first `payload_size` bytes of each payload. Null stops it.
#[frb(sync)]
pub fn trace(handle: i64, payload_size: Option<u32>) {
    if let Some(live) = handles::get(handle) {
        let size = payload_size.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        live.connection.trace(size);
    }
}

/// Posts log records of `level` (1 error to 5 trace) and above to the native port `port`, until the port is closed or
/// `level` is set to 0.
#[frb(sync)]
pub fn set_log_level(port: i64, level: u8) {
    logger::set_level(port, level);
}

/// Releases a connection. A connect is cancelled; an open connection is closed with code 1001.
#[frb(sync)]
pub fn release(handle: i64) {
    handles::remove(handle);
}

/// The number of connections in this process, for tests that look for leaks.
#[frb(sync)]
pub fn live_connections() -> u32 {
    u32::try_from(handles::count()).unwrap_or(u32::MAX)
}

impl ConnectFailure {
    fn new(kind: FailureKind, message: String) -> Self {
        Self {
            kind,
            message,
            os_code: None,
            tls: None,
            status: None,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }
}

impl From<&core::ConnectError> for ConnectFailure {
    fn from(error: &core::ConnectError) -> Self {
        use core::ConnectError as E;
        let kind = match error {
            E::InvalidRequest(_) => FailureKind::InvalidRequest,
            E::Dns { .. } => FailureKind::Dns,
            E::Refused { .. } => FailureKind::Refused,
            E::Unreachable { .. } => FailureKind::Unreachable,
            E::LocalNetwork { .. } => FailureKind::LocalNetwork,
            E::Timeout { .. } => FailureKind::Timeout,
            E::Tls { .. } => FailureKind::Tls,
            E::Proxy { .. } | E::ProxySetting { .. } => FailureKind::Proxy,
            E::UpgradeRefused { .. } => FailureKind::UpgradeRefused,
            E::BadReply { .. } => FailureKind::BadReply,
            E::Cancelled { .. } => FailureKind::Cancelled,
            _ => FailureKind::Internal,
        };
        let mut failure = Self {
            os_code: error.os_code(),
            ..Self::new(kind, error.with_sources())
        };
        match error {
            E::Tls { kind, .. } => failure.tls = Some((*kind).into()),
            E::Proxy { status, .. } => failure.status = *status,
            E::UpgradeRefused { refused, .. } => {
                failure.status = Some(refused.status);
                failure.headers = fields(&refused.headers);
                failure.body.clone_from(&refused.body);
            }
            _ => {}
        }
        failure
    }
}

impl From<core::TlsFailure> for TlsFailureKind {
    fn from(kind: core::TlsFailure) -> Self {
        use core::TlsFailure as T;
        match kind {
            T::Untrusted => Self::Untrusted,
            T::Expired => Self::Expired,
            T::NotYetValid => Self::NotYetValid,
            T::WrongHost => Self::WrongHost,
            T::Revoked => Self::Revoked,
            T::PinMismatch => Self::PinMismatch,
            _ => Self::Handshake,
        }
    }
}

impl CompressionRequest {
    fn into_options(self) -> core::CompressionOptions {
        let mut options = core::CompressionOptions::default();
        options.level = self.level.into();
        options.threshold = usize::try_from(self.threshold).unwrap_or(usize::MAX);
        options.server_no_context_takeover = self.server_no_context_takeover;
        options.client_no_context_takeover = self.client_no_context_takeover;
        options.server_max_window_bits = self.server_max_window_bits;
        options.client_max_window_bits = self.client_max_window_bits;
        options
    }
}

impl ProxyRequest {
    fn into_option(self) -> core::Proxy {
        match self.url {
            _ if self.from_environment => core::Proxy::Environment,
            _ if self.from_system => core::Proxy::System(system_proxy()),
            Some(url) => core::Proxy::Url {
                url,
                no_proxy: self.no_proxy,
            },
            None => core::Proxy::None,
        }
    }
}

impl TlsRequest {
    fn into_options(self) -> Result<core::TlsOptions, ConnectFailure> {
        #[cfg(target_os = "android")]
        core::set_user_roots_reader(crate::java::user_roots);
        let mut options = core::TlsOptions::default();
        options.roots = self.roots;
        options.user_roots = self.user_roots;
        options.only_these_roots = self.only_these_roots;
        options.revocation_lists = self.revocation_lists;
        options.verifier = match self.verifier {
            Verifier::Automatic => core::CertificateVerifier::Automatic,
            Verifier::Library => core::CertificateVerifier::Library,
            Verifier::Platform => core::CertificateVerifier::Platform,
        };
        options.identity = self.identity.map(|identity| core::ClientIdentity {
            certificates: identity.certificates,
            private_key: identity.private_key,
        });
        for pin in self.pins {
            let pin = <[u8; 32]>::try_from(pin).map_err(|pin| {
                let message = format!("A pin in tls.pins has {} bytes, SHA-256 has 32", pin.len());
                ConnectFailure::new(FailureKind::InvalidRequest, message)
            })?;
            options.pins.push(pin);
        }
        options.server_name = self.server_name;
        options.dangerous_accept_any_certificate = self.dangerously_accept_any_certificate;
        Ok(options)
    }
}

impl From<core::Traffic> for Traffic {
    fn from(traffic: core::Traffic) -> Self {
        Self {
            messages: traffic.messages.cast_signed(),
            payload: traffic.payload.cast_signed(),
            payload_on_wire: traffic.payload_on_wire.cast_signed(),
        }
    }
}

impl From<core::ConnectError> for ConnectFailure {
    fn from(error: core::ConnectError) -> Self {
        Self::from(&error)
    }
}

fn fields(headers: &[core::HeaderField]) -> Vec<HeaderField> {
    headers
        .iter()
        .map(|field| HeaderField {
            name: field.name.clone(),
            value: field.value.clone(),
        })
        .collect()
}

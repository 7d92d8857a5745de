//! Control of a connection: connect, what became of it, close, release.
//!
//! Every call is synchronous and returns at once. A handle that is stale, since the connection was released, is no
//! error: such a call does nothing, or answers null.

use std::{sync::Arc, time::Duration};

use flutter_rust_bridge::frb;
use parking_lot::Mutex;
use rust_web_socket_core as core;

use crate::{
    ffi::port::PortSink,
    handles::{self, Live},
    logger, runtime,
};

/// One field of an HTTP header.
pub struct HeaderField {
    /// Field name.
    pub name: String,
    /// Field value.
    pub value: String,
}

/// What to connect to, and how. Times are in milliseconds, sizes in bytes; null stands for the default or for none.
pub struct ConnectRequest {
    /// URL with the scheme ws or wss.
    pub url: String,
    /// Subprotocols to offer, in order of preference.
    pub protocols: Vec<String>,
    /// Fields to add to the upgrade request.
    pub headers: Vec<HeaderField>,
    /// How long to wait before dialling.
    pub delay: Option<u32>,
    /// Limit for all of the connect.
    pub connect_timeout: Option<u32>,
    /// How long a close may wait for the peer.
    pub close_timeout: Option<u32>,
    /// Deliver what arrives between a close and the peer's Close frame.
    pub deliver_while_closing: bool,
    /// Time from the opening or the last pong to the next ping.
    pub ping_interval: Option<u32>,
    /// How long a pong may take.
    pub pong_timeout: Option<u32>,
    /// How long nothing may be received.
    pub idle_timeout: Option<u32>,
    /// TCP asks a silent peer after this.
    pub tcp_keep_alive: Option<u32>,
    /// How long the peer may acknowledge nothing.
    pub tcp_user_timeout: Option<u32>,
    /// Largest message to accept.
    pub max_message_size: Option<i64>,
    /// Largest payload of a data frame to send; none for one frame a message.
    pub max_frame_size: Option<i64>,
    /// How many bytes of payload may be buffered.
    pub max_buffered_amount: Option<i64>,
    /// The owner is told of each so many bytes of a message that is not complete.
    pub receive_progress_step: Option<i64>,
    /// How many redirects are followed.
    pub max_redirects: Option<u32>,
    /// How messages are compressed.
    pub compression: Option<CompressionRequest>,
    /// Largest header to read of the response to the upgrade.
    pub max_header_size: Option<u32>,
    /// How a wss connection is secured.
    pub tls: TlsRequest,
    /// What is in between.
    pub proxy: ProxyRequest,
    /// Where to connect instead of the URL's host.
    pub address: Option<AddressRequest>,
}

/// How messages are compressed, if the server agrees (RFC 7692).
pub struct CompressionRequest {
    /// From 1 to 9.
    pub level: u8,
    /// Smaller messages are sent as they are, in bytes.
    pub threshold: i64,
    /// The server compresses each message by itself.
    pub server_no_context_takeover: bool,
    /// This side does.
    pub client_no_context_takeover: bool,
    /// Window of the server, from 8 to 15.
    pub server_max_window_bits: u8,
    /// Window of this side, from 8 to 15.
    pub client_max_window_bits: u8,
}

/// What is between this machine and the server.
pub struct ProxyRequest {
    /// URL of the proxy, with the scheme http, socks5 or socks5h.
    pub url: Option<String>,
    /// What is connected to without it.
    pub no_proxy: Vec<String>,
    /// Take both from the environment instead.
    pub from_environment: bool,
}

/// Where to connect.
pub struct AddressRequest {
    /// Name or IP address.
    pub host: String,
    /// The URL's if null.
    pub port: Option<u16>,
}

/// How a wss connection is secured. Certificates, lists and keys are PEM or DER.
pub struct TlsRequest {
    /// Certificates to trust beside the default ones.
    pub roots: Vec<Vec<u8>>,
    /// Trust `roots` alone.
    pub only_these_roots: bool,
    /// Revocation lists.
    pub revocation_lists: Vec<Vec<u8>>,
    /// The client's certificate chain and private key.
    pub identity: Option<TlsIdentity>,
    /// SHA-256 hashes of public keys.
    pub pins: Vec<Vec<u8>>,
    /// The name to ask for and to verify.
    pub server_name: Option<String>,
    /// Accept every certificate.
    pub dangerously_accept_any_certificate: bool,
}

/// The client's certificate chain and private key.
pub struct TlsIdentity {
    /// Certificate chain.
    pub certificates: Vec<u8>,
    /// Private key.
    pub private_key: Vec<u8>,
}

/// What made a connect fail.
pub enum FailureKind {
    /// URL, header or option.
    InvalidRequest,
    /// The host name has no address.
    Dns,
    /// Nobody listens.
    Refused,
    /// No way to the host.
    Unreachable,
    /// The time limit.
    Timeout,
    /// TLS: see the kind of it.
    Tls,
    /// The proxy, perhaps with a status.
    Proxy,
    /// The server answered with another status than 101.
    UpgradeRefused,
    /// The server's reply is no WebSocket handshake.
    BadReply,
    /// Released before it was open.
    Cancelled,
    /// The library itself, or something that this version of it does not know.
    Internal,
}

/// What is wrong with a TLS handshake.
pub enum TlsFailureKind {
    /// Nobody who is trusted has signed the certificate.
    Untrusted,
    /// The certificate is past its time.
    Expired,
    /// The certificate's time has not come.
    NotYetValid,
    /// The certificate is for another host.
    WrongHost,
    /// The certificate was revoked.
    Revoked,
    /// The key is none of the pinned ones.
    PinMismatch,
    /// Anything else.
    Handshake,
}

/// A connect that failed.
pub struct ConnectFailure {
    /// What failed.
    pub kind: FailureKind,
    /// The same for people, with host and port, without credentials.
    pub message: String,
    /// The operating system's error number.
    pub os_code: Option<i32>,
    /// What is wrong with the TLS handshake.
    pub tls: Option<TlsFailureKind>,
    /// HTTP status of a refused upgrade, or of a proxy's refusal.
    pub status: Option<u16>,
    /// HTTP header of a refused upgrade.
    pub headers: Vec<HeaderField>,
    /// First bytes of the body of a refused upgrade.
    pub body: Vec<u8>,
}

/// The server's answer to the upgrade.
pub struct Handshake {
    /// The subprotocol that it chose.
    pub protocol: Option<String>,
    /// The extensions that it accepted, empty for none.
    pub extensions: String,
    /// HTTP header of the answer.
    pub headers: Vec<HeaderField>,
}

/// Who ended a connection.
pub enum Initiator {
    /// This side.
    Local,
    /// The peer.
    Remote,
    /// The line was lost.
    Line,
}

/// How an open connection ended.
pub struct Ending {
    /// Close code, RFC 6455 section 7.1.5.
    pub code: u16,
    /// Close reason, RFC 6455 section 7.1.6.
    pub reason: String,
    /// Who ended it.
    pub initiator: Initiator,
    /// Whether both sides sent a Close frame.
    pub clean: bool,
    /// What went wrong.
    pub error: Option<String>,
}

/// What a connection has carried. Times are in microseconds, sizes in bytes.
pub struct Stats {
    /// Bytes of frames that were written.
    pub bytes_sent: i64,
    /// Bytes of frames that were read.
    pub bytes_received: i64,
    /// Messages that were written.
    pub sent: Traffic,
    /// Messages that were read.
    pub received: Traffic,
    /// Pings that were answered.
    pub round_trips: u32,
    /// The last round trip.
    pub last_round_trip: i64,
    /// The shortest round trip.
    pub least_round_trip: i64,
    /// The mean of the round trips.
    pub average_round_trip: i64,
    /// Time open.
    pub open_for: i64,
}

/// Messages in one direction.
pub struct Traffic {
    /// How many.
    pub messages: i64,
    /// Bytes of their payload.
    pub payload: i64,
    /// Bytes of their payload on the wire.
    pub payload_on_wire: i64,
}

/// Starts to connect under a handle of `rust_web_socket_handle_new`, which is to be released with [`release`], also if
/// this fails. What happens to the connection is posted to the native port `port` (see the data path).
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

    let outcome = Arc::<Mutex<_>>::default();
    let sink = PortSink::new(port, Arc::clone(&outcome));
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

/// What the server answered, once the connection is open.
#[frb(sync)]
pub fn handshake(handle: i64) -> Option<Handshake> {
    let live = handles::get(handle)?;
    let handshake = live.outcome.lock().handshake.clone()?;
    Some(Handshake {
        protocol: handshake.protocol,
        extensions: handshake.extensions,
        headers: fields(&handshake.headers),
    })
}

/// Why the connection was not made, once that is known.
#[frb(sync)]
pub fn failure(handle: i64) -> Option<ConnectFailure> {
    let live = handles::get(handle)?;
    let outcome = live.outcome.lock();
    outcome.failure.as_ref().map(ConnectFailure::from)
}

/// How the connection ended, once it has.
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
            core::Initiator::Line => Initiator::Line,
        },
        clean: ending.clean,
        error: ending.error,
    })
}

/// Sends what is queued, then a Close frame. Code and reason are checked before, in Dart.
#[frb(sync)]
pub fn close(handle: i64, code: Option<u16>, reason: String) {
    if let Some(live) = handles::get(handle) {
        // An unfit code or reason closes without one, so there is nothing to report.
        let _ = live.connection.close(code, &reason);
    }
}

/// Asks for one signal `Drained`, as soon as at most `mark` bytes are buffered.
#[frb(sync)]
pub fn notify_drained(handle: i64, mark: u32) {
    if let Some(live) = handles::get(handle) {
        let mark = usize::try_from(mark).unwrap_or(usize::MAX);
        live.connection.notify_drained(mark);
    }
}

/// Sends a ping, whose round trip is posted to the port with its token. False if the connection is closed.
#[frb(sync)]
pub fn ping(handle: i64, token: i64) -> bool {
    let live = handles::get(handle);
    live.is_some_and(|live| live.connection.ping(token.cast_unsigned()).is_ok())
}

/// Sends pings in another interval from now on; none for null.
#[frb(sync)]
pub fn set_ping_interval(handle: i64, interval: Option<u32>) {
    if let Some(live) = handles::get(handle) {
        let interval = interval.map(|interval| Duration::from_millis(interval.into()));
        live.connection.set_ping_interval(interval);
    }
}

/// What the connection has carried so far.
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

/// Posts frames to the port from now on, with so many bytes of each payload; none for null.
#[frb(sync)]
pub fn trace(handle: i64, payload_size: Option<u32>) {
    if let Some(live) = handles::get(handle) {
        let size = payload_size.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        live.connection.trace(size);
    }
}

/// Posts what Rust logs, at `level` (1 error to 5 trace) and above, to the native port `port`, until the port is closed
/// or `level` is 0.
#[frb(sync)]
pub fn set_log_level(port: i64, level: u8) {
    logger::set_level(port, level);
}

/// Lets go of a connection: a connect is cancelled, an open connection closed with code 1001.
#[frb(sync)]
pub fn release(handle: i64) {
    handles::remove(handle);
}

/// How many connections this process holds, for tests that look for what is left behind.
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
            E::Timeout { .. } => FailureKind::Timeout,
            E::Tls { .. } => FailureKind::Tls,
            E::Proxy { .. } => FailureKind::Proxy,
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
        let mut options = core::TlsOptions::default();
        options.roots = self.roots;
        options.only_these_roots = self.only_these_roots;
        options.revocation_lists = self.revocation_lists;
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

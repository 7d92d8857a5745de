//! The request for the upgrade, and the validation of the response (RFC 6455 sections 4.1 and 4.2.2). It does
//! not connect: [`perform`](super::perform) calls it with a byte stream.

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use url::{Position, Url};

use crate::{
    CompressionOptions, ConnectError, ConnectOptions, HeaderField,
    error::invalid_option,
    handshake::refusal::{Answer, Refusal},
    net::{
        http::{
            credentials::Credentials,
            response::{NoResponse, Response},
        },
        route::Route,
        stream::HandshakeFailure,
        target::Target,
        tls::Tls,
        zone::split_zone,
    },
};
use rust_web_socket_protocol::{Agreement, is_token, negotiated};

/// The server's response to the upgrade.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Handshake {
    /// The subprotocol that the server chose (RFC 6455 section 4.2.2). It may be one that was not offered: the owner
    /// decides what to do then.
    pub protocol: Option<String>,
    /// The server's Sec-WebSocket-Extensions, or an empty string.
    pub extensions: String,
    /// The header fields of the 101 response, in order.
    pub headers: Vec<HeaderField>,
    /// The negotiated compression.
    pub(crate) agreement: Option<Agreement>,
}

/// The subprotocol may be a token that the client offered. It is secret and never printed.
impl std::fmt::Debug for Handshake {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Handshake")
            .field("extensions", &self.extensions)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// A request that is ready to be sent, and the expected values of the response.
pub(crate) struct Upgrade {
    pub(crate) url: Url,
    /// The URL's host and port.
    pub(crate) target: Target,
    /// The route to the target.
    pub(crate) route: Route,
    /// Present for wss.
    pub(crate) tls: Option<Tls>,
    pub(crate) max_header_size: usize,
    request: Vec<u8>,
    pub(crate) accept: String,
    /// The compression that was offered.
    compression: Option<CompressionOptions>,
}

/// The URL and the request are secret, never printed.
impl std::fmt::Debug for Upgrade {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Upgrade")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

impl Upgrade {
    /// Checks the URL and the options, so that invalid ones fail before anything is sent.
    pub(crate) fn new(url: &str, options: &ConnectOptions) -> Result<Self, ConnectError> {
        let (url, zone) = split_zone(url);
        let url = Url::parse(&url)
            .map_err(|error| ConnectError::InvalidRequest(format!("Not a URL: {error}")))?;
        Self::for_url(url, zone, options)
    }

    /// Like [`new`](Self::new), for a parsed URL and the zone id of its address.
    pub(crate) fn for_url(
        url: Url,
        zone: Option<String>,
        options: &ConnectOptions,
    ) -> Result<Self, ConnectError> {
        let secure = match url.scheme() {
            "ws" => false,
            "wss" => true,
            scheme => {
                return Err(ConnectError::InvalidRequest(format!(
                    "Scheme '{scheme}' is not supported: use ws or wss"
                )));
            }
        };
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(ConnectError::InvalidRequest("The URL has no host".into()));
        };
        let target = Target {
            zone,
            ..Target::new(host, port)
        };
        let tls = if secure {
            Some(Tls::new(&options.tls, &target.host)?)
        } else {
            None
        };
        if let Some(compression) = &options.compression {
            compression.check().map_err(|error| {
                let option = match error.field {
                    "server_max_window_bits" => "compression.serverMaxWindowBits",
                    "client_max_window_bits" => "compression.clientMaxWindowBits",
                    _ => "compression.level",
                };
                invalid_option(option, error)
            })?;
        }
        if options.max_header_size == 0 {
            let error = "it must be greater than 0";
            return Err(invalid_option("maxHeaderSize", error));
        }
        let key = generate_key();
        let request = request(&url, options, &key)?;
        Ok(Self {
            route: Route::new(&url, &target, options)?,
            target,
            tls,
            max_header_size: options.max_header_size,
            request,
            accept: derive_accept_key(key.as_bytes()),
            compression: options.compression.clone(),
            url,
        })
    }

    /// Sends the request and reads the header of the response.
    pub(crate) async fn perform<S>(&self, stream: &mut S) -> Result<Answer, HandshakeFailure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let lost = |detail| HandshakeFailure::Lost(self.target.bad_reply(detail));
        let broken = |error| lost(format!("the connection failed ({error})"));
        stream.write_all(&self.request).await.map_err(broken)?;
        // TLS buffers bytes that the operating system does not accept, and reading does not send them.
        stream.flush().await.map_err(broken)?;
        let (response, received) =
            Response::read(stream, self.max_header_size)
                .await
                .map_err(|error| match error {
                    NoResponse::Lost(detail) => lost(detail),
                    NoResponse::Invalid(detail) => self.target.bad_reply(detail).into(),
                })?;
        if response.status != 101 {
            let refusal = Refusal::new(&self.target, response, received);
            return Ok(Answer::Refused(refusal));
        }
        Ok(Answer::Upgraded(self.accept(response)?, received))
    }

    /// Validates a 101 response (RFC 6455 section 4.1).
    fn accept(&self, response: Response) -> Result<Handshake, ConnectError> {
        if !response.has_token("upgrade", "websocket") {
            return Err(self
                .target
                .bad_reply("its Upgrade header does not name websocket"));
        }
        if !response.has_token("connection", "upgrade") {
            return Err(self
                .target
                .bad_reply("its Connection header does not name Upgrade"));
        }
        if response.field("sec-websocket-accept") != Some(self.accept.as_str()) {
            return Err(self
                .target
                .bad_reply("its Sec-WebSocket-Accept does not match the key"));
        }
        let extensions: Vec<_> = response
            .fields("sec-websocket-extensions")
            .filter(|field| !field.is_empty())
            .collect();
        let agreement = negotiated(self.compression.as_ref(), extensions.iter().copied())
            .map_err(|detail| self.target.bad_reply(detail))?;
        let protocol = response
            .field("sec-websocket-protocol")
            .filter(|value| !value.is_empty())
            .map(str::to_owned);
        Ok(Handshake {
            protocol,
            extensions: extensions.join(", "),
            agreement,
            headers: response.headers,
        })
    }
}

/// Formats the request.
fn request(url: &Url, options: &ConnectOptions, key: &str) -> Result<Vec<u8>, ConnectError> {
    let mut protocols = options.protocols.clone();
    let mut fields = Vec::new();
    for (index, field) in options.headers.iter().enumerate() {
        check_field(index, field)?;
        match field.name.to_ascii_lowercase().as_str() {
            "connection"
            | "upgrade"
            | "sec-websocket-key"
            | "sec-websocket-version"
            | "sec-websocket-extensions" => {}
            "sec-websocket-protocol" => {
                protocols.extend(
                    field
                        .value
                        .split(',')
                        .map(|protocol| protocol.trim().to_owned())
                        // A list may have empty members (RFC 9110 section 5.6.1).
                        .filter(|protocol| !protocol.is_empty()),
                );
            }
            _ => fields.push(HeaderField::new(
                canonical_name(&field.name),
                field.value.clone(),
            )),
        }
    }
    // Not the protocol itself, which may be secret.
    if let Some(index) = protocols.iter().position(|protocol| !is_token(protocol)) {
        return Err(ConnectError::InvalidRequest(format!(
            "Subprotocol {} of {} is not an HTTP token",
            index + 1,
            protocols.len()
        )));
    }
    let has = |name: &str| {
        fields
            .iter()
            .any(|field| field.name.eq_ignore_ascii_case(name))
    };

    let mut head = vec![
        HeaderField::new("Connection", "Upgrade"),
        HeaderField::new("Upgrade", "websocket"),
    ];
    if !has("host") {
        head.insert(
            0,
            HeaderField::new("Host", &url[Position::BeforeHost..Position::AfterPort]),
        );
    }
    if let Some(credentials) = Credentials::of(url)
        && !has("authorization")
    {
        head.push(HeaderField::new("Authorization", credentials.basic()));
    }
    head.push(HeaderField::new("Sec-WebSocket-Version", "13"));
    head.push(HeaderField::new("Sec-WebSocket-Key", key));
    if !protocols.is_empty() {
        head.push(HeaderField::new(
            "Sec-WebSocket-Protocol",
            protocols.join(", "),
        ));
    }
    if let Some(compression) = &options.compression {
        head.push(HeaderField::new(
            "Sec-WebSocket-Extensions",
            compression.offer(),
        ));
    }
    let mut text = format!(
        "GET {} HTTP/1.1\r\n",
        &url[Position::BeforePath..Position::AfterQuery]
    );
    for field in head.iter().chain(&fields) {
        text.push_str(&format!("{}: {}\r\n", field.name, field.value));
    }
    text.push_str("\r\n");
    Ok(text.into_bytes())
}

/// A line break or NUL in a field would allow its author to add other fields or requests.
fn check_field(index: usize, field: &HeaderField) -> Result<(), ConnectError> {
    if !is_token(&field.name) {
        // Not the name itself, which may be a whole field.
        return Err(ConnectError::InvalidRequest(format!(
            "The name of header {} is not an HTTP token",
            index + 1
        )));
    }
    if field.value.contains(['\r', '\n', '\0']) {
        return Err(ConnectError::InvalidRequest(format!(
            "The value of header {} has a line break or NUL",
            field.name
        )));
    }
    Ok(())
}

/// `user-agent` becomes `User-Agent`. A name with capital letters is not changed.
fn canonical_name(name: &str) -> String {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return name.to_owned();
    }
    let mut at_start = true;
    name.chars()
        .map(|letter| {
            let written = if at_start {
                letter.to_ascii_uppercase()
            } else {
                letter
            };
            at_start = letter == '-';
            written
        })
        .collect()
}

#[cfg(test)]
mod tests;

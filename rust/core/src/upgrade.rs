//! The opening handshake (RFC 6455 section 4) over HTTP/1.1.
//!
//! Not tungstenite's own: that one refuses servers which dart:io and the browsers accept (a subprotocol that is not
//! echoed, a `Connection` with more than one token), and hides the response of a server that refuses.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use url::{Position, Url};

use crate::{
    ConnectError, ConnectOptions, HeaderField, RefusedUpgrade,
    body::{BodyEnd, read_start},
    dial::Target,
    tls::Tls,
};

/// A response header larger than this is no answer to a WebSocket handshake.
const MAX_HEAD_SIZE: usize = 64 * 1024;
/// More fields than this, likewise.
const MAX_HEADER_FIELDS: usize = 256;

/// What the server answered to the upgrade.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// The subprotocol that the server chose. It is not checked against the offered ones: owners differ in what
    /// they do about a server that chooses one on its own.
    pub protocol: Option<String>,
    /// The header of the 101 response.
    pub headers: Vec<HeaderField>,
}

/// The request, ready to be sent, and what the response must prove.
#[derive(Debug)]
pub(crate) struct Upgrade {
    pub(crate) url: Url,
    pub(crate) target: Target,
    /// For wss.
    pub(crate) tls: Option<Tls>,
    request: Vec<u8>,
    accept: String,
}

impl Upgrade {
    /// Checks URL and header, so that a bad one fails before anything is sent.
    pub(crate) fn new(url: &str, options: &ConnectOptions) -> Result<Self, ConnectError> {
        let url = Url::parse(url)
            .map_err(|error| ConnectError::InvalidRequest(format!("Not a URL: {error}")))?;
        Self::for_url(url, options)
    }

    /// The same for a URL that has been parsed.
    pub(crate) fn for_url(url: Url, options: &ConnectOptions) -> Result<Self, ConnectError> {
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
        let target = Target::new(host, port);
        let tls = if secure {
            Some(Tls::new(&options.tls, &target.host)?)
        } else {
            None
        };
        let key = generate_key();
        let request = request(&url, options, &key)?;
        Ok(Self {
            target,
            tls,
            request,
            accept: derive_accept_key(key.as_bytes()),
            url,
        })
    }

    /// Sends the request and reads the response. What came after it in the same segments belongs to the frames.
    pub(crate) async fn perform<S>(
        &self,
        stream: &mut S,
    ) -> Result<(Handshake, Vec<u8>), ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let io_error = |error: std::io::Error| {
            self.target
                .bad_reply(format!("the connection broke ({error})"))
        };
        stream.write_all(&self.request).await.map_err(io_error)?;
        let mut received = Vec::with_capacity(1024);
        let response = loop {
            if let Some(response) = self.parse(&received)? {
                received.drain(..response.head_size);
                if response.is_interim() {
                    continue;
                }
                break response;
            }
            if received.len() >= MAX_HEAD_SIZE {
                return Err(self
                    .target
                    .bad_reply(format!("its header is larger than {MAX_HEAD_SIZE} bytes")));
            }
            if stream.read_buf(&mut received).await.map_err(io_error)? == 0 {
                let detail = if received.is_empty() {
                    "it closed the connection"
                } else {
                    "it broke off in its header"
                };
                return Err(self.target.bad_reply(detail));
            }
        };
        if response.status != 101 {
            let body = read_start(received, response.body_end(), stream).await;
            let refused = Box::new(RefusedUpgrade {
                status: response.status,
                headers: response.headers,
                body,
            });
            return Err(ConnectError::UpgradeRefused {
                host: self.target.host.clone(),
                port: self.target.port,
                refused,
            });
        }
        let handshake = self.accept(response)?;
        Ok((handshake, received))
    }

    fn parse(&self, received: &[u8]) -> Result<Option<Response>, ConnectError> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADER_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let mut parser = httparse::ParserConfig::default();
        parser.allow_obsolete_multiline_headers_in_responses(true);
        let head_size = match parser.parse_response(&mut response, received) {
            Ok(httparse::Status::Complete(size)) => size,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => {
                let start =
                    String::from_utf8_lossy(&received[..received.len().min(64)]).into_owned();
                return Err(self
                    .target
                    .bad_reply(format!("no HTTP/1.1 response ({error}): {start:?}")));
            }
        };
        let headers = response.headers.iter().map(|field| HeaderField {
            name: field.name.to_owned(),
            value: unfolded(&String::from_utf8_lossy(field.value)),
        });
        Ok(Some(Response {
            status: response.code.unwrap_or_default(),
            headers: headers.collect(),
            head_size,
        }))
    }

    /// The client's checks of a 101 response, RFC 6455 section 4.1.
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
                .bad_reply("its Sec-WebSocket-Accept does not fit the key that was sent"));
        }
        if let Some(extensions) = response
            .fields("sec-websocket-extensions")
            .find(|value| !value.is_empty())
        {
            return Err(self.target.bad_reply(format!(
                "it uses an extension that was not offered: {extensions}"
            )));
        }
        let protocol = response
            .field("sec-websocket-protocol")
            .filter(|value| !value.is_empty())
            .map(str::to_owned);
        Ok(Handshake {
            protocol,
            headers: response.headers,
        })
    }
}

struct Response {
    status: u16,
    headers: Vec<HeaderField>,
    head_size: usize,
}

impl Response {
    /// 100 Continue and its like come before the real response (RFC 9110 section 15.2).
    fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    fn body_end(&self) -> BodyEnd {
        let length = self
            .field("content-length")
            .and_then(|value| value.parse().ok());
        match length {
            // These have none (RFC 9112 section 6.3).
            _ if matches!(self.status, 204 | 304) => BodyEnd::Length(0),
            _ if self.has_token("transfer-encoding", "chunked") => BodyEnd::LastChunk,
            Some(length) => BodyEnd::Length(length),
            None => BodyEnd::Eof,
        }
    }

    fn fields(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value.as_str())
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields(name).next()
    }

    fn has_token(&self, name: &str, token: &str) -> bool {
        self.fields(name)
            .flat_map(|value| value.split(','))
            .any(|item| item.trim().eq_ignore_ascii_case(token))
    }
}

/// A value that was folded over several lines (obsolete, RFC 9112 section 5.2) means the same on one.
fn unfolded(value: &str) -> String {
    let lines: Vec<_> = value.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}

/// The bytes of the request.
fn request(url: &Url, options: &ConnectOptions, key: &str) -> Result<Vec<u8>, ConnectError> {
    let mut protocols = options.protocols.clone();
    let mut fields = Vec::new();
    for field in &options.headers {
        check_field(field)?;
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
    if let Some(protocol) = protocols.iter().find(|protocol| !is_token(protocol)) {
        return Err(ConnectError::InvalidRequest(format!(
            "Subprotocol {protocol:?} is not an HTTP token"
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
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    if has_credentials && !has("authorization") {
        head.push(HeaderField::new("Authorization", basic_credentials(url)));
    }
    head.push(HeaderField::new("Sec-WebSocket-Version", "13"));
    head.push(HeaderField::new("Sec-WebSocket-Key", key));
    if !protocols.is_empty() {
        head.push(HeaderField::new(
            "Sec-WebSocket-Protocol",
            protocols.join(", "),
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

/// Credentials in the URL are Basic authentication (RFC 7617).
fn basic_credentials(url: &Url) -> String {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let mut credentials = decode(url.username());
    credentials.push(b':');
    credentials.extend(decode(url.password().unwrap_or_default()));
    format!("Basic {}", BASE64.encode(credentials))
}

/// A line break or NUL in a field would let its author write fields, or a request, of his own.
fn check_field(field: &HeaderField) -> Result<(), ConnectError> {
    if !is_token(&field.name) {
        return Err(ConnectError::InvalidRequest(format!(
            "Header name {:?} is not an HTTP token",
            field.name
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

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// `user-agent` becomes `User-Agent`; a name that has capitals stays as it is.
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
#[path = "upgrade_tests.rs"]
mod tests;

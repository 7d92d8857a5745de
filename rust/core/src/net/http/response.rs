//! Reads the header of an HTTP/1.1 response (RFC 9112). The proxy's tunnel and the handshake call it.

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{HeaderField, net::http::body::BodyEnd};

/// The maximum number of header fields. A response with more is invalid.
pub(crate) const MAX_HEADER_FIELDS: usize = 256;

/// The first bytes of a header are parsed whenever some arrive, since data that is not HTTP may have no end of line.
/// After this many bytes a header is parsed only when it ends: parsing it for each byte would take quadratic time.
pub(crate) const FIRST_LOOK: usize = 1024;

#[cfg(test)]
thread_local! {
    /// The number of bytes parsed or searched, for tests.
    pub(crate) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts the bytes that are parsed or searched, for tests.
fn look(bytes: &[u8]) -> &[u8] {
    #[cfg(test)]
    LOOKED_AT.set(LOOKED_AT.get() + bytes.len());
    bytes
}

/// The header of an HTTP/1.1 response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<HeaderField>,
}

/// Why there is no valid response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoResponse {
    /// The connection ended before the response was complete.
    #[error("{0}")]
    Lost(String),
    /// The response is invalid.
    #[error("{0}")]
    Invalid(String),
}

impl Response {
    /// Reads the header of the final response. `max_size` is its maximum size in bytes, including interim responses
    /// before it. The second result are the bytes that arrived after it.
    pub(crate) async fn read(
        stream: &mut (impl AsyncRead + Unpin),
        max_size: usize,
    ) -> Result<(Self, Vec<u8>), NoResponse> {
        let too_large = || {
            NoResponse::Invalid(format!(
                "its header is larger than {max_size} bytes, the limit of the option maxHeaderSize"
            ))
        };
        let mut left = max_size;
        let mut received = Vec::with_capacity(FIRST_LOOK);
        // There is no blank line before this position.
        let mut searched = 0;
        loop {
            // Line breaks before the status line are ignored (RFC 9112 section 2.2).
            let blank = received.iter().take_while(|it| b"\r\n".contains(it));
            let blank = look(&received[..blank.count()]).len();
            received.drain(..blank);
            left = left.checked_sub(blank).ok_or_else(too_large)?;

            let may_end = received.len() <= FIRST_LOOK || has_blank_line(&received, searched);
            searched = received.len();
            if may_end && let Some((response, head_size)) = Self::parse(&received)? {
                left = left.checked_sub(head_size).ok_or_else(too_large)?;
                received.drain(..head_size);
                searched = 0;
                if response.is_interim() {
                    continue;
                }
                return Ok((response, received));
            }
            if received.len() >= left {
                return Err(too_large());
            }
            let read = stream
                .read_buf(&mut received)
                .await
                .map_err(|error| NoResponse::Lost(format!("the connection failed ({error})")))?;
            if read == 0 {
                return Err(NoResponse::Lost(if received.is_empty() {
                    "it closed the connection".into()
                } else {
                    "it closed the connection within its header".into()
                }));
            }
        }
    }

    /// Parses the response. Returns it with the size of its header in bytes, or `None` if it is incomplete.
    fn parse(received: &[u8]) -> Result<Option<(Self, usize)>, NoResponse> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADER_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let mut parser = httparse::ParserConfig::default();
        parser.allow_obsolete_multiline_headers_in_responses(true);
        let head_size = match parser.parse_response(&mut response, look(received)) {
            Ok(httparse::Status::Complete(size)) => size,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => {
                // A server that echoes the request: it contains secrets, so it is not shown.
                if received.starts_with(b"GET ") || received.starts_with(b"CONNECT ") {
                    let detail = "not an HTTP/1.1 response but the request itself";
                    return Err(NoResponse::Invalid(detail.into()));
                }
                let start = String::from_utf8_lossy(&received[..received.len().min(64)]);
                return Err(NoResponse::Invalid(format!(
                    "not an HTTP/1.1 response ({error}): {start:?}"
                )));
            }
        };
        let headers = response.headers.iter().map(|field| HeaderField {
            name: field.name.to_owned(),
            value: unfolded(&String::from_utf8_lossy(field.value)),
        });
        let response = Self {
            status: response.code.unwrap_or_default(),
            headers: headers.collect(),
        };
        Ok(Some((response, head_size)))
    }

    /// Whether it is an interim response, such as 100 Continue (RFC 9110 section 15.2).
    fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    pub(crate) fn body_end(&self) -> BodyEnd {
        let length = self
            .field("content-length")
            .and_then(|value| value.parse().ok());
        match length {
            // They have no body (RFC 9112 section 6.3).
            _ if matches!(self.status, 204 | 304) => BodyEnd::Length(0),
            _ if self.has_token("transfer-encoding", "chunked") => BodyEnd::LastChunk,
            Some(length) => BodyEnd::Length(length),
            None => BodyEnd::Eof,
        }
    }

    pub(crate) fn fields(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value.as_str())
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields(name).next()
    }

    pub(crate) fn has_token(&self, name: &str, token: &str) -> bool {
        self.fields(name)
            .flat_map(|value| value.split(','))
            .any(|item| item.trim().eq_ignore_ascii_case(token))
    }
}

/// Whether a blank line ends after position `searched`. Every header ends with one.
fn has_blank_line(received: &[u8], searched: usize) -> bool {
    let new = look(
        received
            .get(searched.saturating_sub(2)..)
            .unwrap_or_default(),
    );
    new.windows(2).any(|it| it == b"\n\n") || new.windows(3).any(|it| it == b"\n\r\n")
}

/// Joins a value that was folded over several lines (obsolete, RFC 9112 section 5.2).
fn unfolded(value: &str) -> String {
    let lines: Vec<_> = value.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}

//! The header of an HTTP/1.1 response.

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{HeaderField, net::http::body::BodyEnd};

/// A header with more fields than this is no answer to what is asked here.
pub(crate) const MAX_HEADER_FIELDS: usize = 256;

/// So much is looked at as it comes: what is no HTTP may never end its first line. After that a header is looked at when
/// it ends, since one that comes byte by byte would take time with the square of its size.
pub(crate) const FIRST_LOOK: usize = 1024;

#[cfg(test)]
thread_local! {
    /// Bytes that were looked at, each as often as it was.
    pub(crate) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Bytes that are looked at, which tests count.
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

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoResponse {
    /// The line ended before there was one.
    #[error("{0}")]
    Lost(String),
    /// What came is none that can be used.
    #[error("{0}")]
    Unfit(String),
}

impl Response {
    /// Reads the header of the final response, which may have `max_size` bytes together with the interim ones before
    /// it. What came after it in the same segments is the second result.
    pub(crate) async fn read(
        stream: &mut (impl AsyncRead + Unpin),
        max_size: usize,
    ) -> Result<(Self, Vec<u8>), NoResponse> {
        let too_large = || {
            NoResponse::Unfit(format!(
                "its header is larger than {max_size} bytes, which is the option maxHeaderSize"
            ))
        };
        let mut left = max_size;
        let mut received = Vec::with_capacity(FIRST_LOOK);
        // No blank line ends before this.
        let mut searched = 0;
        loop {
            // Before the first line these mean nothing (RFC 9112 section 2.2).
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
                .map_err(|error| NoResponse::Lost(format!("the connection broke ({error})")))?;
            if read == 0 {
                return Err(NoResponse::Lost(if received.is_empty() {
                    "it closed the connection".into()
                } else {
                    "it broke off in its header".into()
                }));
            }
        }
    }

    /// The response and the size of its header, if all of it is there.
    fn parse(received: &[u8]) -> Result<Option<(Self, usize)>, NoResponse> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADER_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let mut parser = httparse::ParserConfig::default();
        parser.allow_obsolete_multiline_headers_in_responses(true);
        let head_size = match parser.parse_response(&mut response, look(received)) {
            Ok(httparse::Status::Complete(size)) => size,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => {
                // It has secrets.
                if received.starts_with(b"GET ") || received.starts_with(b"CONNECT ") {
                    let detail = "no HTTP/1.1 response (it sends the request back)";
                    return Err(NoResponse::Unfit(detail.into()));
                }
                let start = String::from_utf8_lossy(&received[..received.len().min(64)]);
                return Err(NoResponse::Unfit(format!(
                    "no HTTP/1.1 response ({error}): {start:?}"
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

    /// 100 Continue and its like come before the real response (RFC 9110 section 15.2).
    fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    pub(crate) fn body_end(&self) -> BodyEnd {
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

/// Whether a blank line ends after the byte number `searched`, as every header does.
fn has_blank_line(received: &[u8], searched: usize) -> bool {
    let new = look(
        received
            .get(searched.saturating_sub(2)..)
            .unwrap_or_default(),
    );
    new.windows(2).any(|it| it == b"\n\n") || new.windows(3).any(|it| it == b"\n\r\n")
}

/// A value that was folded over several lines (obsolete, RFC 9112 section 5.2) means the same on one.
fn unfolded(value: &str) -> String {
    let lines: Vec<_> = value.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{HeaderField, body::BodyEnd};

/// A header larger than this is no answer to what is asked here.
pub(crate) const MAX_HEAD_SIZE: usize = 64 * 1024;
/// More fields than this, likewise.
pub(crate) const MAX_HEADER_FIELDS: usize = 256;

/// The header of an HTTP/1.1 response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<HeaderField>,
}

impl Response {
    /// Reads the header of the final response. What came after it in the same segments is the second result; the
    /// error says what is wrong with the response.
    pub(crate) async fn read(
        stream: &mut (impl AsyncRead + Unpin),
    ) -> Result<(Self, Vec<u8>), String> {
        let mut received = Vec::with_capacity(1024);
        // They count too: a server could go on with them for ever.
        let mut interim_size = 0;
        loop {
            if let Some((response, head_size)) = Self::parse(&received)? {
                received.drain(..head_size);
                if response.is_interim() {
                    interim_size += head_size;
                    continue;
                }
                return Ok((response, received));
            }
            if interim_size + received.len() >= MAX_HEAD_SIZE {
                return Err(format!("its header is larger than {MAX_HEAD_SIZE} bytes"));
            }
            let read = stream.read_buf(&mut received).await;
            if read.map_err(|error| format!("the connection broke ({error})"))? == 0 {
                return Err(if received.is_empty() {
                    "it closed the connection".into()
                } else {
                    "it broke off in its header".into()
                });
            }
        }
    }

    /// The response and the size of its header, if all of it is there.
    fn parse(received: &[u8]) -> Result<Option<(Self, usize)>, String> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADER_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let mut parser = httparse::ParserConfig::default();
        parser.allow_obsolete_multiline_headers_in_responses(true);
        let head_size = match parser.parse_response(&mut response, received) {
            Ok(httparse::Status::Complete(size)) => size,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => {
                let start = String::from_utf8_lossy(&received[..received.len().min(64)]);
                return Err(format!("no HTTP/1.1 response ({error}): {start:?}"));
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

/// A value that was folded over several lines (obsolete, RFC 9112 section 5.2) means the same on one.
fn unfolded(value: &str) -> String {
    let lines: Vec<_> = value.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}

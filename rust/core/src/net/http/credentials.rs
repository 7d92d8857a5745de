//! The user name and password of a URL, for the server (Basic) and for proxies (Basic, SOCKS). They are never
//! printed. The handshake and the option `proxy` call it.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use percent_encoding::percent_decode_str;
use url::Url;

/// The user name and the password of a URL, percent-decoded.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) user: Vec<u8>,
    pub(crate) password: Vec<u8>,
}

/// Secret, never printed.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Credentials")
    }
}

impl Credentials {
    /// The credentials of the URL, if it has any.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        if url.username().is_empty() && url.password().is_none() {
            return None;
        }
        Some(Self {
            user: percent_decode_str(url.username()).collect(),
            password: percent_decode_str(url.password().unwrap_or_default()).collect(),
        })
    }

    /// The value of an Authorization field for Basic authentication (RFC 7617).
    pub(crate) fn basic(&self) -> String {
        let pair = [&self.user[..], b":", &self.password].concat();
        format!("Basic {}", BASE64.encode(pair))
    }

    /// Whether a SOCKS proxy can receive them (RFC 1929 section 2): 1 to 255 bytes each.
    pub(crate) fn fit_socks(&self) -> bool {
        [&self.user, &self.password]
            .into_iter()
            .all(|text| (1..=255).contains(&text.len()) && std::str::from_utf8(text).is_ok())
    }
}

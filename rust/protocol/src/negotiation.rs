//! The negotiation of permessage-deflate (RFC 7692 section 7.1): the offer in the request, and the check of the
//! response.
//!
//! The core's handshake calls it. It does not compress.

/// How messages are compressed if the server accepts permessage-deflate (RFC 7692).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompressionOptions {
    /// The compression level, from 1 (fastest) to 9 (smallest). Default: 1. On 4 KiB of JSON, level 6 takes about ten
    /// times as long and the result is a third smaller.
    pub level: u32,
    /// The minimum payload of a compressed message, in bytes. Smaller ones are sent uncompressed. Default: 1024.
    pub threshold: usize,
    /// Asks the server to compress each message independently (RFC 7692 section 7.1.1.1). This saves memory on this
    /// side and costs bandwidth. Default: false.
    pub server_no_context_takeover: bool,
    /// Compresses each message independently (RFC 7692 section 7.1.1.2). Default: false.
    pub client_no_context_takeover: bool,
    /// The maximum window of the server, as the base-2 logarithm of its size in bytes, from 8 to 15 (RFC 7692
    /// section 7.1.2.1). Default: 15.
    pub server_max_window_bits: u8,
    /// The maximum window of this side, in the same unit, from 8 to 15 (RFC 7692 section 7.1.2.2). Default: 15. zlib
    /// does not support 8: with it, no message is sent compressed.
    pub client_max_window_bits: u8,
}

/// Whether a message is compressed, if the server accepted compression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compress {
    /// Compressed if it has at least [`CompressionOptions::threshold`] bytes.
    #[default]
    Auto,
    /// Always compressed.
    Always,
    /// Never compressed. Use it for data that is already compressed, and for messages that combine a secret with text
    /// that an attacker may choose (RFC 7692 section 8).
    Never,
}

/// The largest window of DEFLATE, 32 KiB.
const MAX_WINDOW_BITS: u8 = 15;

impl Default for CompressionOptions {
    fn default() -> Self {
        Self {
            level: 1,
            threshold: 1024,
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: MAX_WINDOW_BITS,
            client_max_window_bits: MAX_WINDOW_BITS,
        }
    }
}

/// The parameters that both sides agreed on (RFC 7692 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The server compresses each message independently.
    pub server_no_context_takeover: bool,
    /// This side compresses each message independently.
    pub client_no_context_takeover: bool,
    /// The base-2 logarithm of the server's window in bytes, from 8 to 15.
    pub server_max_window_bits: u8,
    /// The base-2 logarithm of this side's window in bytes, from 8 to 15.
    pub client_max_window_bits: u8,
}

/// An option is out of range and can't be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value} is not from {least} to {most}")]
pub struct InvalidCompressionOption {
    /// The name of the field.
    pub field: &'static str,
    /// Its value.
    pub value: u32,
    least: u32,
    most: u32,
}

impl CompressionOptions {
    /// Checks that every option is in range.
    ///
    /// # Errors
    ///
    /// The first option that is out of range.
    pub fn check(&self) -> Result<(), InvalidCompressionOption> {
        let fields = [
            ("level", self.level, 1..=9),
            (
                "server_max_window_bits",
                self.server_max_window_bits.into(),
                8..=MAX_WINDOW_BITS.into(),
            ),
            (
                "client_max_window_bits",
                self.client_max_window_bits.into(),
                8..=MAX_WINDOW_BITS.into(),
            ),
        ];
        let invalid = fields
            .into_iter()
            .find(|(_, value, range)| !range.contains(value));
        invalid.map_or(Ok(()), |(field, value, range)| {
            Err(InvalidCompressionOption {
                field,
                value,
                least: *range.start(),
                most: *range.end(),
            })
        })
    }

    /// The value of Sec-WebSocket-Extensions for the request.
    pub fn offer(&self) -> String {
        let mut offer = String::from("permessage-deflate");
        if self.server_no_context_takeover {
            offer.push_str("; server_no_context_takeover");
        }
        if self.client_no_context_takeover {
            offer.push_str("; client_no_context_takeover");
        }
        if self.server_max_window_bits < MAX_WINDOW_BITS {
            offer.push_str(&format!(
                "; server_max_window_bits={}",
                self.server_max_window_bits
            ));
        }
        offer.push_str("; client_max_window_bits");
        if self.client_max_window_bits < MAX_WINDOW_BITS {
            offer.push_str(&format!("={}", self.client_max_window_bits));
        }
        offer
    }

    /// Parses the server's response to [`offer`](Self::offer). The error describes the invalid parameter.
    ///
    /// A server that does not confirm a requested limit should have declined (RFC 7692 section 7.1.1.1), but some
    /// accept, such as dart:io's. Such a server is assumed to have no limit, which takes more memory on this side.
    fn agree(&self, parameters: &[Parameter]) -> Result<Agreement, String> {
        let mut agreement = Agreement {
            server_no_context_takeover: false,
            client_no_context_takeover: self.client_no_context_takeover,
            server_max_window_bits: MAX_WINDOW_BITS,
            client_max_window_bits: self.client_max_window_bits,
        };
        for (index, Parameter { name, value }) in parameters.iter().enumerate() {
            if parameters
                .iter()
                .take(index)
                .any(|earlier| earlier.name == *name)
            {
                return Err(format!("{name} is repeated"));
            }
            let window_bits = |limit: u8| {
                let bits = value
                    .as_deref()
                    .filter(|value| value.starts_with(['1', '8', '9']));
                bits.and_then(|bits| bits.parse().ok())
                    .filter(|bits| (8..=limit).contains(bits))
                    .ok_or_else(|| {
                        let value = value.as_deref().unwrap_or_default();
                        format!("{name} is {value:?}, it must be from 8 to {limit}")
                    })
            };
            match (name.as_str(), value) {
                ("server_no_context_takeover", None) => agreement.server_no_context_takeover = true,
                ("client_no_context_takeover", None) => agreement.client_no_context_takeover = true,
                ("server_max_window_bits", _) => {
                    agreement.server_max_window_bits = window_bits(self.server_max_window_bits)?;
                }
                ("client_max_window_bits", _) => {
                    // A server may confirm a larger limit than was offered. The offered limit still applies.
                    let bits = window_bits(MAX_WINDOW_BITS)?;
                    agreement.client_max_window_bits = bits.min(self.client_max_window_bits);
                }
                _ => {
                    return Err(format!("{name} is not a parameter or has an invalid value"));
                }
            }
        }
        Ok(agreement)
    }
}

/// Parses the `fields` of Sec-WebSocket-Extensions in the response to what was `offered`. Returns `None` if the server
/// declined.
///
/// # Errors
///
/// A description of the first invalid part of the response, such as "it accepts permessage-deflate twice".
pub fn negotiated<'a>(
    offered: Option<&CompressionOptions>,
    fields: impl Iterator<Item = &'a str>,
) -> Result<Option<Agreement>, String> {
    let mut agreement = None;
    for field in fields {
        for extension in Extension::list(field)? {
            let not_offered = || {
                format!(
                    "it uses an extension that was not offered: {}",
                    extension.name
                )
            };
            let options = offered
                .filter(|_| extension.name.eq_ignore_ascii_case("permessage-deflate"))
                .ok_or_else(not_offered)?;
            if agreement.is_some() {
                return Err("it accepts permessage-deflate twice".into());
            }
            let agreed = options.agree(&extension.parameters);
            agreement = Some(
                agreed
                    .map_err(|detail| format!("its permessage-deflate can't be used: {detail}"))?,
            );
        }
    }
    Ok(agreement)
}

/// One member of Sec-WebSocket-Extensions (RFC 6455 section 9.1).
#[derive(Debug, PartialEq, Eq)]
struct Extension {
    name: String,
    parameters: Vec<Parameter>,
}

#[derive(Debug, PartialEq, Eq)]
struct Parameter {
    name: String,
    value: Option<String>,
}

impl Extension {
    /// The members of a field's value, without empty ones (RFC 9110 section 5.6.1).
    fn list(field: &str) -> Result<Vec<Self>, String> {
        let members = split(field, ',')
            .into_iter()
            .filter(|member| !member.is_empty());
        members.map(Self::parse).collect()
    }

    fn parse(member: &str) -> Result<Self, String> {
        let malformed = || format!("its Sec-WebSocket-Extensions is malformed: {member:?}");
        let mut parts = split(member, ';').into_iter();
        let name = parts
            .next()
            .filter(|name| is_token(name))
            .ok_or_else(malformed)?;
        let parameters = parts.map(|part| {
            let (name, value) = match part.split_once('=') {
                None => (part, None),
                Some((name, value)) => (name.trim_end(), Some(unquoted(value.trim_start()))),
            };
            let value_is_token = value.as_deref().is_none_or(is_token);
            (is_token(name) && value_is_token)
                .then(|| Parameter {
                    name: name.to_ascii_lowercase(),
                    value,
                })
                .ok_or_else(malformed)
        });
        Ok(Self {
            name: name.to_owned(),
            parameters: parameters.collect::<Result<_, _>>()?,
        })
    }
}

/// Splits at separators outside of quotes, and trims white space.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    let parts = text.split(|letter| {
        is_quoted ^= letter == '"';
        letter == separator && !is_quoted
    });
    parts.map(str::trim).collect()
}

/// Removes the quotes and backslashes of a quoted value (RFC 9110 section 5.6.4).
fn unquoted(value: &str) -> String {
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    inner.map_or_else(|| value.to_owned(), |inner| inner.replace('\\', ""))
}

/// Whether `text` is an HTTP token (RFC 9110 section 5.6.2).
pub fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(change: impl FnOnce(&mut CompressionOptions)) -> CompressionOptions {
        let mut options = CompressionOptions::default();
        change(&mut options);
        options
    }

    fn answer(options: &CompressionOptions, field: &str) -> Result<Option<Agreement>, String> {
        negotiated(Some(options), [field].into_iter())
    }

    const PLAIN: Agreement = Agreement {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        server_max_window_bits: 15,
        client_max_window_bits: 15,
    };

    #[test]
    fn the_default_offer_is_that_of_dart_io_and_the_browsers() {
        assert_eq!(
            CompressionOptions::default().offer(),
            "permessage-deflate; client_max_window_bits"
        );
    }

    #[test]
    fn every_option_is_offered() {
        let options = options(|options| {
            options.server_no_context_takeover = true;
            options.client_no_context_takeover = true;
            options.server_max_window_bits = 10;
            options.client_max_window_bits = 9;
        });
        assert_eq!(
            options.offer(),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
             server_max_window_bits=10; client_max_window_bits=9"
        );
    }

    #[test]
    fn a_server_may_decline_or_accept_with_limits_of_its_own() {
        let options = CompressionOptions::default();
        assert_eq!(negotiated(Some(&options), std::iter::empty()), Ok(None));
        assert_eq!(answer(&options, " , "), Ok(None));
        assert_eq!(answer(&options, "permessage-deflate"), Ok(Some(PLAIN)));
        let limited = Agreement {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            server_max_window_bits: 8,
            client_max_window_bits: 12,
        };
        assert_eq!(
            answer(
                &options,
                "permessage-deflate;server_no_context_takeover ; client_no_context_takeover; \
                 server_max_window_bits = 8; client_max_window_bits=\"1\\2\",",
            ),
            Ok(Some(limited))
        );
    }

    #[test]
    fn a_limit_of_this_side_needs_no_confirmation() {
        let options = options(|options| {
            options.client_no_context_takeover = true;
            options.client_max_window_bits = 10;
        });
        let limited = Agreement {
            client_no_context_takeover: true,
            client_max_window_bits: 10,
            ..PLAIN
        };
        assert_eq!(answer(&options, "permessage-deflate"), Ok(Some(limited)));
        // As dart:io's server responds.
        let looser = "permessage-deflate; client_max_window_bits=11";
        assert_eq!(answer(&options, looser), Ok(Some(limited)));
    }

    #[test]
    fn a_server_that_does_not_confirm_a_limit_has_none() {
        let options = options(|options| {
            options.server_no_context_takeover = true;
            options.server_max_window_bits = 12;
        });
        assert_eq!(answer(&options, "permessage-deflate"), Ok(Some(PLAIN)));
    }

    #[test]
    fn a_server_may_confirm_a_smaller_window_than_requested_but_no_larger_one() {
        let options = options(|options| options.server_max_window_bits = 12);
        assert!(answer(&options, "permessage-deflate; server_max_window_bits=13").is_err());
        assert!(answer(&options, "permessage-deflate; server_max_window_bits=12").is_ok());
        assert!(answer(&options, "permessage-deflate; server_max_window_bits=9").is_ok());
    }

    #[test]
    fn an_answer_that_was_not_offered_or_is_malformed_is_an_error() {
        let options = CompressionOptions::default();
        for field in [
            "permessage-bzip2",
            "permessage-deflate, permessage-deflate",
            "permessage-deflate, x-webkit-deflate-frame",
            "permessage-deflate; unknown",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover=true",
            "permessage-deflate; client_no_context_takeover=1",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=08",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=\"\"",
            "permessage-deflate; client_max_window_bits=99999999999",
            "permessage-deflate;",
            "permessage-deflate; =1",
            "permessage-deflate; server_max_window_bits=\"10",
            "permessage deflate",
            ";",
        ] {
            assert!(answer(&options, field).is_err(), "{field}");
        }
        assert!(negotiated(None, ["permessage-deflate"].into_iter()).is_err());
    }

    #[test]
    fn an_invalid_option_is_reported_by_its_name() {
        for (options, name) in [
            (options(|options| options.level = 0), "level"),
            (options(|options| options.level = 10), "level"),
            (
                options(|options| options.server_max_window_bits = 7),
                "server_max_window_bits",
            ),
            (
                options(|options| options.client_max_window_bits = 16),
                "client_max_window_bits",
            ),
        ] {
            let error = options.check().expect_err("it can't be offered");
            assert_eq!(error.field, name);
        }
        assert!(CompressionOptions::default().check().is_ok());
    }
}

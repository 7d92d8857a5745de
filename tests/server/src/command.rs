//! Parses the commands in text messages. Both servers execute them in their connections.

use std::num::{NonZeroU32, NonZeroUsize};

use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::documents;

/// The payload of a flood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Payload {
    Text,
    /// Text of Chinese characters, with Latin letters behind them to get the size.
    Chinese,
    Binary,
    Json,
}

impl Payload {
    pub(crate) fn is_binary(self) -> bool {
        self == Self::Binary
    }

    /// The messages of `size` bytes that a flood repeats.
    pub(crate) fn messages(self, size: usize) -> Vec<Vec<u8>> {
        match self {
            Self::Text => vec![vec![b'x'; size]],
            Self::Chinese => vec![chinese(size).into_bytes()],
            Self::Binary => vec![vec![0; size]],
            Self::Json => documents::documents(size),
        }
    }
}

/// A text of `size` bytes of UTF-8.
pub fn chinese(size: usize) -> String {
    "中".repeat(size / 3) + &"x".repeat(size % 3)
}

/// A command in a text message, which is executed instead of echoed.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Flood {
        count: usize,
        size: usize,
        payload: Payload,
    },
    Feed {
        rate: NonZeroU32,
        count: usize,
    },
    Fragments {
        size: NonZeroUsize,
        text: String,
    },
    Sink {
        count: usize,
    },
    Swallowed,
    Upload,
    Extensions,
    Close(Option<CloseFrame>),
    Drop,
    DropAll,
    Ping {
        payload: String,
    },
}

impl Command {
    /// Parses a command. Returns `None` if it is malformed. The text is then echoed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if !text.starts_with('/') {
            return None;
        }
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        match name {
            "/flood" => {
                let mut words = rest.split(' ');
                let count = words.next()?.parse().ok()?;
                let size = words.next()?.parse().ok()?;
                let payload = match words.next() {
                    None | Some("text") => Payload::Text,
                    Some("chinese") => Payload::Chinese,
                    Some("binary") => Payload::Binary,
                    Some("json") => Payload::Json,
                    Some(_) => return None,
                };
                words.next().is_none().then_some(Self::Flood {
                    count,
                    size,
                    payload,
                })
            }
            "/feed" => {
                let (rate, count) = rest.split_once(' ')?;
                Some(Self::Feed {
                    rate: rate.parse().ok()?,
                    count: count.parse().ok()?,
                })
            }
            "/fragments" => {
                let (size, text) = rest.split_once(' ')?;
                Some(Self::Fragments {
                    size: size.parse().ok()?,
                    text: text.to_owned(),
                })
            }
            "/sink" => Some(Self::Sink {
                count: rest.parse().ok()?,
            }),
            "/swallowed" if rest.is_empty() => Some(Self::Swallowed),
            "/upload" if rest.is_empty() => Some(Self::Upload),
            "/extensions" if rest.is_empty() => Some(Self::Extensions),
            "/close" if rest.is_empty() => Some(Self::Close(None)),
            "/close" => {
                let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
                Some(Self::Close(Some(CloseFrame {
                    code: CloseCode::from(code.parse::<u16>().ok()?),
                    reason: reason.into(),
                })))
            }
            "/drop" if rest.is_empty() => Some(Self::Drop),
            "/drop_all" if rest.is_empty() => Some(Self::DropAll),
            "/ping" => Some(Self::Ping {
                payload: rest.to_owned(),
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floods_are_text_by_default() {
        let flood = |payload| {
            Some(Command::Flood {
                count: 5,
                size: 32,
                payload,
            })
        };
        assert_eq!(Command::parse("/flood 5 32"), flood(Payload::Text));
        assert_eq!(Command::parse("/flood 5 32 text"), flood(Payload::Text));
        assert_eq!(
            Command::parse("/flood 5 32 chinese"),
            flood(Payload::Chinese)
        );
        assert_eq!(Command::parse("/flood 5 32 binary"), flood(Payload::Binary));
        assert_eq!(Command::parse("/flood 5 32 json"), flood(Payload::Json));
    }

    #[test]
    fn the_reason_of_a_close_is_the_rest_of_the_text() {
        assert_eq!(
            Command::parse("/close 4001 try again later"),
            Some(Command::Close(Some(CloseFrame {
                code: CloseCode::from(4001),
                reason: "try again later".into(),
            })))
        );
        assert_eq!(Command::parse("/close"), Some(Command::Close(None)));
    }

    #[test]
    fn a_malformed_command_is_none() {
        for text in [
            "",
            "hello",
            "/flood",
            "/flood 5 32 text 1",
            "/feed 0 5",
            "/fragments 0 text",
            "/sink x",
            "/drop 1",
            "/close x",
        ] {
            assert_eq!(Command::parse(text), None, "{text}");
        }
    }
}

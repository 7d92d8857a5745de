use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// What a text message asks the server to do instead of echoing it.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Flood {
        count: usize,
        size: usize,
        binary: bool,
    },
    Sink {
        count: usize,
    },
    Close(Option<CloseFrame>),
    Drop,
    Ping {
        payload: String,
    },
}

impl Command {
    /// None if `text` is no well-formed command, which is then echoed.
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
                let binary = match words.next() {
                    None | Some("text") => false,
                    Some("binary") => true,
                    Some(_) => return None,
                };
                words.next().is_none().then_some(Self::Flood {
                    count,
                    size,
                    binary,
                })
            }
            "/sink" => Some(Self::Sink {
                count: rest.parse().ok()?,
            }),
            "/close" if rest.is_empty() => Some(Self::Close(None)),
            "/close" => {
                let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
                Some(Self::Close(Some(CloseFrame {
                    code: CloseCode::from(code.parse::<u16>().ok()?),
                    reason: reason.into(),
                })))
            }
            "/drop" if rest.is_empty() => Some(Self::Drop),
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
    fn floods_are_text_unless_asked_otherwise() {
        let flood = |binary| {
            Some(Command::Flood {
                count: 5,
                size: 32,
                binary,
            })
        };
        assert_eq!(Command::parse("/flood 5 32"), flood(false));
        assert_eq!(Command::parse("/flood 5 32 text"), flood(false));
        assert_eq!(Command::parse("/flood 5 32 binary"), flood(true));
    }

    #[test]
    fn a_close_takes_the_rest_of_the_line_as_its_reason() {
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
    fn what_is_not_quite_a_command_is_none() {
        for text in [
            "",
            "hello",
            "/flood",
            "/flood 5 32 text 1",
            "/sink x",
            "/drop 1",
            "/close x",
        ] {
            assert_eq!(Command::parse(text), None, "{text}");
        }
    }
}

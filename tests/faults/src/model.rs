//! What must hold for every connection: each ending has a cause, and nothing is lost or changed without one.

use std::time::Duration;

use fault_proxy::{Fault, Report};
use rust_web_socket_core::{ConnectError, Ending, Initiator};
use test_server::Record;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::case::{End, Trouble, Visit};
use crate::client::{Close, Log, Outcome};

/// A limit for work without waiting, on a busy machine.
const SOON: Duration = Duration::from_secs(5);

/// The server's observations of a connection.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) messages: Vec<Message>,
    /// The client's Close frame, if one arrived, and its contents.
    pub(crate) close: Option<Option<CloseFrame>>,
}

impl Seen {
    pub(crate) fn add(&mut self, record: Record) {
        match record {
            Record::Message(message @ (Message::Text(_) | Message::Binary(_))) => {
                self.messages.push(message);
            }
            Record::Message(Message::Close(frame)) => self.close = Some(frame),
            Record::Message(_) | Record::End => {}
        }
    }

    fn close_code(&self) -> Option<u16> {
        Some(self.close.as_ref()?.as_ref()?.code.into())
    }
}

/// All observations of a connection that has ended.
#[derive(Debug)]
pub(crate) struct Observed<'a> {
    pub(crate) visit: &'a Visit,
    pub(crate) tls: bool,
    pub(crate) log: &'a Log,
    pub(crate) seen: &'a Seen,
    /// The proxy's report. `None` if the client did not reach it.
    pub(crate) report: &'a Report,
}

impl Observed<'_> {
    /// The rules that the connection violates.
    pub(crate) fn violations(&self) -> Vec<String> {
        let mut violations = self.log.violations.clone();
        let loose = self.first_corrupted();
        violations.extend(difference_from_start(
            "received",
            &self.log.received,
            &self.log.expected,
            loose,
        ));
        violations.extend(difference_from_start(
            "with the server",
            &self.seen.messages,
            &self.log.sent,
            loose,
        ));
        let explained = match &self.log.outcome {
            None => self.without_a_last_event(),
            Some(Outcome::Failed(error)) => self.failed(error),
            Some(Outcome::Closed(ending)) => self.closed(ending),
        };
        violations.extend(explained.err());
        violations
    }

    /// The index of the first message that may be corrupted.
    fn first_corrupted(&self) -> usize {
        match self.visit.trouble {
            Trouble::CorruptAnything { before } if self.fired() => before,
            _ => usize::MAX,
        }
    }

    fn fired(&self) -> bool {
        self.report.up_fired || self.report.down_fired
    }

    /// Whether a short time limit may have been reached, by a fault or on a busy machine.
    fn has_short_limits(&self) -> bool {
        self.visit.limits.patience.is_some()
            && !matches!(self.visit.trouble, Trouble::None | Trouble::Cut)
    }

    /// Whether the connection was cut and the client could notice it.
    fn is_cut(&self) -> bool {
        let by_fault = match self.visit.trouble {
            Trouble::Cut | Trouble::CorruptTls | Trouble::CorruptAnything { .. } => self.fired(),
            _ => false,
        };
        by_fault || (self.visit.end == End::ServerDrop && self.seen_command("/drop"))
    }

    /// Whether the server was asked for a message over the limit.
    fn is_oversize(&self) -> bool {
        matches!(self.visit.end, End::Oversize { .. }) && self.seen_command("/flood")
    }

    fn seen_command(&self, command: &str) -> bool {
        let last = self.seen.messages.last();
        last.is_some_and(|it| it.to_text().is_ok_and(|text| text.starts_with(command)))
    }

    fn elapsed_since_close(&self, close: &Close) -> Duration {
        let over = self.log.over.unwrap_or(close.at);
        over.saturating_duration_since(close.at)
    }

    /// The owner was gone, so only the server's observations count.
    fn without_a_last_event(&self) -> Result<(), String> {
        if self.visit.end != End::Vanish {
            return Err("the last event is missing".into());
        }
        // With trouble the server may not have received it.
        if self.visit.trouble == Trouble::None {
            self.server_was_told(1001)?;
            self.server_has_all()?;
        }
        Ok(())
    }

    fn failed(&self, error: &ConnectError) -> Result<(), String> {
        let over = self.log.over.unwrap_or(self.log.start);
        let elapsed = over.duration_since(self.log.start);
        let trouble = self.visit.trouble;
        let fired = self.fired();
        let explained = match error {
            ConnectError::Timeout { .. } => {
                let limit = self.visit.limits.connect;
                let is_late = limit.is_some_and(|limit| elapsed >= limit);
                is_late && (trouble == Trouble::SlowHandshake || self.has_short_limits())
            }
            ConnectError::Cancelled { .. } => self.log.close.as_ref().is_some_and(|close| {
                let elapsed = self.elapsed_since_close(close);
                if close.by_release {
                    elapsed < SOON
                } else {
                    elapsed >= self.visit.limits.close
                }
            }),
            ConnectError::BadReply { .. } => {
                let breaks = matches!(
                    trouble,
                    Trouble::Cut | Trouble::CorruptHandshake | Trouble::CorruptTls
                );
                fired && breaks
            }
            ConnectError::UpgradeRefused { .. } => fired && trouble == Trouble::CorruptHandshake,
            ConnectError::Tls { .. } => {
                self.tls && fired && matches!(trouble, Trouble::Cut | Trouble::CorruptTls)
            }
            // A RST that arrives before the client checks its connection.
            ConnectError::Unreachable { .. } => {
                let faults = [&self.visit.plan.up.fault, &self.visit.plan.down.fault];
                let resets = |fault: &Option<_>| matches!(fault, Some((_, Fault::Reset)));
                fired && faults.into_iter().any(resets)
            }
            _ => false,
        };
        match explained {
            true => Ok(()),
            false => Err(format!("the connect failed without a cause: {error}")),
        }
    }

    fn closed(&self, ending: &Ending) -> Result<(), String> {
        if self.visit.trouble == Trouble::SlowHandshake {
            return Err("the connection opened after its limit".into());
        }
        if ending.clean == ending.error.is_some() {
            return Err(format!("clean without an error, or neither: {ending:?}"));
        }
        // A corrupted byte may have changed or created a Close frame.
        if self.first_corrupted() != usize::MAX {
            return Ok(());
        }
        let unexplained = || Err(format!("an ending without a cause: {ending:?}"));
        if ending.clean {
            return match ending.initiator {
                Initiator::Local => self.closed_by_client(ending),
                Initiator::Remote => self.closed_by_server(ending),
                Initiator::Neither => unexplained(),
            };
        }
        let limits = &self.visit.limits;
        let opened = self.log.opened.unwrap_or(self.log.start);
        let open_for = self.log.over.unwrap_or(opened).duration_since(opened);
        match (ending.code, ending.initiator) {
            (1006, Initiator::Neither) if self.is_cut() => Ok(()),
            (1006, Initiator::Local) => {
                let unanswered = self.log.close.as_ref().is_some_and(|close| {
                    let is_late = self.elapsed_since_close(close) >= limits.close;
                    self.is_cut() || self.is_oversize() || (is_late && self.has_short_limits())
                });
                if unanswered { Ok(()) } else { unexplained() }
            }
            (1001, Initiator::Local) => {
                let is_late = limits
                    .ping
                    .is_some_and(|(interval, pong)| open_for >= interval + pong);
                if is_late && self.has_short_limits() {
                    Ok(())
                } else {
                    unexplained()
                }
            }
            (code, Initiator::Local) if self.corrupted_frame() == Some(code) => {
                let Trouble::CorruptFrame { before, .. } = self.visit.trouble else {
                    return unexplained();
                };
                if self.log.received.len() != before {
                    return Err(format!(
                        "{before} complete messages came before the invalid one"
                    ));
                }
                self.server_was_told(code)
            }
            (1009, Initiator::Local)
                if matches!(self.visit.end, End::Oversize { .. })
                    && self.seen_command("/flood") =>
            {
                self.client_has_all()?;
                // The connection may be cut afterwards, and a short time limit may be reached.
                if self.visit.trouble == Trouble::None {
                    self.server_was_told(1009)?;
                }
                Ok(())
            }
            _ => unexplained(),
        }
    }

    fn corrupted_frame(&self) -> Option<u16> {
        match self.visit.trouble {
            Trouble::CorruptFrame { code, .. } if self.report.down_fired => Some(code),
            _ => None,
        }
    }

    /// The client's Close frame was answered.
    fn closed_by_client(&self, ending: &Ending) -> Result<(), String> {
        let Some(close) = &self.log.close else {
            return Err(format!("the client had not closed: {ending:?}"));
        };
        if self.is_servers_close(ending) {
            // Both closed at the same time.
            return Ok(());
        }
        if ending.code != close.code.unwrap_or(1005) || ending.reason != close.reason {
            return Err(format!("closed with {close:?}, ended with {ending:?}"));
        }
        let expected = close.code.map(|code| CloseFrame {
            code: code.into(),
            reason: close.reason.as_str().into(),
        });
        if self.seen.close != Some(expected) {
            let seen = &self.seen.close;
            return Err(format!("closed with {close:?}, the server saw {seen:?}"));
        }
        self.server_has_all()
    }

    /// The server's Close frame arrived.
    fn closed_by_server(&self, ending: &Ending) -> Result<(), String> {
        if !self.is_servers_close(ending) {
            return Err(format!("the server closed differently: {ending:?}"));
        }
        if self.log.close.is_none() {
            self.client_has_all()?;
        }
        if self.visit.trouble == Trouble::None && self.log.close.is_none() {
            let echoed = self.seen.close_code().unwrap_or(1005);
            if self.seen.close.is_none() || echoed != ending.code {
                let seen = &self.seen.close;
                return Err(format!("the server's close was answered with {seen:?}"));
            }
        }
        Ok(())
    }

    fn is_servers_close(&self, ending: &Ending) -> bool {
        match &self.visit.end {
            End::ServerClose { code: None, .. } => ending.code == 1005 && ending.reason.is_empty(),
            End::ServerClose {
                code: Some(code),
                reason,
            } => ending.code == *code && ending.reason == *reason,
            _ => false,
        }
    }

    fn client_has_all(&self) -> Result<(), String> {
        let (received, expected) = (self.log.received.len(), self.log.expected.len());
        match received == expected {
            true => Ok(()),
            false => Err(format!("received {received} messages of {expected}")),
        }
    }

    fn server_has_all(&self) -> Result<(), String> {
        let (seen, sent) = (self.seen.messages.len(), self.log.sent.len());
        match seen == sent {
            true => Ok(()),
            false => Err(format!("the server has {seen} messages of {sent}")),
        }
    }

    fn server_was_told(&self, code: u16) -> Result<(), String> {
        match self.seen.close_code() == Some(code) {
            true => Ok(()),
            false => Err(format!(
                "the server received {:?}, not {code}",
                self.seen.close
            )),
        }
    }
}

/// Whether `arrived` differs from the first messages of `sent`, up to `limit`.
fn difference_from_start(
    what: &str,
    arrived: &[Message],
    sent: &[Message],
    limit: usize,
) -> Option<String> {
    let differs = |index: &usize| sent.get(*index) != arrived.get(*index);
    let index = (0..arrived.len().min(limit)).find(differs)?;
    let show = |message: Option<&Message>| {
        let Some(message) = message else {
            return "none".to_owned();
        };
        let kind = if message.is_text() { "text" } else { "binary" };
        let start = message.clone().into_data();
        let start = String::from_utf8_lossy(&start[..start.len().min(40)]).into_owned();
        format!("{kind} of {} bytes, {start:?}…", message.len())
    };
    let (arrived, sent) = (show(arrived.get(index)), show(sent.get(index)));
    Some(format!(
        "message {index} {what} is {arrived}, and should be {sent}"
    ))
}

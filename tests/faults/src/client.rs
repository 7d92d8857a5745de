//! Runs the script of a case with a connection of the core, and logs what happens. The [`stage`](crate::stage) runs it,
//! and the [`model`](crate::model) checks the log.

use std::time::Duration;

use rust_web_socket_core::{
    Compress, ConnectError, ConnectOptions, Connection, Ending, TlsOptions,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_tungstenite::tungstenite::Message;

use crate::case::{End, Limits, Step, Visit};
use crate::recorder::{Ahead, Event, Recorder};

/// A limit that no expected event reaches, also on a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// The client's actions and observations.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) start: Instant,
    /// Messages accepted for sending, including commands.
    pub(crate) sent: Vec<Message>,
    /// Messages that the server sends in response.
    pub(crate) expected: Vec<Message>,
    pub(crate) received: Vec<Message>,
    pub(crate) opened: Option<Instant>,
    pub(crate) close: Option<Close>,
    pub(crate) outcome: Option<Outcome>,
    /// When the connection ended.
    pub(crate) over: Option<Instant>,
    /// Events that are wrong in every case.
    pub(crate) violations: Vec<String>,
}

/// The client's close.
#[derive(Debug)]
pub(crate) struct Close {
    pub(crate) at: Instant,
    pub(crate) code: Option<u16>,
    pub(crate) reason: String,
    /// By dropping the connection.
    pub(crate) by_release: bool,
}

/// The last event.
#[derive(Debug)]
pub(crate) enum Outcome {
    Failed(ConnectError),
    Closed(Ending),
}

/// A client that runs a script.
pub(crate) struct Client<'a> {
    visit: &'a Visit,
    connection: Option<Connection>,
    events: Option<UnboundedReceiver<(Instant, Event)>>,
    ahead: Ahead,
    log: Log,
    drain_mark: Option<usize>,
    /// The number of requested drained events that have not arrived.
    drains: usize,
    batches_after_close: usize,
}

impl<'a> Client<'a> {
    /// Starts to connect, on a runtime that only this client uses.
    pub(crate) fn connect(
        visit: &'a Visit,
        url: &str,
        tls: &TlsOptions,
        runtime: &Handle,
    ) -> anyhow::Result<Self> {
        let (recorder, events, ahead) = Recorder::new();
        let start = Instant::now();
        let options = options(&visit.limits, tls);
        let connection = Connection::connect(url, options, recorder, runtime)?;
        Ok(Self {
            visit,
            connection: Some(connection),
            events: Some(events),
            ahead,
            log: Log {
                start,
                sent: Vec::new(),
                expected: Vec::new(),
                received: Vec::new(),
                opened: None,
                close: None,
                outcome: None,
                over: None,
                violations: Vec::new(),
            },
            drain_mark: None,
            drains: 0,
            batches_after_close: 0,
        })
    }

    /// Runs everything up to the last event, if one is expected. The second result is a connection that was not
    /// dropped.
    pub(crate) async fn run(mut self) -> (Log, Option<Connection>) {
        for step in &self.visit.steps {
            if self.log.outcome.is_some() {
                break;
            }
            self.step(step).await;
        }
        self.end().await;
        (self.log, self.connection)
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::Send(message) => self.send(message.clone(), [message.clone()]),
            Step::Flood {
                count,
                size,
                binary,
            } => {
                let kind = if *binary { "binary" } else { "text" };
                let message = if *binary {
                    Message::binary(vec![0; *size])
                } else {
                    Message::text("x".repeat(*size))
                };
                let command = Message::text(format!("/flood {count} {size} {kind}"));
                self.send(command, vec![message; *count]);
            }
            Step::Ping(payload) => {
                let pong = Message::text(format!("pong {payload}"));
                self.send(Message::text(format!("/ping {payload}")), [pong]);
                self.await_all().await;
            }
            Step::Flush => self.flush(),
            Step::Await => self.await_all().await,
            Step::Drain(mark) => {
                if let Some(connection) = &self.connection {
                    connection.notify_drained(*mark);
                    self.drain_mark = Some(*mark);
                    self.drains += 1;
                    self.flush();
                    self.wait("the buffer to drain", |client| client.drain_mark.is_none())
                        .await;
                }
            }
            Step::Pause(length) => sleep(*length).await,
            Step::Open => {
                self.wait("the connection to open", |client| {
                    client.log.opened.is_some()
                })
                .await;
            }
        }
    }

    async fn await_all(&mut self) {
        self.flush();
        self.wait("what the server sends", |client| {
            client.log.received.len() >= client.log.expected.len()
        })
        .await;
    }

    async fn end(&mut self) {
        match &self.visit.end {
            End::Close { code, reason } => self.close(*code, reason),
            End::Release => {
                self.log.close = Some(Close {
                    at: Instant::now(),
                    code: Some(1001),
                    reason: String::new(),
                    by_release: true,
                });
                self.connection = None;
            }
            End::Vanish => {
                self.events = None;
                self.send(Message::text("anybody?"), []);
                self.flush();
                return;
            }
            End::ServerClose { code, reason } => {
                let command = match code {
                    None => "/close".to_owned(),
                    Some(code) => format!("/close {code} {reason}"),
                };
                self.send(Message::text(command), []);
            }
            End::ServerDrop => self.send(Message::text("/drop"), []),
            End::Oversize { size } => {
                self.send(Message::text(format!("/flood 1 {size} binary")), []);
            }
            End::Wait => {}
        }
        self.flush();
        if self.log.close.is_none() {
            let patience = match self.visit.end == End::Wait && self.visit.ends_by_itself() {
                true => None,
                false => self.visit.limits.patience,
            };
            self.wait_with(patience, "the end of the connection", |_| false)
                .await;
            if self.log.outcome.is_none() {
                self.close(Some(1000), "");
            }
        }
        self.wait_for_last_event().await;
    }

    fn send(&mut self, message: Message, answer: impl IntoIterator<Item = Message>) {
        let Some(connection) = &self.connection else {
            return;
        };
        let sent = match message.clone() {
            Message::Text(text) => connection.send_text(text, Compress::Auto),
            message => connection.send_binary(message.into_data(), Compress::Auto),
        };
        // A send may only fail if the connection has ended.
        if sent.is_ok() {
            self.log.sent.push(message);
            self.log.expected.extend(answer);
        }
    }

    fn flush(&self) {
        if let Some(connection) = &self.connection {
            connection.flush();
        }
    }

    fn close(&mut self, code: Option<u16>, reason: &str) {
        let Some(connection) = &self.connection else {
            return;
        };
        if self.log.outcome.is_none() {
            self.log.close = Some(Close {
                at: Instant::now(),
                code,
                reason: code.map_or(String::new(), |_| reason.to_owned()),
                by_release: false,
            });
        }
        if let Err(error) = connection.close(code, reason) {
            self.violates(format!("a close that is allowed is an error: {error}"));
        }
    }

    /// Takes events until `done`, the end of the connection, or the time limit.
    async fn wait(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        self.wait_with(self.visit.limits.patience, what, done).await;
    }

    async fn wait_with(
        &mut self,
        patience: Option<Duration>,
        what: &str,
        done: impl Fn(&Self) -> bool,
    ) {
        let deadline = Instant::now() + patience.unwrap_or(TIMEOUT);
        while !done(self) && self.log.outcome.is_none() {
            if !self.take_event(deadline).await {
                if patience.is_none() {
                    self.violates(format!("{what} did not happen"));
                }
                return;
            }
        }
    }

    /// Waits for the end of a connection that is closing.
    async fn wait_for_last_event(&mut self) {
        let limits = &self.visit.limits;
        let deadline = Instant::now() + TIMEOUT + limits.connect.unwrap_or_default() + limits.close;
        while self.log.outcome.is_none() {
            if !self.take_event(deadline).await {
                return self.violates("the close did not complete".into());
            }
        }
        let last = match &mut self.events {
            Some(events) => timeout_at(Instant::now() + TIMEOUT, events.recv()).await,
            None => Ok(None),
        };
        match last {
            Ok(None) => {}
            Ok(Some((_, event))) => self.violates(format!("after the last event comes {event:?}")),
            Err(_) => self.violates("the sink outlives the last event".into()),
        }
        if let Some(connection) = &self.connection
            && connection.buffered_amount() != 0
        {
            let amount = connection.buffered_amount();
            self.violates(format!("{amount} bytes are buffered after the end"));
        }
    }

    /// Takes one event. Returns false if none arrives until the deadline.
    async fn take_event(&mut self, deadline: Instant) -> bool {
        let Some(events) = &mut self.events else {
            return false;
        };
        let (at, event) = match timeout_at(deadline, events.recv()).await {
            Err(_) => return false,
            Ok(None) => {
                self.violates("the sink was dropped without a last event".into());
                self.events = None;
                return false;
            }
            Ok(Some(event)) => event,
        };
        let is_open = self.log.opened.is_some();
        match event {
            Event::Opened if !is_open => self.log.opened = Some(at),
            Event::Batch(messages) if is_open && !messages.is_empty() => {
                if let Some(ahead) = self.ahead.take(&messages) {
                    self.violates(format!("{ahead} bytes were delivered and not taken"));
                }
                // One batch may have been delivered already.
                let is_closed = |close: &Close| at > close.at;
                if self.log.close.as_ref().is_some_and(is_closed) {
                    self.batches_after_close += 1;
                }
                if self.batches_after_close > 1 {
                    self.violates("messages are delivered after the close".into());
                }
                self.log.received.extend(messages);
                if let Some(connection) = &self.connection {
                    connection.grant();
                }
            }
            Event::Drained if is_open && self.drains > 0 => {
                self.drains -= 1;
                self.drain_mark = None;
            }
            Event::Failed(error) if !is_open => self.outcome(at, Outcome::Failed(error)),
            Event::Closed(ending) if is_open => self.outcome(at, Outcome::Closed(ending)),
            other => self.violates(format!("out of order: {other:?}")),
        }
        true
    }

    fn outcome(&mut self, at: Instant, outcome: Outcome) {
        self.log.outcome = Some(outcome);
        self.log.over = Some(at);
    }

    fn violates(&mut self, what: String) {
        self.log.violations.push(what);
    }
}

fn options(limits: &Limits, tls: &TlsOptions) -> ConnectOptions {
    let mut options = ConnectOptions::default();
    options.connect_timeout = limits.connect;
    options.close_timeout = limits.close;
    options.ping_interval = limits.ping.map(|(interval, _)| interval);
    options.pong_timeout = limits.ping.map(|(_, limit)| limit);
    options.max_message_size = limits.message_size;
    options.tls = tls.clone();
    options
}

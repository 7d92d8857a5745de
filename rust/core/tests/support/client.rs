//! A client under test: a connection and the events that its sink recorded.

use std::{collections::VecDeque, time::Duration};

use rust_web_socket_core::{ConnectError, ConnectOptions, Connection, Ending, Handshake};
use tokio::{net::TcpStream, runtime::Handle, sync::mpsc::UnboundedReceiver, time::timeout};

use super::{Data, Event, Recorder, Server, TIMEOUT, soon};

/// A connection and its events.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) events: UnboundedReceiver<Event>,
    /// The rest of the last batch. Its credit is returned when it is empty.
    batch: VecDeque<Data>,
}

impl Client {
    /// Starts to connect with the default options.
    pub(crate) fn connect(url: &str) -> Self {
        Self::connect_with(url, ConnectOptions::default())
    }

    /// Starts to connect.
    pub(crate) fn connect_with(url: &str, options: ConnectOptions) -> Self {
        let (recorder, events) = Recorder::new();
        let connection = Connection::connect(url, options, recorder, &Handle::current())
            .expect("a valid request");
        Self {
            connection,
            events,
            batch: VecDeque::new(),
        }
    }

    /// The next event but [`Event::CloseWritten`].
    pub(crate) async fn event(&mut self) -> Event {
        loop {
            match self.any_event().await {
                Event::CloseWritten => {}
                event => return event,
            }
        }
    }

    /// The next event, which must be [`Event::CloseWritten`].
    pub(crate) async fn close_written(&mut self) {
        match self.any_event().await {
            Event::CloseWritten => {}
            other => panic!("expected a written Close frame, got {other:?}"),
        }
    }

    async fn any_event(&mut self) -> Event {
        soon(self.events.recv())
            .await
            .expect("an event before the sink is dropped")
    }

    /// The next event, which must be the opening.
    pub(crate) async fn opened(&mut self) -> Handshake {
        match self.event().await {
            Event::Opened(handshake) => handshake,
            other => panic!("expected the opening, got {other:?}"),
        }
    }

    /// The next event, which must be the failure of the connect, and the last event.
    pub(crate) async fn failed(&mut self) -> ConnectError {
        match self.event().await {
            Event::Failed(error) => {
                assert!(soon(self.events.recv()).await.is_none());
                error
            }
            other => panic!("expected a failure, got {other:?}"),
        }
    }

    /// The next message. A batch is granted when all its messages were returned.
    pub(crate) async fn message(&mut self) -> Data {
        if self.batch.is_empty() {
            match self.event().await {
                Event::Batch(batch) => self.batch = batch.into(),
                other => panic!("expected a message, got {other:?}"),
            }
        }
        let message = self.batch.pop_front().expect("a batch is not empty");
        if self.batch.is_empty() {
            self.connection.grant();
        }
        message
    }

    /// The next event, which must be the ending, and the last event.
    pub(crate) async fn closed(&mut self) -> Ending {
        assert!(self.batch.is_empty(), "messages remain");
        match self.event().await {
            Event::Closed(ending) => {
                assert!(soon(self.events.recv()).await.is_none());
                ending
            }
            other => panic!("expected the ending, got {other:?}"),
        }
    }
}

/// A connect that reached the server and timed out.
#[derive(Debug)]
pub(crate) struct TimedOut {
    pub(crate) limit: Duration,
    pub(crate) error: ConnectError,
    /// The server's end.
    pub(crate) tcp: TcpStream,
}

/// Lets `connect` time out at a silent server. The limit is doubled until this machine reaches the server within it.
pub(crate) async fn time_out(server: &Server, connect: impl Fn(Duration) -> Client) -> TimedOut {
    let mut limit = Duration::from_millis(50);
    while limit < TIMEOUT {
        let error = connect(limit).failed().await;
        if let Ok(tcp) = timeout(limit, server.accept()).await {
            return TimedOut { limit, error, tcp };
        }
        limit *= 2;
    }
    panic!("no connect reaches the server within {limit:?}");
}

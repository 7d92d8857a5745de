//! Echoes what Autobahn's fuzzing server sends, case by case, and has it write its report.
//!
//! Usage: `autobahn_client URL AGENT`

use std::{borrow::Cow, env, error::Error, time::Duration};

use bytes::Bytes;
use rust_web_socket_core::{
    Compress, ConnectError, ConnectOptions, Connection, Ending, EventSink, Handshake, OwnerGone,
    Text, Utf8Bytes,
};
use tokio::{
    runtime::Handle,
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::timeout,
};

/// How long one case may take. The server's own limits are shorter: only a client that hangs gets here.
const LIMIT: Duration = Duration::from_secs(10 * 60);

#[derive(Debug)]
enum Event {
    Text(Utf8Bytes),
    Binary(Bytes),
    BatchEnd,
    Failed(ConnectError),
    Closed,
}

/// Passes every event on.
struct Channel(UnboundedSender<Event>);

impl Channel {
    fn pass(&self, event: Event) -> Result<(), OwnerGone> {
        self.0.send(event).map_err(|_| OwnerGone)
    }
}

impl EventSink for Channel {
    fn opened(&mut self, _: Handshake) -> Result<(), OwnerGone> {
        Ok(())
    }

    fn failed(&mut self, error: ConnectError) {
        let _ = self.pass(Event::Failed(error));
    }

    fn text(&mut self, text: Text<'_>) {
        let bytes = Bytes::from(text.into_bytes().into_owned());
        let text = Utf8Bytes::try_from(bytes).expect("the core has checked it");
        let _ = self.pass(Event::Text(text));
    }

    fn binary(&mut self, data: Cow<'_, [u8]>) {
        let _ = self.pass(Event::Binary(data.into_owned().into()));
    }

    fn deliver(&mut self) -> Result<(), OwnerGone> {
        self.pass(Event::BatchEnd)
    }

    fn drained(&mut self) -> Result<(), OwnerGone> {
        Ok(())
    }

    fn closed(&mut self, _: Ending) {
        let _ = self.pass(Event::Closed);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [url, agent] = &arguments[..] else {
        return Err("Usage: autobahn_client URL AGENT".into());
    };
    let count: u32 = echo(&format!("{url}/getCaseCount")).await?.parse()?;
    for number in 1..=count {
        let case = format!("{url}/runCase?case={number}&agent={agent}");
        match timeout(LIMIT, echo(&case)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => eprintln!("{case}: {error}"),
            Err(_) => eprintln!("{case} did not end"),
        }
    }
    echo(&format!("{url}/updateReports?agent={agent}")).await?;
    Ok(())
}

/// Echoes until the connection ends. Returns the last text.
async fn echo(url: &str) -> Result<String, ConnectError> {
    let (sender, mut events) = unbounded_channel();
    let options = ConnectOptions::default();
    let connection = Connection::connect(url, options, Channel(sender), &Handle::current())?;
    let mut last = String::new();
    while let Some(event) = events.recv().await {
        // Small messages are compressed as well, if that was agreed on, since this is about what is right.
        // A send fails after the end of the connection, which the report shows.
        match event {
            Event::Text(text) => {
                last = text.to_string();
                let _ = connection.send_text(text, Compress::Always);
            }
            Event::Binary(data) => {
                let _ = connection.send_binary(data, Compress::Always);
            }
            Event::BatchEnd => {
                connection.flush();
                connection.grant();
            }
            Event::Failed(error) => return Err(error),
            Event::Closed => break,
        }
    }
    Ok(last)
}

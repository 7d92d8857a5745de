use bytes::Bytes;
use rust_web_socket_core::{ConnectError, Ending, EventSink, Handshake, OwnerGone, Utf8Bytes};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

/// A call of the sink.
#[derive(Debug)]
pub(crate) enum Event {
    Opened,
    Failed(ConnectError),
    Batch(Vec<Message>),
    Drained,
    Closed(Ending),
}

/// A sink that sends every event through a channel, with its time. Its owner is gone when the receiving end is dropped.
#[derive(Debug)]
pub(crate) struct Recorder {
    events: UnboundedSender<(Instant, Event)>,
    batch: Vec<Message>,
}

impl Recorder {
    pub(crate) fn new() -> (Self, UnboundedReceiver<(Instant, Event)>) {
        let (events, receiver) = unbounded_channel();
        let batch = Vec::new();
        (Self { events, batch }, receiver)
    }

    fn record(&self, event: Event) -> Result<(), OwnerGone> {
        self.events
            .send((Instant::now(), event))
            .map_err(|_| OwnerGone)
    }
}

impl EventSink for Recorder {
    fn opened(&mut self, _: Handshake) -> Result<(), OwnerGone> {
        self.record(Event::Opened)
    }

    fn failed(&mut self, error: ConnectError) {
        let _ = self.record(Event::Failed(error));
    }

    fn text(&mut self, text: Utf8Bytes) {
        self.batch.push(Message::Text(text));
    }

    fn binary(&mut self, data: Bytes) {
        self.batch.push(Message::Binary(data));
    }

    fn deliver(&mut self) -> Result<(), OwnerGone> {
        let batch = std::mem::take(&mut self.batch);
        self.record(Event::Batch(batch))
    }

    fn drained(&mut self) -> Result<(), OwnerGone> {
        self.record(Event::Drained)
    }

    fn closed(&mut self, ending: Ending) {
        let _ = self.record(Event::Closed(ending));
    }
}

//! A sink that sends events to the [`client`](crate::client), and counts the bytes that it has not taken.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rust_web_socket_core::{ConnectError, Ending, EventSink, Handshake, OwnerGone, Text};
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

/// A sink that sends every event through a channel, with its time. The owner counts as gone when the receiver is
/// dropped.
#[derive(Debug)]
pub(crate) struct Recorder {
    events: UnboundedSender<(Instant, Event)>,
    batch: Vec<Message>,
    ahead: Ahead,
}

/// The number of bytes delivered and not taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ahead(Arc<AtomicUsize>);

impl Ahead {
    /// More than the core delivers ahead with its window, its slices and the messages of these cases.
    const LIMIT: usize = 4 * 1024 * 1024;

    fn add(&self, batch: &[Message]) {
        self.0.fetch_add(size(batch), Ordering::Relaxed);
    }

    /// A batch is taken. Returns the number of bytes before it, if that exceeds the limit.
    pub(crate) fn take(&self, batch: &[Message]) -> Option<usize> {
        let ahead = self.0.fetch_sub(size(batch), Ordering::Relaxed);
        (ahead > Self::LIMIT).then_some(ahead)
    }
}

fn size(batch: &[Message]) -> usize {
    batch.iter().map(Message::len).sum()
}

impl Recorder {
    pub(crate) fn new() -> (Self, UnboundedReceiver<(Instant, Event)>, Ahead) {
        let (events, receiver) = unbounded_channel();
        let ahead = Ahead::default();
        let recorder = Self {
            events,
            batch: Vec::new(),
            ahead: ahead.clone(),
        };
        (recorder, receiver, ahead)
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

    fn text(&mut self, text: Text<'_>) {
        let text = String::from_utf8(text.into_bytes().into_owned()).expect("text is UTF-8");
        self.batch.push(Message::text(text));
    }

    fn binary(&mut self, data: Cow<'_, [u8]>) {
        self.batch.push(Message::binary(data.into_owned()));
    }

    fn deliver(&mut self) -> Result<(), OwnerGone> {
        let batch = std::mem::take(&mut self.batch);
        self.ahead.add(&batch);
        self.record(Event::Batch(batch))
    }

    fn drained(&mut self) -> Result<(), OwnerGone> {
        self.record(Event::Drained)
    }

    fn closed(&mut self, ending: Ending) {
        let _ = self.record(Event::Closed(ending));
    }
}

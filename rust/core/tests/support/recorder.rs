//! A sink that records every event of a connection, for [`Client`](super::Client).

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use rust_web_socket_core::{
    ConnectError, Ending, EventSink, Handshake, OwnerGone, Text, TracedFrame,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A message with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    Text(String),
    Binary(Bytes),
}

impl Data {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn binary(data: impl Into<Bytes>) -> Self {
        Self::Binary(data.into())
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(data) => data.len(),
        }
    }
}

/// A call of the sink.
#[derive(Debug)]
pub(crate) enum Event {
    Opened(Handshake),
    Failed(ConnectError),
    Batch(Vec<Data>),
    Drained,
    Pong(u64, Duration),
    Receiving(u64, Option<u64>),
    Frames(Vec<TracedFrame>),
    CloseWritten,
    Closed(Ending),
}

/// A sink that sends every event through a channel. The owner counts as gone when the receiver is dropped.
#[derive(Debug)]
pub(crate) struct Recorder {
    events: UnboundedSender<Event>,
    batch: Vec<Data>,
}

impl Recorder {
    pub(crate) fn new() -> (Self, UnboundedReceiver<Event>) {
        let (events, receiver) = unbounded_channel();
        let batch = Vec::new();
        (Self { events, batch }, receiver)
    }

    fn record(&self, event: Event) -> Result<(), OwnerGone> {
        self.events.send(event).map_err(|_| OwnerGone)
    }
}

impl EventSink for Recorder {
    fn opened(&mut self, handshake: Handshake) -> Result<(), OwnerGone> {
        self.record(Event::Opened(handshake))
    }

    fn failed(&mut self, error: ConnectError) {
        let _ = self.record(Event::Failed(error));
    }

    fn text(&mut self, text: Text<'_>) {
        let is_ascii = text.is_ascii();
        let text = String::from_utf8(text.into_bytes().into_owned()).expect("text is UTF-8");
        assert_eq!(text.is_ascii(), is_ascii);
        self.batch.push(Data::Text(text));
    }

    fn binary(&mut self, data: Cow<'_, [u8]>) {
        self.batch.push(Data::binary(data.into_owned()));
    }

    fn deliver(&mut self) -> Result<(), OwnerGone> {
        let batch = std::mem::take(&mut self.batch);
        assert!(!batch.is_empty(), "an empty batch was delivered");
        self.record(Event::Batch(batch))
    }

    fn drained(&mut self) -> Result<(), OwnerGone> {
        self.record(Event::Drained)
    }

    fn pong(&mut self, token: u64, round_trip: Duration) -> Result<(), OwnerGone> {
        self.record(Event::Pong(token, round_trip))
    }

    fn receiving(&mut self, received: u64, total: Option<u64>) -> Result<(), OwnerGone> {
        self.record(Event::Receiving(received, total))
    }

    fn frames(&mut self, frames: Vec<TracedFrame>) -> Result<(), OwnerGone> {
        self.record(Event::Frames(frames))
    }

    fn close_written(&mut self) -> Result<(), OwnerGone> {
        self.record(Event::CloseWritten)
    }

    fn closed(&mut self, ending: Ending) {
        assert!(self.batch.is_empty(), "messages were not delivered");
        let _ = self.record(Event::Closed(ending));
    }
}

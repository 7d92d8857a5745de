use tokio::sync::mpsc::UnboundedSender;
use tokio_tungstenite::tungstenite::Message;

/// What a server saw of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A message or a control frame that it sent.
    Message(Message),
    /// The end of its connection.
    End,
}

/// Where a server writes down what it sees, if anybody wants to know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Option<UnboundedSender<Record>>);

impl Journal {
    pub(crate) fn new(records: UnboundedSender<Record>) -> Self {
        Self(Some(records))
    }

    pub(crate) fn record(&self, record: Record) {
        if let Some(records) = &self.0 {
            // Nobody reads any more.
            let _ = records.send(record);
        }
    }
}

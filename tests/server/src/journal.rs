//! What a recording server has observed of its clients, for tests.

use tokio::sync::mpsc::UnboundedSender;
use tokio_tungstenite::tungstenite::Message;

/// An observation of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A message or a control frame of the client.
    Message(Message),
    /// The end of its connection.
    End,
}

/// Records a server's observations, if a receiver was requested.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Option<UnboundedSender<Record>>);

impl Journal {
    pub(crate) fn new(records: UnboundedSender<Record>) -> Self {
        Self(Some(records))
    }

    pub(crate) fn record(&self, record: Record) {
        if let Some(records) = &self.0 {
            // The receiver may have been dropped.
            let _ = records.send(record);
        }
    }
}

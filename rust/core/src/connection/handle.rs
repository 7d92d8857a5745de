//! The handle of a connection, which its owner holds and calls from any thread. The [shared state](super::shared) does
//! the work.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use rust_web_socket_protocol::{
    CloseFrame, Compress, MAX_CLOSE_REASON_SIZE, close_code_may_be_sent, close_frame,
};
use tokio::runtime::Handle;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    ConnectError, ConnectOptions, EventSink, Recording, Stats,
    connection::{
        driver,
        outbox::{Message, MessageBatch, Outgoing},
        shared::Shared,
    },
    handshake::upgrade::Upgrade,
};

/// The maximum payload of a traced frame, in bytes.
const MAX_TRACED_SIZE: usize = 16 * 1024;

/// A client's WebSocket connection (RFC 6455). No call blocks or waits for the network. Dropping it releases it.
#[derive(Debug)]
pub struct Connection {
    shared: Arc<Shared>,
}

/// The message will not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// [`Connection::close`] was called. Do not send after it.
    #[error("The connection was closed by this side")]
    Closing,
    /// The connection has ended, or connecting failed. Connect again to send.
    #[error("The connection has ended")]
    Ended,
    /// More than [`ConnectOptions::max_buffered_amount`] bytes would be buffered. Nothing of the message was queued.
    /// Send it after [`drained`](EventSink::drained), or send a smaller one.
    #[error("More would be buffered than the limit allows")]
    Full,
}

/// RFC 6455 does not allow this close code or reason. The connection is closed nevertheless, without a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseError {
    /// An endpoint must not send this code (RFC 6455 section 7.4).
    #[error("Close code {0} may not be sent: use 1000-1003, 1007-1014 or 3000-4999")]
    Code(u16),
    /// The reason does not fit into a Close frame (RFC 6455 section 5.5). The value is its size in bytes of UTF-8.
    #[error("The close reason has {0} bytes of UTF-8: at most 123 are allowed")]
    Reason(usize),
}

impl Connection {
    /// Starts to connect on `runtime` and returns at once. Messages may be queued and the connection may be closed
    /// before it is open. The result is reported by [`opened`](EventSink::opened) or [`failed`](EventSink::failed).
    ///
    /// # Errors
    ///
    /// [`ConnectError::InvalidRequest`] for an invalid URL or option. `sink` is then not called.
    pub fn connect(
        url: &str,
        options: ConnectOptions,
        sink: impl EventSink,
        runtime: &Handle,
    ) -> Result<Self, ConnectError> {
        let upgrade = Upgrade::new(url, &options)?;
        let shared = Arc::new(Shared::new(&options));
        runtime.spawn(driver::run(Arc::clone(&shared), upgrade, options, sink));
        Ok(Self { shared })
    }

    /// Queues a text message. It is sent with the next [`flush`](Self::flush), or earlier.
    ///
    /// # Errors
    ///
    /// See [`SendError`]. Nothing was queued.
    pub fn send_text(&self, text: Utf8Bytes, compress: Compress) -> Result<(), SendError> {
        self.send(true, text.into(), compress)
    }

    /// Queues a binary message. It is sent with the next [`flush`](Self::flush), or earlier.
    ///
    /// # Errors
    ///
    /// See [`SendError`]. Nothing was queued.
    pub fn send_binary(&self, data: Bytes, compress: Compress) -> Result<(), SendError> {
        self.send(false, data, compress)
    }

    /// Queues all messages of a batch, or none. They are sent with the next [`flush`](Self::flush), or earlier.
    ///
    /// # Errors
    ///
    /// See [`SendError`]. Nothing was queued.
    pub fn send_batch(&self, batch: Box<dyn MessageBatch>) -> Result<(), SendError> {
        self.shared.push(Outgoing::Batch(batch))
    }

    fn send(&self, is_text: bool, payload: Bytes, compress: Compress) -> Result<(), SendError> {
        self.shared.push(Outgoing::Message(Message {
            is_text,
            payload,
            compress,
        }))
    }

    /// Sends queued messages. At most 16 KiB are written on this thread, as far as the operating system accepts them
    /// without blocking. The runtime's threads write the rest. It never blocks: if another thread uses the byte stream,
    /// the driver continues.
    pub fn flush(&self) {
        self.shared.flush();
    }

    /// Sends the queued messages and a Close frame, then waits for the peer's within the close timeout (RFC 6455
    /// section 7.1.2). [`closed`](EventSink::closed) reports the end. Messages that arrive from now on are dropped,
    /// unless [`ConnectOptions::deliver_while_closing`] is set. Later calls do nothing. A `reason` without a code is
    /// dropped.
    ///
    /// # Errors
    ///
    /// An invalid code or reason. The connection is closed nevertheless, without a code.
    pub fn close(&self, code: Option<u16>, reason: &str) -> Result<(), CloseError> {
        let checked = match code {
            None => Ok(None),
            Some(code) => checked_frame(code, reason).map(Some),
        };
        self.shared.close(checked.clone().unwrap_or_default());
        checked.map(|_| ())
    }

    /// Returns the credit of the oldest delivered batch, whose messages are consumed. With 2 MiB not consumed, nothing
    /// is read, and TCP's flow control stops the peer.
    pub fn grant(&self) {
        self.shared.grant();
    }

    /// Bytes of payload that were queued and that the operating system has not accepted yet.
    pub fn buffered_amount(&self) -> usize {
        self.shared.outbox.buffered()
    }

    /// Whether all bytes that are no longer [buffered](Self::buffered_amount) were accepted by the operating system.
    /// False after the connection has ended or a write has failed, which [`closed`](EventSink::closed) may report
    /// later.
    pub fn is_writable(&self) -> bool {
        self.shared.outbox.is_writable()
    }

    /// Requests one [`drained`](EventSink::drained) event when at most `mark` bytes are
    /// [buffered](Self::buffered_amount). The event does not come if the connection ends first.
    pub fn notify_drained(&self, mark: usize) {
        self.shared.notify_drained(mark);
    }

    /// Sends a Ping frame before the queued messages, with `token` as its payload (RFC 6455 section 5.5.2).
    /// [`pong`](EventSink::pong) reports the round trip. The event does not come if the connection ends first.
    ///
    /// # Errors
    ///
    /// [`SendError::Closing`] or [`SendError::Ended`].
    pub fn ping(&self, token: u64) -> Result<(), SendError> {
        self.shared.ping(token)
    }

    /// Replaces [`ConnectOptions::ping_interval`]. The next ping is sent this long after the call, and a pong that is
    /// awaited is not awaited any more. `None` stops the pings.
    pub fn set_ping_interval(&self, interval: Option<Duration>) {
        self.shared.set_ping_interval(interval);
    }

    /// The counters of the connection so far.
    pub fn stats(&self) -> Stats {
        if let Some(guard) = self.shared.duplex.try_lock()
            && let Some(duplex) = guard.as_ref()
        {
            return duplex.stats();
        }
        *self.shared.stats.lock()
    }

    /// Reports each following frame to [`frames`](EventSink::frames), with at most `payload_size` bytes of its payload
    /// and at most 16 KiB. `None` stops this.
    pub fn trace(&self, payload_size: Option<usize>) {
        let traced = payload_size.map_or(0, |size| size.min(MAX_TRACED_SIZE) + 1);
        self.shared.trace(traced);
    }

    /// What it records, with [`ConnectOptions::record`].
    pub fn recording(&self) -> Option<Recording> {
        self.shared.recording.clone()
    }

    /// Releases the connection. A connect is cancelled. An open connection is closed with code 1001 after the queued
    /// messages are sent. No more events are reported. Later calls do nothing.
    pub fn release(&self) {
        self.shared.release();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.release();
    }
}

fn checked_frame(code: u16, reason: &str) -> Result<CloseFrame, CloseError> {
    if !close_code_may_be_sent(code) {
        return Err(CloseError::Code(code));
    }
    if reason.len() > MAX_CLOSE_REASON_SIZE {
        return Err(CloseError::Reason(reason.len()));
    }
    Ok(close_frame(code, reason))
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::connection::sink::tests::Nowhere;

    #[tokio::test]
    async fn a_flush_that_finds_the_duplex_in_use_is_made_up_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("ws://{}/", listener.local_addr().expect("it is bound"));
        let options = ConnectOptions::default();
        let connection =
            Connection::connect(&url, options, Nowhere, &Handle::current()).expect("a valid URL");
        let (tcp, _) = listener.accept().await.expect("a connection");
        let mut peer = tokio_tungstenite::accept_async(tcp)
            .await
            .expect("an upgrade");
        // Its arrival shows that the duplex exists.
        connection
            .send_text("first".into(), Compress::Auto)
            .expect("open");
        connection.flush();
        peer.next().await.expect("open").expect("a message");

        let in_use = connection.shared.duplex.lock();
        connection
            .send_text("second".into(), Compress::Auto)
            .expect("open");
        connection.flush();
        assert_eq!(connection.buffered_amount(), 6, "it was not written here");
        drop(in_use);
        let arrival = tokio::time::timeout(Duration::from_secs(30), peer.next());
        let message = arrival.await.expect("the driver is woken");
        let message = message.expect("open").expect("a message");
        assert_eq!(message.to_text().ok(), Some("second"));
    }

    #[test]
    fn an_idle_connection_does_not_keep_the_memory_for_connecting() {
        let options = ConnectOptions::default();
        let upgrade = Upgrade::new("ws://localhost", &options).expect("a valid request");
        let task = driver::run(Arc::default(), upgrade, options, Nowhere);
        assert!(size_of_val(&task) <= 512, "{}", size_of_val(&task));
    }

    #[test]
    fn an_idle_connection_without_compression_keeps_no_memory_for_it() {
        assert!(size_of::<Shared>() <= 1536, "{}", size_of::<Shared>());
    }
}

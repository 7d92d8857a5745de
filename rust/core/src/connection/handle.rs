//! The handle of a connection: what its owner holds and calls, from any thread.

use std::{
    sync::{Arc, atomic::Ordering},
    task::Wake,
};

use bytes::Bytes;
use rust_web_socket_protocol::{
    CloseFrame, Compress, MAX_CLOSE_REASON_SIZE, close_code_may_be_sent, close_frame,
};
use tokio::runtime::Handle;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    ConnectError, ConnectOptions, EventSink, Stats,
    connection::{
        driver,
        outbox::{Message, MessageBatch, Outbox, Outgoing},
        shared::Shared,
    },
    handshake::upgrade::Upgrade,
};

/// The most of a frame's payload that a trace shows, in bytes.
const MAX_TRACED_SIZE: usize = 16 * 1024;

/// Up to so many bytes a flush writes on the calling thread, which saves a wake-up and keeps round trips short.
/// More than that is masked and written by the runtime's threads, while the caller goes on.
const INLINE_FLUSH_SIZE: usize = 16 * 1024;

/// A client's WebSocket connection. None of its calls blocks or waits for the network; dropping it releases it.
#[derive(Debug)]
pub struct Connection {
    shared: Arc<Shared>,
}

/// A message that will not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// [`Connection::close`] was called before.
    #[error("The connection was closed by this side")]
    Closing,
    /// The connection has ended, or was never made.
    #[error("The connection has ended")]
    Ended,
    /// More would be buffered than [`ConnectOptions::max_buffered_amount`]. Nothing of the message was queued: send it
    /// when [`drained`](EventSink::drained) tells that there is room, or a message that fits.
    #[error("More would be buffered than the limit allows")]
    Full,
}

/// A close that RFC 6455 does not allow. The connection is closed all the same, without a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseError {
    /// Not a code that an endpoint may send (RFC 6455 section 7.4).
    #[error("Close code {0} may not be sent: use 1000-1003, 1007-1014 or 3000-4999")]
    Code(u16),
    /// Longer than a Close frame can carry.
    #[error("The close reason has {0} bytes of UTF-8: at most 123 are possible")]
    Reason(usize),
}

impl Connection {
    /// Starts to connect on `runtime`. Messages may be queued and a close be asked for at once: they are sent in
    /// order when the connection is open.
    pub fn connect(
        url: &str,
        options: ConnectOptions,
        sink: impl EventSink,
        runtime: &Handle,
    ) -> Result<Self, ConnectError> {
        let upgrade = Upgrade::new(url, &options)?;
        let shared = Arc::new(Shared {
            outbox: Outbox::new(options.max_buffered_amount),
            ..Shared::default()
        });
        runtime.spawn(driver::run(Arc::clone(&shared), upgrade, options, sink));
        Ok(Self { shared })
    }

    /// Queues a text message. It leaves with the next [`flush`](Self::flush), or earlier.
    pub fn send_text(&self, text: Utf8Bytes, compress: Compress) -> Result<(), SendError> {
        self.send(true, text.into(), compress)
    }

    /// Queues a binary message. It leaves with the next [`flush`](Self::flush), or earlier.
    pub fn send_binary(&self, data: Bytes, compress: Compress) -> Result<(), SendError> {
        self.send(false, data, compress)
    }

    /// Queues all messages of a batch, or none of them. They leave with the next [`flush`](Self::flush), or earlier.
    pub fn send_batch(&self, batch: Box<dyn MessageBatch>) -> Result<(), SendError> {
        self.push(Outgoing::Batch(batch))
    }

    fn send(&self, is_text: bool, payload: Bytes, compress: Compress) -> Result<(), SendError> {
        self.push(Outgoing::Message(Message {
            is_text,
            payload,
            compress,
        }))
    }

    fn push(&self, message: Outgoing) -> Result<(), SendError> {
        let size = message.size();
        let waiting = self.shared.outbox.push(message)?;
        // Too much for a flush by this thread: the driver may as well start now, once.
        if waiting > INLINE_FLUSH_SIZE && waiting - size <= INLINE_FLUSH_SIZE {
            self.shared.driver.wake_by_ref();
        }
        Ok(())
    }

    /// Sends what is queued: a little on this thread if the operating system takes it without waiting, else on the
    /// runtime's. Never blocks: a socket that is in use is left to who uses it.
    pub fn flush(&self) {
        // Not only what waits: the rest of a large message would be written here as well.
        if self.shared.outbox.buffered() <= INLINE_FLUSH_SIZE
            && let Some(mut guard) = self.shared.duplex.try_lock()
            && let Some(duplex) = guard.as_mut()
        {
            let has_more = duplex.write(&self.shared.outbox, false);
            if !has_more && !self.shared.outbox.is_drain_asked() && !duplex.is_traced() {
                return;
            }
        }
        self.shared.driver.wake_by_ref();
    }

    /// Sends what is queued, then a Close frame, and waits for the peer's within the close timeout; the event
    /// [`closed`](EventSink::closed) tells that it is done. Messages that arrive from now on are dropped. Only the
    /// first call counts. A `reason` without a code can't be sent and is dropped.
    pub fn close(&self, code: Option<u16>, reason: &str) -> Result<(), CloseError> {
        let checked = match code {
            None => Ok(None),
            Some(code) => checked_frame(code, reason).map(Some),
        };
        self.shared
            .outbox
            .close(checked.clone().unwrap_or_default());
        self.flush();
        // Also when all was written here: the driver keeps the time of the close.
        self.shared.driver.wake_by_ref();
        checked.map(|_| ())
    }

    /// Gives back the credit of the oldest batch that was delivered: its messages are consumed. When too much is
    /// not consumed, nothing is read, and TCP makes the peer wait.
    pub fn grant(&self) {
        if self.shared.credit.restore() {
            self.shared.driver.wake_by_ref();
        }
    }

    /// Bytes of payload that were sent here and are not yet with the operating system.
    pub fn buffered_amount(&self) -> usize {
        self.shared.outbox.buffered()
    }

    /// Whether what is no longer [buffered](Self::buffered_amount) has reached the operating system. It is not so once
    /// the connection has ended or a write has failed, of which [`closed`](EventSink::closed) may not have told yet.
    pub fn is_writable(&self) -> bool {
        self.shared.outbox.is_writable()
    }

    /// Asks for one [`drained`](EventSink::drained) event, as soon as at most `mark` bytes are
    /// [buffered](Self::buffered_amount). It does not come when the connection ends before.
    pub fn notify_drained(&self, mark: usize) {
        self.shared.outbox.ask_for_drain(mark);
        self.shared.driver.wake_by_ref();
    }

    /// Sends a ping, ahead of the messages that wait, with `token` as its payload; [`pong`](EventSink::pong) tells the
    /// round trip. It does not come when the connection ends before.
    pub fn ping(&self, token: u64) -> Result<(), SendError> {
        self.shared.outbox.ping(token)?;
        self.shared.driver.wake_by_ref();
        Ok(())
    }

    /// What the connection has carried so far.
    pub fn stats(&self) -> Stats {
        if let Some(guard) = self.shared.duplex.try_lock()
            && let Some(duplex) = guard.as_ref()
        {
            return duplex.stats();
        }
        *self.shared.stats.lock()
    }

    /// Tells of each frame from now on ([`frames`](EventSink::frames)), with so many bytes of its payload, 16 KiB at
    /// most; of none for none.
    pub fn trace(&self, payload_size: Option<usize>) {
        let traced = payload_size.map_or(0, |size| size.min(MAX_TRACED_SIZE) + 1);
        self.shared.traced.store(traced, Ordering::Relaxed);
        self.shared.driver.wake_by_ref();
    }

    /// Lets go of the connection: a connect is cancelled, an open connection is closed with code 1001 after what is
    /// queued, and its events go nowhere. Does nothing the second time.
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
    use std::borrow::Cow;

    use futures::StreamExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::{Ending, Handshake, OwnerGone, Text};

    struct Nowhere;

    impl EventSink for Nowhere {
        fn opened(&mut self, _: Handshake) -> Result<(), OwnerGone> {
            Ok(())
        }

        fn failed(&mut self, error: ConnectError) {
            panic!("{error}");
        }

        fn text(&mut self, _: Text<'_>) {}

        fn binary(&mut self, _: Cow<'_, [u8]>) {}

        fn deliver(&mut self) -> Result<(), OwnerGone> {
            Ok(())
        }

        fn drained(&mut self) -> Result<(), OwnerGone> {
            Ok(())
        }

        fn closed(&mut self, _: Ending) {}
    }

    #[tokio::test]
    async fn a_flush_that_finds_the_socket_in_use_is_made_up_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("ws://{}/", listener.local_addr().expect("it is bound"));
        let options = ConnectOptions::default();
        let connection =
            Connection::connect(&url, options, Nowhere, &Handle::current()).expect("a good URL");
        let (tcp, _) = listener.accept().await.expect("a connection");
        let mut peer = tokio_tungstenite::accept_async(tcp)
            .await
            .expect("an upgrade");
        // Its arrival shows that the socket is there.
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
        let arrival = tokio::time::timeout(std::time::Duration::from_secs(30), peer.next());
        let message = arrival.await.expect("the driver was woken");
        let message = message.expect("open").expect("a message");
        assert_eq!(message.to_text().ok(), Some("second"));
    }

    #[test]
    fn what_connecting_needs_is_not_kept_while_a_connection_rests() {
        let options = ConnectOptions::default();
        let upgrade = Upgrade::new("ws://localhost", &options).expect("a good request");
        let task = driver::run(Arc::default(), upgrade, options, Nowhere);
        assert!(size_of_val(&task) < 4096, "{}", size_of_val(&task));
    }
}

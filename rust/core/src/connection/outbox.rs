//! The outbox: messages and pings that the owner has sent and the driver has not taken yet. It encodes and writes
//! nothing. The [handle](super::handle) fills it, the [sender](super::sender) empties it.

use std::collections::VecDeque;

use bytes::Bytes;
use rust_web_socket_protocol::{CloseFrame, Compress};

use crate::{
    SendError,
    sync::{AtomicBool, AtomicUsize, Mutex, Ordering},
};

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whether it is a text message, whose payload must be UTF-8. Otherwise it is binary.
    pub is_text: bool,
    /// The payload.
    pub payload: Bytes,
    /// Whether it is compressed, if compression was negotiated.
    pub compress: Compress,
}

/// Messages that are queued together with one call, one lock and one allocation. See
/// [`Connection::send_batch`](crate::Connection::send_batch).
pub trait MessageBatch: std::fmt::Debug + Send {
    /// Removes and returns the next message.
    fn next(&mut self) -> Option<Message>;

    /// Bytes of payload of the remaining messages.
    fn size(&self) -> usize;
}

/// An entry of the outbox.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Message(Message),
    Batch(Box<dyn MessageBatch>),
    Close(Option<CloseFrame>),
}

impl Outgoing {
    /// Bytes of payload that count as buffered.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Message(message) => message.payload.len(),
            Self::Batch(batch) => batch.size(),
            Self::Close(_) => 0,
        }
    }
}

/// A queue of messages. The owner's threads fill it, and the thread that holds the duplex empties it.
///
/// Its lock is held for a push or a swap and never during other work, so a user interface's thread may take it.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    buffered: AtomicUsize,
    /// A write has failed, so that all further bytes are dropped.
    write_failed: AtomicBool,
    /// The maximum of `buffered`, in bytes.
    limit: usize,
    /// The requested mark for a drained event, in bytes, or [`NO_MARK`].
    drain_mark: AtomicUsize,
}

const NO_MARK: usize = usize::MAX;

impl Default for Outbox {
    fn default() -> Self {
        Self {
            queue: Mutex::default(),
            buffered: AtomicUsize::new(0),
            write_failed: AtomicBool::new(false),
            limit: usize::MAX,
            drain_mark: AtomicUsize::new(NO_MARK),
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Outgoing>,
    bytes: usize,
    /// Tokens of pings, which are sent before the messages.
    pings: Vec<u64>,
    status: OutboxStatus,
}

/// The state of the sending side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OutboxStatus {
    /// A Close frame was queued.
    pub(crate) closing: bool,
    /// The owner has released the connection and gets no more events.
    pub(crate) released: bool,
    /// The connection has ended. Nothing more is sent.
    pub(crate) ended: bool,
    /// Pings are queued.
    pub(crate) pinging: bool,
}

impl Queue {
    /// Whether messages and pings are still accepted.
    fn check(&self) -> Result<(), SendError> {
        if self.status.ended {
            return Err(SendError::Ended);
        }
        if self.status.closing {
            return Err(SendError::Closing);
        }
        Ok(())
    }
}

impl Outbox {
    /// Creates an outbox for at most `limit` bytes. `None` is no limit.
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self {
            limit: limit.unwrap_or(usize::MAX),
            ..Self::default()
        }
    }

    /// Queues a message, a batch or a Close frame. Returns the number of bytes in the queue.
    pub(crate) fn push(&self, message: Outgoing) -> Result<usize, SendError> {
        let mut queue = self.queue.lock();
        queue.check()?;
        let bytes = message.size();
        if bytes > self.limit.saturating_sub(self.buffered()) {
            return Err(SendError::Full);
        }
        self.buffered.fetch_add(bytes, Ordering::Relaxed);
        queue.bytes += bytes;
        queue.messages.push_back(message);
        Ok(queue.bytes)
    }

    /// Queues a ping, which is sent before the messages.
    pub(crate) fn ping(&self, token: u64) -> Result<(), SendError> {
        let mut queue = self.queue.lock();
        queue.check()?;
        queue.pings.push(token);
        queue.status.pinging = true;
        Ok(())
    }

    /// Removes and returns the pings.
    pub(crate) fn take_pings(&self) -> Vec<u64> {
        let mut queue = self.queue.lock();
        queue.status.pinging = false;
        std::mem::take(&mut queue.pings)
    }

    /// Queues a Close frame, unless one was queued before.
    pub(crate) fn close(&self, frame: Option<CloseFrame>) {
        let mut queue = self.queue.lock();
        if !queue.status.closing && !queue.status.ended {
            queue.status.closing = true;
            queue.messages.push_back(Outgoing::Close(frame));
        }
    }

    /// The owner has released the connection.
    pub(crate) fn release(&self) {
        self.queue.lock().status.released = true;
    }

    /// Drops the queue and refuses further messages.
    pub(crate) fn end(&self) {
        let mut queue = self.queue.lock();
        queue.status.ended = true;
        let dropped = std::mem::take(&mut queue.messages);
        queue.bytes = 0;
        self.buffered.store(0, Ordering::Release);
        drop(queue);
        // Not under the lock: freeing many messages takes time.
        drop(dropped);
    }

    pub(crate) fn status(&self) -> OutboxStatus {
        self.queue.lock().status
    }

    /// Moves the queue into `messages`, which must be empty.
    pub(crate) fn take(&self, messages: &mut VecDeque<Outgoing>) {
        let mut queue = self.queue.lock();
        queue.bytes = 0;
        std::mem::swap(&mut queue.messages, messages);
    }

    /// Bytes of payload that were pushed and that the operating system has not accepted yet.
    ///
    /// Read this first and [`is_writable`](Self::is_writable) second. Dropped bytes are then never taken for sent ones.
    pub(crate) fn buffered(&self) -> usize {
        self.buffered.load(Ordering::Acquire)
    }

    /// All further bytes are dropped, since a write has failed.
    pub(crate) fn fail_writes(&self) {
        self.write_failed.store(true, Ordering::Release);
    }

    /// Whether all bytes that are no longer [buffered](Self::buffered) were accepted by the operating system.
    pub(crate) fn is_writable(&self) -> bool {
        !self.write_failed.load(Ordering::Acquire) && !self.status().ended
    }

    /// Requests a drained event when at most `mark` bytes are buffered.
    pub(crate) fn request_drained(&self, mark: usize) {
        self.drain_mark
            .store(mark.min(NO_MARK - 1), Ordering::Release);
    }

    /// Whether a drained event is requested.
    pub(crate) fn is_drained_event_requested(&self) -> bool {
        self.drain_mark.load(Ordering::Acquire) != NO_MARK
    }

    /// Whether a drained event is due. Returns true once for each request.
    pub(crate) fn take_drained(&self) -> bool {
        let mark = self.drain_mark.load(Ordering::Acquire);
        mark != NO_MARK
            && self.buffered() <= mark
            && self
                .drain_mark
                .compare_exchange(mark, NO_MARK, Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
    }

    /// The operating system has accepted `bytes`.
    pub(crate) fn written(&self, bytes: usize) {
        // Saturating, since `end` may have reset the count meanwhile.
        let _ = self
            .buffered
            .try_update(Ordering::Release, Ordering::Relaxed, |buffered| {
                Some(buffered.saturating_sub(bytes))
            });
    }
}

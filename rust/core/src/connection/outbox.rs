//! What the owner has sent and the driver has not taken yet.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use bytes::Bytes;
use parking_lot::Mutex;
use rust_web_socket_protocol::{CloseFrame, Compress};

use crate::SendError;

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whether it is text, which must be UTF-8; otherwise it is binary.
    pub is_text: bool,
    /// Its payload.
    pub payload: Bytes,
    /// Whether it is compressed.
    pub compress: Compress,
}

/// Messages that are queued together, so that many small ones need one call, one lock and one allocation. See
/// [`Connection::send_batch`](crate::Connection::send_batch).
pub trait MessageBatch: std::fmt::Debug + Send {
    /// Takes the next message out.
    fn next(&mut self) -> Option<Message>;

    /// Bytes of payload of the messages that were not taken out.
    fn size(&self) -> usize;
}

/// What waits in the outbox.
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

/// What is to be sent: filled by the owner's threads, emptied by whoever holds the socket.
///
/// Its lock is held for a push or a swap, never during work, so a user interface's thread may take it.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    buffered: AtomicUsize,
    /// The operating system has refused to take what was written, so that it is forgotten.
    write_failed: AtomicBool,
    /// The most that may be buffered.
    limit: usize,
    /// The owner wants to know when no more than this is buffered; [`NOBODY_ASKS`] if it does not.
    drain_mark: AtomicUsize,
}

const NOBODY_ASKS: usize = usize::MAX;

impl Default for Outbox {
    fn default() -> Self {
        Self {
            queue: Mutex::default(),
            buffered: AtomicUsize::new(0),
            write_failed: AtomicBool::new(false),
            limit: usize::MAX,
            drain_mark: AtomicUsize::new(NOBODY_ASKS),
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Outgoing>,
    bytes: usize,
    /// Tokens of pings, which do not wait for the messages.
    pings: Vec<u64>,
    status: OutboxStatus,
}

/// How far the connection's sending side is, as its owner wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OutboxStatus {
    /// A Close frame is the last thing in the queue, or was.
    pub(crate) closing: bool,
    /// The owner is gone: nobody reads events any more.
    pub(crate) released: bool,
    /// The connection is over: nothing is sent any more.
    pub(crate) ended: bool,
    /// Pings wait to be sent.
    pub(crate) pinging: bool,
}

impl Queue {
    /// Whether anything may still be sent.
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
    /// An outbox for so many bytes, or for any number of them.
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self {
            limit: limit.unwrap_or(usize::MAX),
            ..Self::default()
        }
    }

    /// Queues what is to be sent; answers how many bytes now wait here.
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

    /// Queues a ping, ahead of the messages.
    pub(crate) fn ping(&self, token: u64) -> Result<(), SendError> {
        let mut queue = self.queue.lock();
        queue.check()?;
        queue.pings.push(token);
        queue.status.pinging = true;
        Ok(())
    }

    /// Takes the pings out.
    pub(crate) fn take_pings(&self) -> Vec<u64> {
        let mut queue = self.queue.lock();
        queue.status.pinging = false;
        std::mem::take(&mut queue.pings)
    }

    /// Queues a Close frame, unless there is one.
    pub(crate) fn close(&self, frame: Option<CloseFrame>) {
        let mut queue = self.queue.lock();
        if !queue.status.closing && !queue.status.ended {
            queue.status.closing = true;
            queue.messages.push_back(Outgoing::Close(frame));
        }
    }

    /// Remembers that the owner is gone.
    pub(crate) fn release(&self) {
        self.queue.lock().status.released = true;
    }

    /// Forgets what is queued and takes no more.
    pub(crate) fn end(&self) {
        let mut queue = self.queue.lock();
        queue.status.ended = true;
        let forgotten = std::mem::take(&mut queue.messages);
        queue.bytes = 0;
        self.buffered.store(0, Ordering::Release);
        drop(queue);
        // Not under the lock: to free many takes its time.
        drop(forgotten);
    }

    pub(crate) fn status(&self) -> OutboxStatus {
        self.queue.lock().status
    }

    /// Moves the queue into `messages`, which is empty.
    pub(crate) fn take(&self, messages: &mut VecDeque<Outgoing>) {
        let mut queue = self.queue.lock();
        queue.bytes = 0;
        std::mem::swap(&mut queue.messages, messages);
    }

    /// Bytes of payload that were pushed and have not reached the operating system. Who asks for this first and then
    /// whether it [is writable](Self::is_writable) takes nothing for written that was forgotten.
    pub(crate) fn buffered(&self) -> usize {
        self.buffered.load(Ordering::Acquire)
    }

    /// Remembers that what is written is dropped.
    pub(crate) fn fail_writes(&self) {
        self.write_failed.store(true, Ordering::Release);
    }

    /// Whether what is no longer [buffered](Self::buffered) has reached the operating system.
    pub(crate) fn is_writable(&self) -> bool {
        !self.write_failed.load(Ordering::Acquire) && !self.status().ended
    }

    /// The owner wants to know when at most `mark` bytes are buffered.
    pub(crate) fn ask_for_drain(&self, mark: usize) {
        self.drain_mark
            .store(mark.min(NOBODY_ASKS - 1), Ordering::Release);
    }

    /// Whether the owner asks and has not been told.
    pub(crate) fn is_drain_asked(&self) -> bool {
        self.drain_mark.load(Ordering::Acquire) != NOBODY_ASKS
    }

    /// Whether the owner is to be told now; once for each time it asks.
    pub(crate) fn take_drained(&self) -> bool {
        let mark = self.drain_mark.load(Ordering::Acquire);
        mark != NOBODY_ASKS
            && self.buffered() <= mark
            && self
                .drain_mark
                .compare_exchange(mark, NOBODY_ASKS, Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
    }

    /// Tells that `bytes` have reached the operating system.
    pub(crate) fn written(&self, bytes: usize) {
        // Saturating, since `end` may have reset the count in between.
        let _ = self
            .buffered
            .try_update(Ordering::Release, Ordering::Relaxed, |buffered| {
                Some(buffered.saturating_sub(bytes))
            });
    }
}

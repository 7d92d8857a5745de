//! The state that the owner's threads and the driver share, and what the owner's threads do with it: they change
//! something, then wake the driver. The [handle](super::handle) documents the operations. The driver is in
//! [`driver`](super::driver).

use std::{
    sync::Arc,
    task::{Wake, Waker},
    time::Duration,
};

use crate::{
    ConnectOptions, SendError, Stats,
    connection::{
        credit::Credit,
        duplex::Duplex,
        outbox::{Outbox, Outgoing},
        recording::Recording,
        trace::{Observation, Traced},
    },
    net::stream::{Layers, Transport},
    sync::{AtomicUsize, AtomicWaker, Mutex, Ordering},
};
use rust_web_socket_protocol::{CloseFrame, close_frame};

/// The maximum number of bytes that a flush writes on the calling thread, which saves a thread switch. The runtime's
/// threads mask and write more than that.
const INLINE_FLUSH_SIZE: usize = 16 * 1024;

/// The state that the owner's handle and the driver share.
#[derive(Debug)]
pub(crate) struct Shared<T = Layers> {
    pub(crate) outbox: Outbox,
    pub(crate) credit: Credit,
    /// Locked for one slice of reading or writing. Threads that must not wait use `try_lock`.
    pub(crate) duplex: Mutex<Option<Duplex<T>>>,
    pub(crate) driver: Arc<DriverWaker>,
    /// A copy from the driver's last turn, for a thread that finds the duplex locked, and after the end.
    pub(crate) stats: Mutex<Stats>,
    /// The number of payload bytes of each traced frame plus one. 0 if frames are not traced.
    traced: AtomicUsize,
    /// For an inspector. `None` if nothing is recorded.
    pub(crate) recording: Option<Recording>,
    /// A ping interval that the owner has set and the driver has not taken over yet.
    pub(crate) ping_interval: Mutex<Option<Option<Duration>>>,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self::new(&ConnectOptions::default())
    }
}

impl<T> Shared<T> {
    pub(crate) fn new(options: &ConnectOptions) -> Self {
        Self {
            outbox: Outbox::new(options.max_buffered_amount),
            credit: Credit::default(),
            duplex: Mutex::default(),
            driver: Arc::default(),
            stats: Mutex::default(),
            traced: AtomicUsize::default(),
            recording: options.record.then(Recording::default),
            ping_interval: Mutex::default(),
        }
    }

    /// Queues a message or a batch.
    pub(crate) fn push(&self, message: Outgoing) -> Result<(), SendError> {
        let size = message.size();
        let waiting = self.outbox.push(message)?;
        // Too much for a flush on this thread. Wake the driver now, once.
        if waiting > INLINE_FLUSH_SIZE && waiting - size <= INLINE_FLUSH_SIZE {
            self.driver.wake_by_ref();
        }
        Ok(())
    }

    /// Queues a ping.
    pub(crate) fn ping(&self, token: u64) -> Result<(), SendError> {
        self.outbox.ping(token)?;
        self.driver.wake_by_ref();
        Ok(())
    }

    /// The oldest batch was consumed.
    pub(crate) fn grant(&self) {
        if self.credit.restore() {
            self.driver.wake_by_ref();
        }
    }

    /// Requests a drained event.
    pub(crate) fn notify_drained(&self, mark: usize) {
        self.outbox.request_drained(mark);
        self.driver.wake_by_ref();
    }

    /// Replaces the ping interval.
    pub(crate) fn set_ping_interval(&self, interval: Option<Duration>) {
        *self.ping_interval.lock() = Some(interval);
        self.driver.wake_by_ref();
    }

    /// See [`traced`](Self::traced).
    pub(crate) fn trace(&self, traced: usize) {
        self.traced.store(traced, Ordering::Relaxed);
        self.driver.wake_by_ref();
    }

    /// The number of payload bytes of each frame that is reported to the owner. `None` if none is.
    pub(crate) fn traced(&self) -> Option<usize> {
        self.traced.load(Ordering::Relaxed).checked_sub(1)
    }

    /// The frames that the duplex has to collect. `traced` is what [`traced`](Self::traced) has returned.
    pub(crate) fn observation(&self, traced: Option<usize>) -> Option<Observation> {
        let recorded = self.recording.as_ref().map(Recording::observation);
        let Some(traced) = traced else {
            return recorded;
        };
        let recorded = recorded.map_or(0, |it| it.payload_size);
        Some(Observation {
            payload_size: traced.max(recorded),
            max_frames: usize::MAX,
        })
    }

    /// The owner gets no more events.
    pub(crate) fn release(&self) {
        self.outbox.release();
        self.outbox.close(Some(close_frame(1001, "")));
        self.driver.wake_by_ref();
    }
}

impl<T: Transport> Shared<T> {
    /// Records the frames that the duplex has collected since the last call, and returns them.
    pub(crate) fn record(&self, duplex: &mut Duplex<T>) -> Vec<Traced> {
        let frames = duplex.take_frames();
        if let Some(recording) = &self.recording
            && !frames.is_empty()
        {
            let (sent, received) = duplex.frames();
            recording.add(&frames, sent, received);
        }
        frames
    }

    /// Writes small messages on this thread, and leaves the rest to the driver.
    pub(crate) fn flush(&self) {
        // The buffered amount, not only the queue: the rest of a large message would be written here as well.
        if self.outbox.buffered() <= INLINE_FLUSH_SIZE
            && let Some(mut guard) = self.duplex.try_lock()
            && let Some(duplex) = guard.as_mut()
        {
            let traced = self.traced();
            duplex.observe(self.observation(traced));
            let has_more = duplex.write(&self.outbox, false);
            // A trace is reported by the driver.
            if traced.is_none() {
                self.record(duplex);
            }
            if !has_more && !self.outbox.is_drained_event_requested() && traced.is_none() {
                return;
            }
        }
        self.driver.wake_by_ref();
    }

    /// Queues a Close frame and flushes.
    pub(crate) fn close(&self, frame: Option<CloseFrame>) {
        self.outbox.close(frame);
        self.flush();
        // Also if everything was written here: the driver runs the close timeout.
        self.driver.wake_by_ref();
    }
}

/// Wakes the driver of a connection from any thread.
#[derive(Debug, Default)]
pub(crate) struct DriverWaker(AtomicWaker);

impl DriverWaker {
    /// Registers the driver's task.
    pub(crate) fn register(&self, waker: &Waker) {
        self.0.register(waker);
    }
}

impl Wake for DriverWaker {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake();
    }
}

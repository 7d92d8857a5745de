//! The state that the owner's threads and the driver share, and the waker between them. The handle creates it. What the
//! state means is decided by those who use it: the handle, [`connect`](super::connect) and the driver.

use std::{
    sync::{Arc, atomic::AtomicUsize},
    task::{Wake, Waker},
    time::Duration,
};

use futures::task::AtomicWaker;
use parking_lot::Mutex;

use crate::{
    Stats,
    connection::{credit::Credit, duplex::Duplex, outbox::Outbox},
};
use rust_web_socket_protocol::close_frame;

/// The state that the owner's handle and the driver share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) outbox: Outbox,
    pub(crate) credit: Credit,
    /// Locked for one slice of reading or writing. Threads that must not wait use `try_lock`.
    pub(crate) duplex: Mutex<Option<Duplex>>,
    pub(crate) driver: Arc<DriverWaker>,
    /// A copy from the driver's last turn, for a thread that finds the duplex locked, and after the end.
    pub(crate) stats: Mutex<Stats>,
    /// The number of payload bytes of each traced frame plus one. 0 if frames are not traced.
    pub(crate) traced: AtomicUsize,
    /// A ping interval that the owner has set and the driver has not taken over yet.
    pub(crate) ping_interval: Mutex<Option<Option<Duration>>>,
}

impl Shared {
    pub(crate) fn release(&self) {
        self.outbox.release();
        self.outbox.close(Some(close_frame(1001, "")));
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

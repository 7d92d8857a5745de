//! What the owner's threads and the driver share.

use std::{
    sync::{Arc, atomic::AtomicUsize},
    task::{Wake, Waker},
};

use futures::task::AtomicWaker;
use parking_lot::Mutex;

use crate::{
    Stats,
    connection::{credit::Credit, duplex::Duplex, outbox::Outbox},
};
use rust_web_socket_protocol::close_frame;

/// What the owner and the driver both hold.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) outbox: Outbox,
    pub(crate) credit: Credit,
    /// Locked for one slice of reading or writing at a time; a thread that may not wait only tries.
    pub(crate) duplex: Mutex<Option<Duplex>>,
    pub(crate) driver: Arc<DriverWaker>,
    /// As the driver's last turn left it, for a thread that finds the duplex in use, and after the end.
    pub(crate) stats: Mutex<Stats>,
    /// One more than the bytes of each frame's payload that the owner wants to see; 0 if it wants to see no frames.
    pub(crate) traced: AtomicUsize,
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
    /// The driver's task wants to be woken by it.
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

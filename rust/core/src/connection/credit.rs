//! Credit for reading: a bound for the data that was delivered and that the owner has not consumed yet.
//!
//! The driver spends it, [`Connection::grant`](crate::Connection::grant) restores it.

use std::collections::VecDeque;

use crate::sync::Mutex;

/// The maximum cost of batches that the owner has not consumed, in bytes. It bounds memory while the owner pauses. It
/// is large enough for the driver to read the next batch while the owner handles the last one.
const WINDOW: usize = if cfg!(rust_web_socket_loom) {
    64
} else {
    2 * 1024 * 1024
};

/// The cost of a message beside its payload, in bytes, so that empty messages are bounded too.
const MESSAGE_OVERHEAD: usize = 32;

/// Credit for reading. A batch uses it from its delivery until it is consumed.
#[derive(Debug, Default)]
pub(crate) struct Credit {
    batches: Mutex<Batches>,
}

#[derive(Debug, Default)]
struct Batches {
    costs: VecDeque<usize>,
    /// The sum of `costs`.
    outstanding: usize,
    /// The driver waits until all batches are consumed.
    settlement_is_awaited: bool,
}

impl Credit {
    /// The cost of a message with `size` bytes of payload.
    pub(crate) fn cost(size: usize) -> usize {
        size + MESSAGE_OVERHEAD
    }

    /// Whether another batch may be read. It may exceed the window, so that a message of any size can be received.
    pub(crate) fn is_available(&self) -> bool {
        self.batches.lock().outstanding < WINDOW
    }

    /// Takes the credit for a batch that is about to be delivered.
    pub(crate) fn spend(&self, cost: usize) {
        let mut batches = self.batches.lock();
        batches.costs.push_back(cost);
        batches.outstanding += cost;
    }

    /// Whether all delivered batches were consumed.
    pub(crate) fn is_settled(&self) -> bool {
        self.batches.lock().costs.is_empty()
    }

    /// Makes [`restore`](Self::restore) return true when all batches are consumed.
    pub(crate) fn await_settlement(&self) {
        self.batches.lock().settlement_is_awaited = true;
    }

    /// The oldest batch was consumed. Returns whether the driver has to be woken.
    pub(crate) fn restore(&self) -> bool {
        let mut batches = self.batches.lock();
        let Some(cost) = batches.costs.pop_front() else {
            return false;
        };
        let before = batches.outstanding;
        batches.outstanding -= cost;
        let may_read_again = before >= WINDOW && batches.outstanding < WINDOW;
        may_read_again || batches.settlement_is_awaited && batches.costs.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_stops_at_the_window_and_resumes_when_a_batch_is_consumed() {
        let credit = Credit::default();
        credit.spend(WINDOW - 1);
        assert!(credit.is_available());
        credit.spend(1);
        assert!(!credit.is_available());
        assert!(credit.restore(), "the driver has to be woken");
        assert!(credit.is_available());
        assert!(!credit.restore(), "reading had not stopped");
    }

    #[test]
    fn the_last_batch_wakes_a_driver_that_waits_for_it() {
        let credit = Credit::default();
        credit.spend(1);
        assert!(!credit.restore(), "the driver does not wait");
        credit.spend(1);
        credit.spend(1);
        credit.await_settlement();
        assert!(!credit.restore());
        assert!(!credit.is_settled());
        assert!(credit.restore());
        assert!(credit.is_settled());
    }

    #[test]
    fn consuming_more_than_was_delivered_gives_no_credit() {
        let credit = Credit::default();
        assert!(!credit.restore());
        credit.spend(WINDOW);
        assert!(!credit.is_available());
    }
}

//! Credit for reading: how much the owner has not consumed yet.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicUsize, Ordering},
};

use parking_lot::Mutex;

/// How much may be on its way to the owner, unconsumed. It bounds memory when the owner pauses, and is large
/// enough that the reader works on the next batch while the owner handles the last.
const WINDOW: usize = 2 * 1024 * 1024;

/// What a message costs beside its payload, so that empty messages are not free.
const MESSAGE_OVERHEAD: usize = 32;

/// Credit for reading: batches that were delivered and not yet consumed use it up.
#[derive(Debug, Default)]
pub(crate) struct Credit {
    batches: Mutex<Batches>,
    outstanding: AtomicUsize,
}

#[derive(Debug, Default)]
struct Batches {
    costs: VecDeque<usize>,
    /// The driver waits until there are none.
    settlement_is_awaited: bool,
}

impl Credit {
    /// What a message of `size` bytes costs.
    pub(crate) fn cost(size: usize) -> usize {
        size + MESSAGE_OVERHEAD
    }

    /// Whether another batch may be read. The last one may overdraw, so that no message is too large.
    pub(crate) fn is_left(&self) -> bool {
        self.outstanding.load(Ordering::Acquire) < WINDOW
    }

    /// A batch is about to be delivered.
    pub(crate) fn spend(&self, cost: usize) {
        let mut batches = self.batches.lock();
        batches.costs.push_back(cost);
        self.outstanding.fetch_add(cost, Ordering::AcqRel);
    }

    /// Whether all that was delivered was consumed.
    pub(crate) fn is_settled(&self) -> bool {
        self.batches.lock().costs.is_empty()
    }

    /// From now on the driver wants to be woken when all is consumed.
    pub(crate) fn await_settlement(&self) {
        self.batches.lock().settlement_is_awaited = true;
    }

    /// The oldest batch was consumed; answers whether the driver waited for that.
    pub(crate) fn restore(&self) -> bool {
        let mut batches = self.batches.lock();
        let Some(cost) = batches.costs.pop_front() else {
            return false;
        };
        let before = self.outstanding.fetch_sub(cost, Ordering::AcqRel);
        let may_read_again = before >= WINDOW && before - cost < WINDOW;
        may_read_again || batches.settlement_is_awaited && batches.costs.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_stops_at_the_window_and_goes_on_when_a_batch_is_consumed() {
        let credit = Credit::default();
        credit.spend(WINDOW - 1);
        assert!(credit.is_left());
        credit.spend(1);
        assert!(!credit.is_left());
        assert!(credit.restore(), "the reader has to be woken");
        assert!(credit.is_left());
        assert!(!credit.restore(), "it was not stopped");
    }

    #[test]
    fn the_last_batch_wakes_a_driver_that_waits_for_it() {
        let credit = Credit::default();
        credit.spend(1);
        assert!(!credit.restore(), "nobody waits");
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
        assert!(!credit.is_left());
    }
}

//! The extent of a run: full or quick.

use std::time::Duration;

/// The extent of a run.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) rounds: usize,
    /// The length of a calibrated measurement.
    pub(crate) length: Duration,
    /// The largest number of connections to open.
    pub(crate) connections: usize,
    /// The maximum of rounds of a measurement in a separate process.
    pub(crate) rounds_in_own_process: usize,
    /// The maximum of repetitions of a measurement with a fixed number.
    pub(crate) times: usize,
}

impl Pace {
    pub(crate) const FULL: Self = Self {
        rounds: 5,
        length: Duration::from_millis(300),
        connections: usize::MAX,
        rounds_in_own_process: usize::MAX,
        times: usize::MAX,
    };
    pub(crate) const QUICK: Self = Self {
        rounds: 2,
        length: Duration::from_millis(50),
        connections: 2000,
        rounds_in_own_process: 1,
        times: 1,
    };
}

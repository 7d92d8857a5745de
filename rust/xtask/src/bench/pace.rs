//! How much is measured: in full, or quickly.

use std::time::Duration;

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) rounds: usize,
    /// How long a calibrated measurement is to take.
    pub(crate) length: Duration,
    /// Most connections that are opened to see what they cost.
    pub(crate) connections: usize,
    /// Most rounds of a measurement that takes a process of its own.
    pub(crate) rounds_in_own_process: usize,
    /// Most repetitions of a measurement with a fixed number of them.
    pub(crate) times: usize,
}

impl Pace {
    pub(crate) const FULL: Self = Self {
        rounds: 7,
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

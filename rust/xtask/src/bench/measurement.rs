//! What a client is told to do, and how often.

use super::cores::Placement;

/// What a client is told to do; one or more rows show what it measured.
#[derive(Debug)]
pub(crate) struct Measurement {
    /// Its line of input, without the count: see dart/benchmark/src/program.dart.
    pub(crate) command: &'static str,
    pub(crate) repeat: Repeat,
    pub(crate) placement: Placement,
    /// Whether the floor has it too.
    pub(crate) has_floor: bool,
}

/// How often it is done.
#[derive(Debug)]
pub(crate) enum Repeat {
    /// As often as makes a round long enough, which differs from client to client.
    Calibrated,
    /// This many times.
    Times(usize),
    /// Once, in a process of its own, with this many connections open, in at most this many rounds: it takes long, and
    /// leaves the process in another state.
    OwnProcess { rounds: usize, connections: usize },
}

/// A measurement that is repeated for as long as a round takes.
pub(crate) const fn calibrated(command: &'static str) -> Measurement {
    Measurement {
        command,
        repeat: Repeat::Calibrated,
        placement: Placement::Everywhere,
        has_floor: true,
    }
}

impl Measurement {
    pub(crate) const fn times(self, count: usize) -> Self {
        let repeat = Repeat::Times(count);
        Self { repeat, ..self }
    }

    pub(crate) const fn in_own_process(self, rounds: usize, connections: usize) -> Self {
        let repeat = Repeat::OwnProcess {
            rounds,
            connections,
        };
        Self { repeat, ..self }
    }

    pub(crate) const fn placed(self, placement: Placement) -> Self {
        Self { placement, ..self }
    }

    pub(crate) const fn without_floor(self) -> Self {
        Self {
            has_floor: false,
            ..self
        }
    }
}

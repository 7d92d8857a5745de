//! Commands for clients, and their repetitions.

use super::contender::Contender;
use super::cores::Placement;

/// A command for clients. One or more rows show its values.
#[derive(Debug)]
pub(crate) struct Measurement {
    /// The line of input without the count, see dart/benchmark/src/program.dart.
    pub(crate) command: &'static str,
    pub(crate) repeat: Repeat,
    pub(crate) placement: Placement,
    /// Whether the floor supports it.
    pub(crate) has_floor: bool,
}

/// The number of repetitions.
#[derive(Debug)]
pub(crate) enum Repeat {
    /// Calibrated for each client, so that a round is long enough.
    Calibrated,
    /// This many times.
    Times(usize),
    /// Once, in a separate process, with this many open connections and in at most this many rounds. It takes long, and
    /// changes the state of the process.
    OwnProcess { rounds: usize, connections: usize },
}

/// A measurement whose repetitions are calibrated.
pub(crate) const fn calibrated(command: &'static str) -> Measurement {
    Measurement {
        command,
        repeat: Repeat::Calibrated,
        placement: Placement::Everywhere,
        has_floor: true,
    }
}

impl Measurement {
    /// Whether `contender` supports it.
    pub(crate) fn suits(&self, contender: Contender) -> bool {
        match contender {
            Contender::Floor => self.has_floor,
            Contender::TwoThreads => {
                // What the raw client does with two threads.
                let is_flow = matches!(self.command.split(' ').next(), Some("receive" | "send"));
                self.has_floor && is_flow
            }
            _ => true,
        }
    }

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

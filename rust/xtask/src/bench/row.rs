//! A row of the table.

use super::goal::Goal;
use super::measurement::Measurement;
use super::scheme::Scheme;

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) measurement: &'static Measurement,
    /// The measure of the measurement.
    pub(crate) measure: &'static str,
    pub(crate) unit: Unit,
    pub(crate) better: Better,
    pub(crate) ws: &'static [Goal],
    pub(crate) wss: &'static [Goal],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Better {
    Less,
    More,
}

#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) name: &'static str,
    /// The divisor of the client's value.
    pub(crate) divisor: f64,
}

impl Unit {
    /// Whether the row is a ratio of two figures of the same contender.
    pub(crate) fn is_ratio(&self) -> bool {
        self.name == "×"
    }
}

impl Row {
    pub(crate) fn goals(&self, scheme: Scheme) -> &'static [Goal] {
        match scheme {
            Scheme::Ws => self.ws,
            Scheme::Wss => self.wss,
        }
    }

    /// Whether it has a goal over any scheme.
    pub(crate) fn has_goals(&self) -> bool {
        !self.ws.is_empty() || !self.wss.is_empty()
    }

    /// How many times better `a` is than `b`.
    pub(crate) fn ratio(&self, a: f64, b: f64) -> f64 {
        match self.better {
            Better::More => a / b,
            Better::Less => b / a,
        }
    }
}

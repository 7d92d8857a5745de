//! What one line of the table shows.

use super::goal::Goal;
use super::measurement::Measurement;
use super::scheme::Scheme;

/// What one line of the table shows.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) measurement: &'static Measurement,
    /// Which of its measures it is.
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
    /// What a client's number is divided by.
    pub(crate) divisor: f64,
}

impl Unit {
    /// Whether the row compares one of the contender's figures with another.
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

    /// Whether it is to show something, over one scheme at least.
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

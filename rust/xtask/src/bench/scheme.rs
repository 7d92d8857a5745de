//! ws or wss.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The scheme of a connection.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scheme {
    Ws,
    Wss,
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ws => "ws",
            Self::Wss => "wss",
        })
    }
}

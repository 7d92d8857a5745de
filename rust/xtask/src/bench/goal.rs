//! What a row is to reach.

use serde::Serialize;

/// What a row is to show.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    /// At least this many times better than dart:io.
    DartIo(f64),
    /// At least this part of what raw Rust reaches, the floor.
    Floor(f64),
    /// At least as good as this, in the row's unit.
    Limit(f64),
}

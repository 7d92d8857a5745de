//! The goals of a row.

use serde::Serialize;

/// A goal of a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    /// At least this many times better than dart:io.
    DartIo(f64),
    /// At least this fraction of raw Rust, the floor.
    Floor(f64),
    /// At least this, in a row that is a ratio itself. A limit in another unit would depend on the machine.
    Ratio(f64),
}

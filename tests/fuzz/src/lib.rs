//! What the fuzz targets share. `cargo xtask fuzz` runs them; each says at its top what has to hold.

pub mod batches;
#[cfg(feature = "targets")]
pub mod line;
#[cfg(feature = "targets")]
pub mod memory;
pub mod message;
#[cfg(feature = "targets")]
pub mod pieces;
#[cfg(feature = "targets")]
pub mod reading;

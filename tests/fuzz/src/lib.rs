//! Shared by the fuzz targets, which `cargo xtask fuzz` runs. Each target states its property at its top.

pub mod batches;
mod buffer_pool;
#[cfg(feature = "targets")]
pub mod memory;
pub mod message;
#[cfg(feature = "targets")]
pub mod pieces;
#[cfg(feature = "targets")]
pub mod reading;
#[cfg(feature = "targets")]
pub mod stream;

//! The calls that flutter_rust_bridge generates bindings for.

pub mod connection;
pub mod recording;

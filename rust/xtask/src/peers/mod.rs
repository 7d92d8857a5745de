//! Servers that tests, the benchmark and the demo talk to, and how each is started.

pub(crate) mod autobahn;
pub(crate) mod debian;
mod nginx;
pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod server;

//! Starts the servers that tests, the benchmark and the demo connect to.

pub(crate) mod autobahn;
pub(crate) mod chromium;
pub(crate) mod debian;
mod nginx;
pub(crate) mod node;
mod process_group;
pub(crate) mod python;
pub(crate) mod server;

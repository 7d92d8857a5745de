//! The echo server of the benchmark: frames by hand, so that what is measured is the client.
//!
//! Floods are written from one prepared run of frames, and what is swallowed is not unmasked.

mod connection;
mod deflate;
mod flood;
mod frame;

pub(crate) use connection::serve;

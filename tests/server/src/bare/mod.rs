//! The echo server of the benchmark. It handles frames itself, so that the client is measured and not the server.
//!
//! Floods are written from prepared frames, and dropped messages are not unmasked.

mod connection;
mod deflate;
mod feed;
mod flood;
mod frame;

pub(crate) use connection::serve;

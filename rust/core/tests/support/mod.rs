//! Shared by the tests: a client that records its events, and servers that are scripted byte by byte.

// Each test file is a crate of its own and uses a part of this.
#![allow(dead_code, unused_imports)]

mod client;
mod deflate;
mod proxy;
mod recorder;
mod records;
mod server;
mod tls;
mod wire;

use std::{future::Future, time::Duration};

pub(crate) use client::{Client, TimedOut, time_out};
pub(crate) use deflate::{Deflate, Inflate, compressed};
pub(crate) use proxy::{
    SocksRequest, http_tunnel, https_tunnel, socks_greeting, socks_request, socks_tunnel,
};
pub(crate) use recorder::{Data, Event, Recorder};
pub(crate) use records::{Record, records};
pub(crate) use server::{Peer, Server, read_request};
pub(crate) use tls::acceptor;
pub(crate) use wire::{
    BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, TEXT, close_payload, fragment, frame,
    read_frame,
};

/// A timeout for tests that hang, far longer than anything here takes.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// Awaits `future` with a timeout, so that a test fails instead of hanging.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, future)
        .await
        .expect("it completes before the timeout")
}

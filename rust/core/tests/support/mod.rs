//! What the tests share: a client that records its events, and servers that are scripted byte by byte.

// Each test file is a crate of its own and uses its part of this.
#![allow(dead_code, unused_imports)]

mod client;
mod deflate;
mod proxy;
mod recorder;
mod server;
mod tls;
mod wire;

use std::{future::Future, time::Duration};

pub(crate) use client::Client;
pub(crate) use deflate::{Deflate, Inflate, compressed};
pub(crate) use proxy::{SocksRequest, http_tunnel, socks_greeting, socks_request, socks_tunnel};
pub(crate) use recorder::{Data, Event, Recorder};
pub(crate) use server::{Peer, Server, read_request};
pub(crate) use tls::acceptor;
pub(crate) use wire::{
    BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, TEXT, close_payload, fragment, frame,
    read_frame,
};

/// A net against hanging, far longer than anything here takes.
pub(crate) const NET: Duration = Duration::from_secs(30);

/// What `future` comes to; a test that would hang fails instead.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(NET, future)
        .await
        .expect("it happens before the net catches it")
}

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::connection;

/// An echo server on the loopback interface. Dropping it ends it and its connections at once,
/// without Close frames.
#[derive(Debug)]
pub struct EchoServer {
    /// Where it listens.
    pub addr: SocketAddr,
    accepting: JoinHandle<()>,
}

impl EchoServer {
    /// Starts on a port that is free.
    pub async fn start() -> Result<Self> {
        Self::start_on(0).await
    }

    /// Starts on `port`; 0 lets the system choose one.
    pub async fn start_on(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .with_context(|| format!("cannot listen on port {port} of the loopback interface"))?;
        let addr = listener.local_addr()?;
        let accepting = tokio::spawn(accept(listener));
        Ok(Self { addr, accepting })
    }

    /// The URL to connect to.
    pub fn url(&self) -> String {
        format!("ws://{}", self.addr)
    }
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Accepts until aborted; the connections' tasks end with this one.
async fn accept(listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection::serve(stream));
                }
                // Out of file descriptors or the like: a client will notice.
                Err(error) => eprintln!("echo server: cannot accept: {error}"),
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

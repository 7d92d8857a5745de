//! The proxy's listener, which starts a [`relay`](crate::relay) for each connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

#[cfg(unix)]
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::plan::Plan;
use crate::relay::{Report, relay};

/// A proxy on the loopback interface. Dropping it ends it and its connections at once.
#[derive(Debug)]
pub struct FaultProxy {
    addr: SocketAddr,
    over: watch::Sender<bool>,
    accepting: JoinHandle<Vec<Report>>,
}

impl FaultProxy {
    /// Starts on a free port. `plan` returns the plan of each connection, of which the first has number 0.
    pub async fn start(
        upstream: SocketAddr,
        plan: impl FnMut(usize) -> Plan + Send + 'static,
    ) -> io::Result<Self> {
        Self::start_on(0, upstream, plan).await
    }

    /// Starts on `port`. 0: chosen by the system.
    pub async fn start_on(
        port: u16,
        upstream: SocketAddr,
        plan: impl FnMut(usize) -> Plan + Send + 'static,
    ) -> io::Result<Self> {
        let listener = listen((Ipv4Addr::LOCALHOST, port).into())?;
        let addr = listener.local_addr()?;
        let (over, is_over) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, upstream, plan, is_over));
        Ok(Self {
            addr,
            over,
            accepting,
        })
    }

    /// The address on which it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Accepts no more connections, and waits until the clients have closed theirs. It reads from silenced ones too.
    /// Returns the report of each connection, in the order in which they were accepted.
    ///
    /// # Errors
    ///
    /// A client has not closed within `limit`.
    pub async fn finish(mut self, limit: Duration) -> io::Result<Vec<Report>> {
        self.over.send_replace(true);
        let reports = timeout(limit, &mut self.accepting).await?;
        reports.map_err(io::Error::other)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The maximum payload of an Ethernet segment, in bytes. The loopback's segments have 64 KiB. With a smaller window
/// Nagle's algorithm would wait for delayed acknowledgements.
pub(crate) const SEGMENT_SIZE: u32 = 1448;
/// The maximum number of connections that wait to be accepted.
const BACKLOG: u32 = 1024;

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(cfg!(unix))?;
    // An error only makes things slower.
    #[cfg(unix)]
    let _ = SockRef::from(&socket).set_tcp_mss(SEGMENT_SIZE);
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Accepts until the proxy ends. The tasks of the connections end with this one.
async fn accept(
    listener: TcpListener,
    upstream: SocketAddr,
    mut plan: impl FnMut(usize) -> Plan,
    mut over: watch::Receiver<bool>,
) -> Vec<Report> {
    let mut connections = JoinSet::new();
    let mut reports = Vec::new();
    let mut is_over = false;
    loop {
        tokio::select! {
            accepted = listener.accept(), if !is_over => match accepted {
                Ok((client, _)) => {
                    let number = reports.len();
                    reports.push(Report::default());
                    let relay = relay(client, upstream, plan(number), over.clone());
                    connections.spawn(async move { (number, relay.await) });
                }
                // For example, there are no more file descriptors. The client fails too.
                Err(error) => eprintln!("fault proxy: cannot accept: {error}"),
            },
            Some(ended) = connections.join_next() => match ended {
                Ok((number, report)) => reports[number] = report,
                Err(error) => eprintln!("fault proxy: {error}"),
            },
            _ = over.changed(), if !is_over => is_over = true,
            else => return reports,
        }
    }
}

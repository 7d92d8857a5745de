//! A connection through the proxy: connects to the server and runs both directions. The [`proxy`](crate::proxy) starts
//! it.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::pipe::{Cut, Pipe, Progress, absorb};
use crate::plan::Plan;

/// The result of a plan. The client has closed the connection, or lost it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Bytes forwarded to the server.
    pub up: u64,
    /// Bytes forwarded to the client.
    pub down: u64,
    /// The fault in the direction of the server has happened.
    pub up_fired: bool,
    /// The fault in the direction of the client has happened.
    pub down_fired: bool,
}

/// Serves a client until it has closed.
pub(crate) async fn relay(
    mut client: TcpStream,
    upstream: SocketAddr,
    plan: Plan,
    mut over: watch::Receiver<bool>,
) -> Report {
    let (up, down) = (Progress::default(), Progress::default());
    tokio::select! {
        () = sleep(plan.delay) => {}
        _ = over.wait_for(|&over| over) => {}
    }
    // Without a server the client's connection is closed.
    if let Ok(mut server) = TcpStream::connect(upstream).await {
        // Errors only make things slower.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        limit_queue(&client, plan.up.queue);
        limit_queue(&server, plan.down.queue);
        let cut = {
            let (from_client, to_client) = client.split();
            let (from_server, to_server) = server.split();
            tokio::try_join!(
                Pipe::new(plan.up, plan.seed, &up).run(from_client, to_server),
                Pipe::new(plan.down, !plan.seed, &down).run(from_server, to_client),
            )
        };
        match cut {
            Ok(_) => {}
            Err(Cut::Reset) => {
                // Fails if the connection no longer exists.
                let _ = (client.set_zero_linger(), server.set_zero_linger());
            }
            Err(Cut::HalfOpen { absorbs }) => {
                if !absorbs {
                    // Fails if the proxy is dropped, which ends it too.
                    let _ = over.wait_for(|&over| over).await;
                }
                absorb(&mut client).await;
            }
        }
    }
    Report {
        up: up.bytes.into_inner(),
        down: down.bytes.into_inner(),
        up_fired: up.fired.load(Ordering::Relaxed),
        down_fired: down.fired.load(Ordering::Relaxed),
    }
}

/// Limits the operating system to `queue` bytes read ahead of the proxy.
fn limit_queue(source: &TcpStream, queue: Option<usize>) {
    if let Some(queue) = queue {
        // The operating system treats the value as a hint.
        let _ = SockRef::from(source).set_recv_buffer_size(queue);
    }
}

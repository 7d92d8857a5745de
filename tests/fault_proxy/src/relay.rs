use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::pipe::{Cut, Pipe, Progress, absorb};
use crate::plan::Plan;

/// What became of a plan. The client has closed its end of the connection, or lost it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Bytes that were passed on to the server.
    pub up: u64,
    /// Bytes that were passed on to the client.
    pub down: u64,
    /// The fault towards the server has happened.
    pub up_fired: bool,
    /// The fault towards the client has happened.
    pub down_fired: bool,
}

/// Serves a client until it has left.
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
    // Without a server the client just sees the connection end.
    if let Ok(mut server) = TcpStream::connect(upstream).await {
        // They only make things slower.
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
                // Fails when there is no connection any more.
                let _ = (client.set_zero_linger(), server.set_zero_linger());
            }
            Err(Cut::HalfOpen { absorbs }) => {
                if !absorbs {
                    // Fails when the proxy is dropped: the same.
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

/// Has the operating system read no more than `queue` bytes ahead of the proxy.
fn limit_queue(source: &TcpStream, queue: Option<usize>) {
    if let Some(queue) = queue {
        // What it takes is only a hint anyway.
        let _ = SockRef::from(source).set_recv_buffer_size(queue);
    }
}

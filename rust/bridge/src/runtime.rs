use std::sync::OnceLock;

use anyhow::Context;
use tokio::runtime::{Builder, Handle, Runtime};

/// More would only compete with the application's own threads on a phone.
const THREADS: usize = 2;
/// So many turns a thread gives its connections before it looks at what has arrived, and at the time. A turn may take
/// milliseconds (64 KiB to compress); to look takes less than a microsecond.
const TURNS_BETWEEN_EVENTS: u32 = 1;
/// Threads that look up names, which can't be interrupted: one that hangs must not keep the others waiting.
const MAX_LOOKUP_THREADS: usize = 64;

/// One thread has each, and a connection stays with its own. In a runtime of several threads one waits for all sockets,
/// and is woken for what arrives at one that another thread is reading.
static RUNTIMES: [OnceLock<Result<Runtime, String>>; THREADS] =
    [const { OnceLock::new() }; THREADS];

/// The runtime for one more connection: that with the fewest, started when it is needed. Its thread sleeps when there is
/// nothing to do.
pub(crate) fn for_connection() -> anyhow::Result<&'static Handle> {
    let runtime = RUNTIMES.iter().min_by_key(|runtime| tasks(runtime));
    let runtime = runtime.context("No threads at all")?;
    runtime
        .get_or_init(|| start().map_err(|error| error.to_string()))
        .as_ref()
        .map(Runtime::handle)
        .map_err(|error| anyhow::anyhow!(error.clone()))
        .context("No threads for the connections")
}

/// A runtime for other work, if one has been started.
pub(crate) fn started() -> Option<&'static Handle> {
    let runtimes = RUNTIMES.iter().filter_map(OnceLock::get);
    runtimes.flatten().next().map(Runtime::handle)
}

fn start() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .event_interval(TURNS_BETWEEN_EVENTS)
        .max_blocking_threads(MAX_LOOKUP_THREADS)
        .thread_name("rust_web_socket")
        .enable_all()
        .build()
}

/// How many tasks a runtime has; none before it is started.
fn tasks(runtime: &OnceLock<Result<Runtime, String>>) -> usize {
    match runtime.get() {
        None => 0,
        Some(Ok(runtime)) => runtime.metrics().num_alive_tasks(),
        Some(Err(_)) => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        io::Write,
        net::{TcpListener, TcpStream},
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        task::Poll,
    };

    use tokio::io::AsyncReadExt;

    use super::*;

    /// Ends a turn as a driver does that has more to do.
    async fn turn() {
        let mut is_over = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut is_over, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets")]
    fn what_arrives_is_read_although_another_connection_always_has_more_to_do() {
        let runtime = start().expect("a runtime");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut peer = TcpStream::connect(address).expect("a peer");
        let (socket, _) = listener.accept().expect("a socket");
        socket
            .set_nonblocking(true)
            .expect("a socket that does not block");
        let has_arrived = Arc::new(AtomicBool::new(false));
        let has_arrived_too = has_arrived.clone();
        let turns = runtime.block_on(async {
            runtime.spawn(async move {
                let mut socket = tokio::net::TcpStream::from_std(socket).expect("a socket");
                socket.read_u8().await.expect("a byte");
                has_arrived_too.store(true, Ordering::Release);
            });
            let busy = runtime.spawn(async move {
                turn().await;
                peer.write_all(&[1]).expect("a peer that takes it");
                let mut turns = 0;
                while !has_arrived.load(Ordering::Acquire) {
                    turns += 1;
                    turn().await;
                }
                turns
            });
            busy.await.expect("the turns")
        });
        assert!(turns < 5, "{turns} turns");
    }
}

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::Context;
use tokio::runtime::{Builder, Handle, Runtime};

/// More would only compete with the application's own threads on a phone.
const THREADS: usize = 2;
/// Threads that look up names, which can't be interrupted: one that hangs must not keep the others waiting.
const MAX_LOOKUP_THREADS: usize = 64;

/// A runtime for a connection: connections take turns at the threads, and each stays with its own. A runtime of several
/// threads would wake one of them, which waits for any socket, for all that arrives while another reads it.
///
/// A thread sleeps when there is nothing to do.
pub(crate) fn handle() -> anyhow::Result<&'static Handle> {
    static RUNTIMES: [OnceLock<Result<Runtime, String>>; THREADS] =
        [const { OnceLock::new() }; THREADS];
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let turn = NEXT.fetch_add(1, Ordering::Relaxed) % THREADS;
    let runtime = RUNTIMES[turn].get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(MAX_LOOKUP_THREADS)
            .thread_name("rust_web_socket")
            .enable_all()
            .build()
            .map_err(|error| error.to_string())
    });
    runtime
        .as_ref()
        .map(Runtime::handle)
        .map_err(|error| anyhow::anyhow!(error.clone()))
        .context("No threads for the connections")
}

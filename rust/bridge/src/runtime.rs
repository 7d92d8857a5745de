use std::sync::OnceLock;

use anyhow::Context;
use tokio::runtime::{Builder, Handle, Runtime};

/// More would only compete with the application's own threads on a phone.
const THREADS: usize = 2;
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

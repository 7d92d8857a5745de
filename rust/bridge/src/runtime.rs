use std::sync::OnceLock;

use anyhow::Context;
use tokio::runtime::{Builder, Handle, Runtime};

/// One thread reads while another writes; more would only compete with the application's own on a phone.
const WORKER_THREADS: usize = 2;
/// Threads that look up names, which can't be interrupted: one that hangs must not keep the others waiting.
const MAX_LOOKUP_THREADS: usize = 64;

/// The runtime of every connection in the process. Its worker threads sleep when there is nothing to do.
pub(crate) fn handle() -> anyhow::Result<&'static Handle> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(WORKER_THREADS)
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

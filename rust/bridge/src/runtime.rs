//! The tokio runtimes that all connections share. The `api` spawns connections on them; they are never shut down.

use std::{io, sync::OnceLock};

use anyhow::Context;
use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle, Runtime};

/// The number of runtimes. More would compete with the application's threads on a phone.
const THREADS: usize = 2;
/// The maximum number of threads for name lookups. A lookup can't be cancelled, and a slow one must not delay others.
const MAX_LOOKUP_THREADS: usize = 64;

/// Each has one thread, and a connection stays with its runtime. In a runtime with several threads, one polls all
/// sockets, and is woken for data on a socket that another thread is reading.
static RUNTIMES: [OnceLock<Runtime>; THREADS] = [const { OnceLock::new() }; THREADS];

/// Returns the runtime with the fewest tasks, and starts it if necessary. Its thread sleeps while there is nothing to
/// do.
pub(crate) fn for_connection() -> anyhow::Result<&'static Handle> {
    let runtime = RUNTIMES.iter().min_by_key(|runtime| tasks(runtime));
    let runtime = runtime.context("There is no runtime")?;
    match get_or_start(runtime, start) {
        Ok(runtime) => Ok(runtime.handle()),
        // Use a runtime that is already running.
        Err(error) => started()
            .ok_or(error)
            .context("The threads for connections can't be started"),
    }
}

/// Returns a running runtime for other work, if there is one.
pub(crate) fn started() -> Option<&'static Handle> {
    let mut runtimes = RUNTIMES.iter().filter_map(OnceLock::get);
    runtimes.next().map(Runtime::handle)
}

/// Returns the value of `cell`, or initialises it with `start`. An error is not kept, so the next call tries again.
fn get_or_start<T>(cell: &OnceLock<T>, start: impl FnOnce() -> io::Result<T>) -> io::Result<&T> {
    static STARTING: Mutex<()> = Mutex::new(());
    if let Some(started) = cell.get() {
        return Ok(started);
    }
    let _one_at_a_time = STARTING.lock();
    if let Some(started) = cell.get() {
        return Ok(started);
    }
    let started = start()?;
    Ok(cell.get_or_init(|| started))
}

fn start() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(MAX_LOOKUP_THREADS)
        .thread_name("rust_web_socket")
        .enable_all()
        .build()
}

/// The number of tasks of a runtime, 0 before it is started.
fn tasks(runtime: &OnceLock<Runtime>) -> usize {
    let runtime = runtime.get();
    runtime.map_or(0, |runtime| runtime.metrics().num_alive_tasks())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_start_is_tried_again() {
        let cell = OnceLock::new();
        get_or_start(&cell, || Err(io::Error::other("no threads"))).expect_err("none");
        assert_eq!(get_or_start(&cell, || Ok(1)).expect("threads"), &1);
        assert_eq!(get_or_start(&cell, || Ok(2)).expect("started"), &1);
    }
}

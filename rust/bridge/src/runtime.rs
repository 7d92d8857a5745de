use std::{io, sync::OnceLock};

use anyhow::Context;
use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle, Runtime};

/// More would only compete with the application's own threads on a phone.
const THREADS: usize = 2;
/// Threads that look up names, which can't be interrupted: one that hangs must not keep the others waiting.
const MAX_LOOKUP_THREADS: usize = 64;

/// One thread has each, and a connection stays with its own. In a runtime of several threads one waits for all sockets,
/// and is woken for what arrives at one that another thread is reading.
static RUNTIMES: [OnceLock<Runtime>; THREADS] = [const { OnceLock::new() }; THREADS];

/// The runtime for one more connection: that with the fewest, started when it is needed. Its thread sleeps when there is
/// nothing to do.
pub(crate) fn for_connection() -> anyhow::Result<&'static Handle> {
    let runtime = RUNTIMES.iter().min_by_key(|runtime| tasks(runtime));
    let runtime = runtime.context("No threads at all")?;
    match get_or_start(runtime, start) {
        Ok(runtime) => Ok(runtime.handle()),
        // The one that there is has more to do, then.
        Err(error) => started()
            .ok_or(error)
            .context("No threads for the connections"),
    }
}

/// A runtime for other work, if one has been started.
pub(crate) fn started() -> Option<&'static Handle> {
    let mut runtimes = RUNTIMES.iter().filter_map(OnceLock::get);
    runtimes.next().map(Runtime::handle)
}

/// What `cell` holds, or what `start` makes. A failure is not kept: the next call may have the threads.
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

/// How many tasks a runtime has; none before it is started.
fn tasks(runtime: &OnceLock<Runtime>) -> usize {
    let runtime = runtime.get();
    runtime.map_or(0, |runtime| runtime.metrics().num_alive_tasks())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_failed_is_tried_again() {
        let cell = OnceLock::new();
        get_or_start(&cell, || Err(io::Error::other("no threads"))).expect_err("none");
        assert_eq!(get_or_start(&cell, || Ok(1)).expect("threads"), &1);
        assert_eq!(get_or_start(&cell, || Ok(2)).expect("started"), &1);
    }
}

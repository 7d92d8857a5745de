//! The processor time of a process.

use std::fs;
use std::time::Duration;

/// The processor time of all threads of `process`; None without /proc.
pub(crate) fn of_process(process: u32) -> Option<Duration> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let nanoseconds = threads
        .filter_map(|thread| {
            let statistics = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            statistics.split(' ').next()?.parse::<u64>().ok()
        })
        .sum();
    Some(Duration::from_nanos(nanoseconds))
}

//! The processor time of a process.

use std::time::Duration;

/// The processor time of all threads of `process`, also of those that have ended.
#[cfg(target_os = "linux")]
pub(crate) fn of_process(process: u32) -> Option<Duration> {
    use nix::{time::clock_getcpuclockid, unistd::Pid};

    let process = Pid::from_raw(process.try_into().ok()?);
    let clock = clock_getcpuclockid(process).ok()?;
    clock.now().ok().map(Duration::from)
}

/// Other systems have no such clock for another process.
#[cfg(not(target_os = "linux"))]
pub(crate) fn of_process(_process: u32) -> Option<Duration> {
    None
}

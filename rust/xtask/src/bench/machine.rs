//! The machine and the measured versions.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::cores::Cores;
use crate::runtime::Runtime;
use crate::{process, workspace};

/// The number of busy cores above which a run is not published.
const TOO_BUSY: f64 = 0.2;

/// The machine and the versions of a run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) system: String,
    /// The number of cores that other programs kept busy, just before the run or just after it.
    pub(crate) busy: Option<f64>,
    pub(crate) pinned: Option<Cores>,
    pub(crate) dart: String,
    pub(crate) rust: String,
    pub(crate) rust_web_socket: String,
}

impl Machine {
    pub(crate) fn detect(runtime: &Runtime, pinned: Option<Cores>) -> Result<Self> {
        let machine = Self {
            processor: processor(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            system: system(),
            busy: busy_cores(),
            pinned,
            dart: runtime.dart_version()?,
            rust: process::output(Command::new("rustc").arg("--version"))?,
            rust_web_socket: format!("{}{}", env!("CARGO_PKG_VERSION"), commit()),
        };
        if machine.is_too_busy() {
            process::announce("other programs keep this machine busy, so the figures are rough");
        }
        Ok(machine)
    }

    /// Whether other programs kept it so busy that figures are not worth publishing.
    pub(crate) fn is_too_busy(&self) -> bool {
        self.busy.is_some_and(|busy| busy > TOO_BUSY)
    }

    /// Measures again how busy it is. The larger value is kept.
    pub(crate) fn look_again(&mut self) {
        self.busy = self.busy.into_iter().chain(busy_cores()).reduce(f64::max);
    }

    /// The part that must be equal for figures to be comparable: all except `busy`.
    pub(crate) fn identity(&self) -> Self {
        Self {
            busy: None,
            ..self.clone()
        }
    }

    #[cfg(test)]
    pub(crate) fn for_test() -> Self {
        Self {
            processor: "a processor".to_owned(),
            cores: 2,
            system: "a system".to_owned(),
            busy: None,
            pinned: None,
            dart: "a Dart".to_owned(),
            rust: "a Rust".to_owned(),
            rust_web_socket: "0.1.0".to_owned(),
        }
    }
}

/// The processor's model on Linux, otherwise the architecture.
pub(super) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    let model = line.and_then(|line| line.split_once(':'));
    model
        .map_or(std::env::consts::ARCH, |(_, model)| model.trim())
        .to_owned()
}

/// Kernel and architecture.
pub(super) fn system() -> String {
    process::output(Command::new("uname").args(["-s", "-r", "-m"]))
        .unwrap_or_else(|_| std::env::consts::OS.to_owned())
}

/// Measures for a second how many cores are busy.
fn busy_cores() -> Option<f64> {
    let before = idle_time()?;
    let start = Instant::now();
    thread::sleep(Duration::from_secs(1));
    let idle = (idle_time()? - before) / TICKS / start.elapsed().as_secs_f64();
    let cores = thread::available_parallelism().ok()?.get() as f64;
    Some((cores - idle).max(0.0))
}

/// Linux's ticks per second.
const TICKS: f64 = 100.0;

/// The ticks that all cores were idle, including waiting for disks.
fn idle_time() -> Option<f64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let mut words = text.lines().next()?.split_whitespace();
    let idle: f64 = words.nth(4)?.parse().ok()?;
    let waiting: f64 = words.next()?.parse().ok()?;
    Some(idle + waiting)
}

/// The commit, if this is a repository.
fn commit() -> String {
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "describe"]);
    git.args(["--always", "--dirty", "--exclude", "*"]);
    git.current_dir(workspace::root());
    process::output(&mut git).map_or(String::new(), |commit| format!(" ({commit})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_machine_with_other_work_is_too_busy() {
        for (busy, is_too_busy) in [(None, false), (Some(0.2), false), (Some(0.3), true)] {
            let machine = Machine {
                busy,
                ..Machine::for_test()
            };
            assert_eq!(machine.is_too_busy(), is_too_busy, "{busy:?}");
        }
    }

    #[test]
    fn a_busy_machine_stays_busy_in_the_record() {
        let mut machine = Machine {
            busy: Some(1000.0),
            ..Machine::for_test()
        };
        machine.look_again();
        assert_eq!(machine.busy, Some(1000.0));
    }
}

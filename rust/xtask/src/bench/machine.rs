use std::fs;
use std::process::Command;
use std::thread;

use anyhow::Result;
use serde::Serialize;

use super::cores::Cores;
use crate::command;
use crate::runtime::Runtime;

/// What the figures were measured on, and of what.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) system: String,
    /// How many programs were running before the benchmark did, on average over a minute.
    pub(crate) load: Option<f64>,
    pub(crate) pinned: Option<Cores>,
    pub(crate) dart: String,
    pub(crate) rust: String,
    pub(crate) rust_web_socket: String,
}

impl Machine {
    pub(crate) fn look(runtime: &Runtime) -> Result<Self> {
        let machine = Self {
            processor: processor().unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            system: system().unwrap_or_else(|| std::env::consts::OS.to_owned()),
            load: load(),
            pinned: Cores::find(),
            dart: runtime.dart_version()?,
            rust: command::output(Command::new("rustc").arg("--version"))?,
            rust_web_socket: format!("{}{}", env!("CARGO_PKG_VERSION"), commit()),
        };
        if machine.load.is_some_and(|load| load > 0.5) {
            command::announce("this machine is busy with something else: the figures are rough");
        }
        Ok(machine)
    }
}

/// The model that Linux names.
fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Kernel and architecture.
fn system() -> Option<String> {
    command::output(Command::new("uname").args(["-s", "-r", "-m"])).ok()
}

fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// Which commit it is, if this is a repository.
fn commit() -> String {
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "describe"]);
    git.args(["--always", "--dirty", "--exclude", "*"]);
    git.current_dir(crate::workspace::root());
    command::output(&mut git).map_or(String::new(), |commit| format!(" ({commit})"))
}

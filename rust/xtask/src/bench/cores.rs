//! Assigns cores to server and clients.

use std::fs;
use std::process::Command;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::process;

/// The assignment of this machine's cores.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Cores {
    /// The server's core.
    server: String,
    /// The other cores.
    beside: String,
    all: String,
    /// Whether clients may also use the server's core, since there is only one other.
    shared: bool,
}

/// The cores that a client may use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Placement {
    /// Not the server's core, so that a message wakes another core, as a message from a network does.
    BesideServer,
    /// The same, but all cores if there is only one other. On a single core the client's threads would have to take
    /// turns, which no device makes them do.
    Everywhere,
}

impl Cores {
    /// Finds the cores. None on a machine with one core or without `taskset`.
    pub(crate) fn find() -> Option<Self> {
        process::find("taskset")?;
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let allowed = status
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
        Self::from_list(&parse(allowed)?)
    }

    fn from_list(cores: &[usize]) -> Option<Self> {
        let (server, beside) = cores.split_last()?;
        if beside.is_empty() {
            return None;
        }
        let list = |cores: &[usize]| cores.iter().map(usize::to_string).collect::<Vec<_>>();
        Some(Self {
            server: server.to_string(),
            beside: list(beside).join(","),
            all: list(cores).join(","),
            shared: beside.len() == 1,
        })
    }

    /// The same, without clients on the server's core.
    pub(crate) fn apart(self) -> Self {
        Self {
            shared: false,
            ..self
        }
    }

    /// Whether clients also use the server's core in most rows.
    pub(crate) fn are_shared(&self) -> bool {
        self.shared
    }

    /// `command` on the server's core.
    pub(crate) fn pin_server(&self, command: &Command) -> Command {
        wrap(command, &["taskset", "--cpu-list", &self.server])
    }

    /// Moves all threads of a client, including later ones.
    pub(crate) fn place(&self, process: u32, placement: Placement) -> Result<()> {
        let cores = match placement {
            Placement::Everywhere if self.shared => &self.all,
            Placement::Everywhere | Placement::BesideServer => &self.beside,
        };
        process::output(
            Command::new("taskset")
                .args(["--all-tasks", "--cpu-list", "--pid", cores])
                .arg(process.to_string()),
        )
        .map(drop)
    }
}

/// The hard limit of open files of a process.
pub(crate) fn descriptors() -> Option<usize> {
    let mut prlimit = Command::new("prlimit");
    prlimit.args(["--nofile", "--noheadings", "--output", "HARD"]);
    let limit = process::output(&mut prlimit).ok()?;
    // `unlimited`, or a number that is too large.
    Some(limit.parse().unwrap_or(usize::MAX))
}

/// `command` with the hard limit of open files.
pub(crate) fn with_descriptors(command: &Command) -> Command {
    match descriptors() {
        Some(usize::MAX) | None => wrap(command, &[]),
        Some(limit) => wrap(command, &["prlimit", &format!("--nofile={limit}:{limit}")]),
    }
}

/// `wrapper` with `command` as its last arguments.
fn wrap(command: &Command, wrapper: &[&str]) -> Command {
    let program = command.get_program();
    let mut wrapped = match wrapper.split_first() {
        None => Command::new(program),
        Some((wrapper, arguments)) => {
            let mut wrapped = Command::new(wrapper);
            wrapped.args(arguments).arg(program);
            wrapped
        }
    };
    wrapped.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped
}

/// Reads `0-2,5`.
fn parse(list: &str) -> Option<Vec<usize>> {
    let mut cores = Vec::new();
    for range in list.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        cores.extend(first.parse::<usize>().ok()?..=last.parse().ok()?);
    }
    Some(cores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cores_are_read() {
        assert_eq!(parse("\t0-1\n"), Some(vec![0, 1]));
        assert_eq!(parse("0-2,5"), Some(vec![0, 1, 2, 5]));
        assert_eq!(parse("x"), None);
    }

    #[test]
    fn the_server_has_a_core_of_its_own() {
        assert!(Cores::from_list(&[3]).is_none());
        let two = Cores::from_list(&[0, 1]).expect("two are enough");
        assert_eq!((two.server.as_str(), two.beside.as_str()), ("1", "0"));
        assert!(two.shared);
        let four = Cores::from_list(&[0, 1, 2, 3]).expect("four are enough");
        assert_eq!((four.server.as_str(), four.beside.as_str()), ("3", "0,1,2"));
        assert!(!four.shared);
    }

    #[test]
    fn a_wrapped_command_keeps_arguments_and_environment() {
        let mut command = Command::new("program");
        command.arg("argument").env("NAME", "value");
        let wrapped = wrap(&command, &["wrapper", "option"]);
        assert_eq!(wrapped.get_program(), "wrapper");
        assert!(wrapped.get_args().eq(["option", "program", "argument"]));
        assert_eq!(wrapped.get_envs().count(), 1);
    }
}

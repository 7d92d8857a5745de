//! A program that starts others, and that must leave none behind.

use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};

use crate::process;

/// A program and the processes that it starts. All are killed when this is dropped, when this process ends, however it
/// ends, and when the program ends.
pub(crate) struct ProcessGroup(Child);

impl ProcessGroup {
    /// Starts `command`, in a shell that `configure` may change.
    pub(crate) fn start(
        command: &Command,
        configure: impl FnOnce(&mut Command) -> Result<()>,
    ) -> Result<Self> {
        // The end of its standard input tells the shell that this process has ended. Zero is its own group.
        const SCRIPT: &str = r#"{ "$@"; kill -KILL 0; } & read -r line; kill -KILL 0"#;
        let mut shell = Command::new("sh");
        shell
            .args(["-c", SCRIPT, "sh"])
            .arg(command.get_program())
            .args(command.get_args());
        configure(&mut shell)?;
        own_group(&mut shell);
        let child = shell
            .stdin(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run `{}`", process::command_line(command)))?;
        Ok(Self(child))
    }

    /// How it ended, if it has.
    pub(crate) fn status(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// Chromium comes from Debian.
#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;
    use std::io::{BufRead, BufReader};
    use std::path::{Path, PathBuf};
    use std::thread;
    use std::time::Duration;

    use super::*;

    const POLL_INTERVAL: Duration = Duration::from_millis(50);

    /// Starts a program that starts another one and prints its process ID.
    fn start(end: &str) -> Result<(ProcessGroup, PathBuf)> {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("sleep 600 & echo $!; {end}")]);
        let mut group = ProcessGroup::start(&command, |shell| {
            shell.stdout(Stdio::piped());
            Ok(())
        })?;
        let output = group.0.stdout.take().context("it is piped")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok((group, Path::new("/proc").join(line.trim())))
    }

    /// Waits until the process in `folder` has ended.
    fn await_end(folder: &Path) {
        let is_running = || {
            let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
            !status.is_empty() && !status.contains("State:\tZ")
        };
        while is_running() {
            thread::sleep(POLL_INTERVAL);
        }
    }

    #[test]
    fn what_a_program_has_started_ends_when_the_group_is_dropped() -> Result<()> {
        let (group, process) = start("sleep 600")?;
        assert!(process.exists());
        drop(group);
        await_end(&process);
        Ok(())
    }

    #[test]
    fn what_a_program_has_started_ends_when_the_program_does() -> Result<()> {
        let (mut group, process) = start("exit")?;
        await_end(&process);
        while group.status()?.is_none() {
            thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }
}

//! Runs Chromium without a window.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::provision::chromium::Programs;

/// How long it may take to open its debugging port.
const LIMIT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const FLAGS: [&str; 9] = [
    "--headless",
    // It does not start as root.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
];

/// A Chromium. It ends when this is dropped or when this process ends.
pub(crate) struct Chromium {
    process: ProcessGroup,
    port: u16,
    log: PathBuf,
}

impl Chromium {
    /// Starts it. Its files are in `folder`, and it trusts the certificate authority in the file `authority`.
    pub(crate) fn start(programs: &Programs, folder: &Path, authority: &Path) -> Result<Self> {
        let profile = folder.join("profile");
        let log = folder.join("chromium.log");
        // Its folder of certificates is in the home folder.
        let certificates = folder.join(".pki/nssdb");
        fs::create_dir_all(&certificates)?;
        let certutil = |arguments: &[&OsStr]| {
            let mut command = Command::new(&programs.certutil);
            command.args(["-d", &format!("sql:{}", certificates.display())]);
            process::run(command.args(arguments))
        };
        certutil(&["-N", "--empty-password"].map(OsStr::new))?;
        let [add, name, trusted, input] = ["-A", "-ntest", "-tC,,", "-i"].map(OsStr::new);
        certutil(&[add, name, trusted, input, authority.as_os_str()])?;

        let mut command = Command::new(&programs.chromium);
        command
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank");
        let mut process = ProcessGroup::start(&command, |shell| {
            let output = fs::File::create(&log)?;
            shell.env("HOME", folder).stderr(output.try_clone()?);
            shell.stdout(output);
            Ok(())
        })?;
        let deadline = Instant::now() + LIMIT;
        loop {
            // Its first line is the port.
            let text = fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
            if let Some((Ok(port), _)) = text
                .split_once('\n')
                .map(|(port, rest)| (port.parse(), rest))
            {
                return Ok(Self { process, port, log });
            }
            let written = || fs::read_to_string(&log).unwrap_or_default();
            if let Some(status) = process.status()? {
                bail!("Chromium has ended ({status}):\n{}", written());
            }
            if Instant::now() > deadline {
                bail!(
                    "Chromium did not open its debugging port within {LIMIT:?}:\n{}",
                    written()
                );
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Fails if it has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.process.status()? {
            None => Ok(()),
            Some(status) => bail!(
                "Chromium has ended ({status}):\n{}",
                fs::read_to_string(&self.log).unwrap_or_default()
            ),
        }
    }

    /// The URL of its debugging port.
    pub(crate) fn debugger(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A program and the processes that it starts. All are killed when this is dropped, when this process ends, however it
/// ends, and when the program ends.
struct ProcessGroup(Child);

impl ProcessGroup {
    /// Starts `command`, in a shell that `configure` may change.
    fn start(
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
    fn status(&mut self) -> Result<Option<ExitStatus>> {
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
    use std::io::{BufRead, BufReader};

    use super::*;

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

//! Runs child processes. An error names the command, and a process that runs too long is killed.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{ChildStdout, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The interval at which a child without output is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How long a child's descendants may keep its output open.
const GRACE: Duration = Duration::from_secs(1);

/// Announces a step that takes time. It uses standard error, because standard output belongs to the programs that are
/// run.
pub(crate) fn announce(step: &str) {
    eprintln!("==> {step}");
}

/// The path of `program` on PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(&file))
        .find(|candidate| candidate.is_file())
}

/// Runs `command`, and shows its output on standard error, like the announcements.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command.stdout(io::stderr()))?;
    if !status.success() {
        bail!("`{}` failed: {status}", command_line(command));
    }
    Ok(())
}

/// Runs `command` with this process's input and output, and returns its exit code.
pub(crate) fn pass_on(command: &mut Command) -> Result<ExitCode> {
    let status = status(command)?;
    Ok(match status.code().map(u8::try_from) {
        Some(Ok(code)) => ExitCode::from(code),
        // For example, it was killed by a signal.
        _ => {
            eprintln!("error: `{}`: {status}", command_line(command));
            ExitCode::FAILURE
        }
    })
}

/// Runs `command`, and returns its trimmed output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| cannot_run(command))?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}\n{}",
            command_line(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// How a watched process ended.
pub(crate) enum Ending {
    Exited(ExitStatus),
    /// It timed out and was killed.
    Killed,
}

/// Runs `command` without input, forwards its output, and calls `on_line` for each line. Kills it when it runs longer
/// than `limit`.
pub(crate) fn watch(
    command: &mut Command,
    limit: Duration,
    mut on_line: impl FnMut(&str),
) -> Result<Ending> {
    let deadline = Instant::now() + limit;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| cannot_run(command))?;
    let lines = child.stdout.take().map(pass_through);

    let mut ending = None;
    let mut drained = lines.is_none();
    let mut patience = deadline;
    while Instant::now() < patience && !(drained && ending.is_some()) {
        match lines
            .as_ref()
            .map(|lines| lines.recv_timeout(POLL_INTERVAL))
        {
            Some(Ok(line)) => on_line(&line),
            Some(Err(RecvTimeoutError::Timeout)) => {}
            Some(Err(RecvTimeoutError::Disconnected)) | None => {
                drained = true;
                thread::sleep(POLL_INTERVAL / 10);
            }
        }
        if ending.is_none() {
            ending = child.try_wait()?;
            if ending.is_some() {
                patience = Instant::now() + GRACE;
            }
        }
    }
    if let Some(status) = ending {
        return Ok(Ending::Exited(status));
    }
    child.kill()?;
    child.wait()?;
    Ok(Ending::Killed)
}

/// Copies `stdout` to this process's, completes its last line, and returns its lines.
fn pass_through(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            if !line.ends_with(b"\n") {
                line.push(b'\n');
            }
            // The reader of our output may be gone. The lines still count.
            let _ = io::stdout().write_all(&line);
            let _ = io::stdout().flush();
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send(text).is_err() {
                break;
            }
            line.clear();
        }
    });
    receiver
}

fn status(command: &mut Command) -> Result<ExitStatus> {
    command.status().with_context(|| cannot_run(command))
}

fn cannot_run(command: &Command) -> String {
    format!("cannot run `{}`", command_line(command))
}

/// `command` as typed in a shell.
pub(crate) fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_too_long_is_killed() -> Result<()> {
        let ending = watch(Command::new("sleep").arg("60"), POLL_INTERVAL, |_| {})?;
        assert!(matches!(ending, Ending::Killed));
        Ok(())
    }

    #[test]
    fn every_line_is_seen_also_an_unfinished_last_one() -> Result<()> {
        let mut lines = Vec::new();
        let mut command = Command::new("printf");
        let ending = watch(command.arg("one\ntwo"), Duration::from_secs(60), |line| {
            lines.push(line.to_owned());
        })?;
        assert!(matches!(ending, Ending::Exited(status) if status.success()));
        assert_eq!(lines, ["one", "two"]);
        Ok(())
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program")).expect_err("it does not exist");
        assert!(format!("{error:#}").contains("no-such-program"));
    }
}

//! A server in a separate process: the echo server, or any program that prints where it listens.

use std::io::{self, BufRead, BufReader};
use std::mem;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::cargo::{self, Profile};
use crate::process;

/// Builds `program` of the crate `test_server`.
pub(crate) fn build(program: &str, profile: Profile) -> Result<PathBuf> {
    cargo::build_program(&["--package", "test_server", "--bin", program], profile)
}

/// Builds the echo server, and returns the command that runs it. With `tls_authority` it uses TLS, and writes its
/// authority's certificate to that file.
pub(crate) fn echo_server(profile: Profile, tls_authority: Option<&Path>) -> Result<Command> {
    let mut command = Command::new(build("echo_server", profile)?);
    command.arg("--until-stdin-closes");
    if let Some(file) = tls_authority {
        command.arg("--tls-authority").arg(file);
    }
    Ok(command)
}

/// A server in a separate process. It ends when this is dropped, or when this process ends, which closes its standard
/// input.
pub(crate) struct Server {
    process: Child,
    preamble: Vec<String>,
    url: String,
}

impl Server {
    /// Starts `command`, which must print where it listens.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        Self::start_announced(command, "listening on ")
    }

    /// Starts `command`, a Dart program with the VM service. The URL is the service's.
    pub(crate) fn start_dart_with_service(command: &mut Command) -> Result<Self> {
        Self::start_announced(command, "The Dart VM service is listening on ")
    }

    /// Starts `command`. It must print a line that begins with `announcement` and ends with its URL.
    fn start_announced(command: &mut Command, announcement: &str) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{}`", process::command_line(command)))?;
        let stdout = process.stdout.take().context("its output is piped")?;
        // Created first, so that the process ends even after an error.
        let mut server = Self {
            process,
            preamble: Vec::new(),
            url: String::new(),
        };
        let mut output = BufReader::new(stdout);
        let mut line = String::new();
        while output.read_line(&mut line)? > 0 {
            if let Some(url) = line.strip_prefix(announcement) {
                server.url = url.trim().to_owned();
                // Drains its output, so that a full pipe does not block it.
                thread::spawn(move || io::copy(&mut output, &mut io::sink()));
                return Ok(server);
            }
            server.preamble.push(mem::take(&mut line));
        }
        bail!("`{}` does not listen", process::command_line(command))
    }

    /// Fails if it has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.process.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the server at {} has ended: {status}", self.url),
        }
    }

    /// The process ID.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// The lines that it printed before it listened.
    pub(crate) fn preamble(&self) -> &[String] {
        &self.preamble
    }

    /// The URL to connect to.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing to save. An error means that it has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

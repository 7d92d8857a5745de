use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::library::{self, Profile};

/// A server in a process of its own. It ends when this is dropped, and by itself when this process
/// ends in any other way: its standard input closes then.
pub(crate) struct Server {
    process: Child,
    url: String,
}

impl Server {
    /// Builds and starts the echo server; with TLS if the certificate of its authority is to be
    /// written to a file.
    pub(crate) fn echo(profile: Profile, tls_authority: Option<&Path>) -> Result<Self> {
        let program = library::build_server_program("echo_server", profile)?;
        let mut command = Command::new(program);
        command.arg("--until-stdin-closes");
        if let Some(file) = tls_authority {
            command.arg("--tls-authority").arg(file);
        }
        Self::start(&mut command, |_| {})
    }

    /// Starts the server that `command` runs, and shows `on_line` what it writes before it says
    /// where it listens.
    pub(crate) fn start(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{}`", command::shown(command)))?;
        let stdout = process.stdout.take().context("its output is piped")?;
        // From here on it is ended whatever goes wrong.
        let mut server = Self {
            process,
            url: String::new(),
        };
        let mut output = BufReader::new(stdout);
        let mut line = String::new();
        while output.read_line(&mut line)? > 0 {
            if let Some(url) = line.strip_prefix("listening on ") {
                server.url = url.trim().to_owned();
                // What else it writes must not make it wait.
                thread::spawn(move || io::copy(&mut output, &mut io::sink()));
                return Ok(server);
            }
            on_line(&line);
            line.clear();
        }
        bail!("`{}` does not listen", command::shown(command))
    }

    /// The URL to connect to.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing to save; failing means that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

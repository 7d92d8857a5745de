use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::library::{self, Profile};

/// The echo server in a process of its own. It ends when this is dropped, and by itself when
/// this process ends in any other way: its standard input closes then.
pub(crate) struct Server {
    process: Child,
    url: String,
}

impl Server {
    /// Builds it and returns the command that runs it; with TLS if the certificate of its authority
    /// is to be written to a file.
    pub(crate) fn command(profile: Profile, tls_authority: Option<&Path>) -> Result<Command> {
        let program = library::build_server_program("echo_server", profile)?;
        let mut command = Command::new(program);
        command.arg("--until-stdin-closes");
        if let Some(file) = tls_authority {
            command.arg("--tls-authority").arg(file);
        }
        Ok(command)
    }

    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the echo server")?;
        let stdout = process.stdout.take().context("its output is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .with_context(|| format!("the echo server says {line:?}"))?
            .to_owned();
        Ok(Self { process, url })
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
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

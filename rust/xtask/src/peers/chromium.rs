//! Runs Chromium without a window.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::process_group::ProcessGroup;
use crate::process;
use crate::provision::chromium::Programs;

/// How long it may take to open its debugging port, and to answer there.
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

    /// Fails if it has ended or does not answer.
    pub(crate) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.process.status()? {
            let written = fs::read_to_string(&self.log).unwrap_or_default();
            bail!("Chromium has ended ({status}):\n{written}");
        }
        self.ask()
            .context("Chromium does not answer at its debugging port")
    }

    fn ask(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(LIMIT))?;
        write!(
            stream,
            "GET /json/version HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )?;
        stream.read_exact(&mut [0])
    }

    /// The URL of its debugging port.
    pub(crate) fn debugger(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

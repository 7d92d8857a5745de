//! Runs nginx as a TLS reverse proxy of an echo server.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use super::server;
use crate::cargo::Profile;
use crate::workspace;

/// nginx as a TLS reverse proxy of an echo server, with its files under target/. Both end when this is dropped or this
/// process ends.
pub(crate) struct Nginx {
    process: Child,
    folder: PathBuf,
    /// The URLs for TLS 1.2 and TLS 1.3.
    urls: [String; 2],
}

impl Nginx {
    /// Starts `program`, and the echo server behind it.
    pub(crate) fn start(program: &Path) -> Result<Self> {
        // Another xtask may run at the same time.
        let folder = workspace::target().join(format!("nginx/{}", std::process::id()));
        let mut process = Command::new(server::build("nginx_front", Profile::Dev)?)
            .arg(program)
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start nginx_front")?;
        let stdout = process.stdout.take().context("its output is piped")?;
        let mut nginx = Self {
            process,
            folder,
            urls: Default::default(),
        };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let urls = line.trim().strip_prefix("listening on ");
        let (first, second) = urls
            .and_then(|urls| urls.split_once(' '))
            .with_context(|| format!("nginx_front printed {line:?}"))?;
        nginx.urls = [first, second].map(str::to_owned);
        Ok(nginx)
    }

    /// Passes its URLs and its certificate authority to `command`.
    pub(crate) fn pass_to(&self, command: &mut Command) {
        let [tls_1_2, tls_1_3] = &self.urls;
        command
            .env("NGINX_TLS_1_2", tls_1_2)
            .env("NGINX_TLS_1_3", tls_1_3)
            .env("NGINX_AUTHORITY", self.folder.join("authority.pem"));
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
        // The folder is only for this run.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

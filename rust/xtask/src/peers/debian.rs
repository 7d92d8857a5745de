//! The servers from Debian that tests connect through: nginx, tinyproxy, microsocks.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::nginx::Nginx;
use crate::provision::apt;

/// The proxies, which tests start: environment variable with the path, program, package.
const PROXIES: [(&str, &str, &str); 2] = [
    ("TINYPROXY", "tinyproxy", "tinyproxy-bin"),
    ("MICROSOCKS", "microsocks", "microsocks"),
];

/// A running nginx, and the programs of the proxies.
pub(crate) struct DebianPeers {
    nginx: Nginx,
    proxies: Vec<(&'static str, PathBuf)>,
}

impl DebianPeers {
    /// Finds or fetches them, and starts nginx. Prints a line and returns None on a machine that can't have them.
    pub(crate) fn prepare() -> Result<Option<Self>> {
        let mut proxies = Vec::new();
        let nginx = apt::server_program("nginx", "nginx")?;
        for (variable, program, package) in PROXIES {
            if let Some(path) = apt::server_program(program, package)? {
                proxies.push((variable, path));
            }
        }
        let (Some(nginx), true) = (nginx, proxies.len() == PROXIES.len()) else {
            eprintln!(
                "skipped: the tests with nginx, tinyproxy and microsocks, which are not on PATH \
                 (nor is this Debian as root, where they can be fetched)"
            );
            return Ok(None);
        };
        let nginx = Nginx::start(&nginx)?;
        Ok(Some(Self { nginx, proxies }))
    }

    /// Passes their locations to `command`.
    pub(crate) fn pass_to(&self, command: &mut Command) {
        self.nginx.pass_to(command);
        command.envs(self.proxies.iter().map(|(name, path)| (name, path)));
    }
}

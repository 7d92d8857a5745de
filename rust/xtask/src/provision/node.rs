//! Node.js, which runs the Dart formatter and the servers from npm.

use std::env::consts::{ARCH, OS};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::npm;
use crate::{process, workspace};

/// The oldest major version with WebAssembly's garbage collection, which the formatter needs.
const MINIMUM_MAJOR: u32 = 22;
/// The version that is fetched if the machine's is older or missing.
const VERSION: &str = "22.23.3";

/// Finds the node on PATH if it is new enough, otherwise fetches one from npm.
pub(crate) fn prepare() -> Result<PathBuf> {
    if let Some(node) = process::find("node") {
        let version = process::output(Command::new(&node).arg("--version"))?;
        if parse_major(&version).is_some_and(|major| major >= MINIMUM_MAJOR) {
            return Ok(node);
        }
    }
    let architecture = match (OS, ARCH) {
        ("linux", "x86_64") => "x64",
        ("linux", "aarch64") => "arm64",
        _ => bail!("Node.js {MINIMUM_MAJOR} or newer is missing: https://nodejs.org/"),
    };
    let package = format!("node-linux-{architecture}");
    let folder = workspace::target().join("tools/node");
    Ok(npm::fetch(&package, VERSION, &folder, "Node.js")?.join("bin/node"))
}

/// The major version in `v22.1.0`.
fn parse_major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(parse_major("v22.1.0"), Some(22));
        assert_eq!(parse_major("22"), None);
    }
}

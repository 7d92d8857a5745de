//! The version of Rust that the published package is built with: that of rust/bridge/rust-toolchain.toml.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use toml_edit::DocumentMut;

use crate::{process, workspace};

/// A version of Rust.
pub(crate) struct Toolchain {
    version: String,
}

impl Toolchain {
    /// Finds the version, and installs it if necessary.
    pub(crate) fn prepare() -> Result<Self> {
        let file = workspace::root().join("rust/bridge/rust-toolchain.toml");
        let manifest: DocumentMut = fs::read_to_string(file)?.parse()?;
        let version = manifest["toolchain"]["channel"]
            .as_str()
            .context("rust-toolchain.toml names no version")?
            .to_owned();
        let toolchain = Self { version };
        if process::output(toolchain.command("rustc").arg("--version")).is_err() {
            toolchain.rustup(&[
                "toolchain",
                "install",
                &toolchain.version,
                "--profile",
                "minimal",
            ])?;
        }
        Ok(toolchain)
    }

    /// The version.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// A command that runs `program` with this version of Rust, in the root of the repository.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(workspace::root());
        if !self.is_current() {
            command.env("RUSTUP_TOOLCHAIN", &self.version);
        }
        // Set by the cargo that runs this program.
        command.env_remove("CARGO").env_remove("RUSTC");
        command
    }

    /// Installs the standard library for `target` if necessary.
    pub(crate) fn require_target(&self, target: &str) -> Result<()> {
        let folder = process::output(self.command("rustc").args([
            "--print",
            "target-libdir",
            "--target",
            target,
        ]))?;
        if Path::new(&folder).is_dir() {
            return Ok(());
        }
        let mut arguments = vec!["target", "add", target];
        if !self.is_current() {
            arguments.extend(["--toolchain", &self.version]);
        }
        self.rustup(&arguments)
    }

    /// Whether it is the toolchain that runs this program. Then it need not be installed once more under its version.
    fn is_current(&self) -> bool {
        process::output(Command::new("rustc").arg("--version"))
            .is_ok_and(|shown| shown.split_whitespace().nth(1) == Some(&self.version))
    }

    fn rustup(&self, arguments: &[&str]) -> Result<()> {
        if process::find("rustup").is_none() {
            bail!(
                "Rust {} is needed, and there is no rustup to install it",
                self.version
            );
        }
        process::announce(&format!("rustup {}", arguments.join(" ")));
        process::run(Command::new("rustup").args(arguments))
    }
}

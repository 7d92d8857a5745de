//! Rust's nightly toolchain, which sanitizers and Miri need.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{process, workspace};

/// A command that runs its arguments with the nightly toolchain.
pub(crate) fn command() -> Command {
    let mut command = Command::new("rustup");
    command
        .args(["run", "nightly"])
        .current_dir(workspace::root())
        // Set by the cargo that runs this program.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
        .env_remove("RUSTC");
    command
}

/// Fails if there is no nightly toolchain.
pub(crate) fn require_toolchain() -> Result<()> {
    require_command(&["rustc", "--version"], "rustup toolchain install nightly")
}

/// Fails if `words` cannot be run, with the command that installs what is missing.
pub(crate) fn require_command(words: &[&str], installation: &str) -> Result<()> {
    match process::output(command().args(words)) {
        Ok(_) => Ok(()),
        Err(error) => bail!("`{installation}` is needed first: {error:#}"),
    }
}

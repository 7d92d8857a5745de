//! Zig, whose C compiler links for an older glibc on any machine, and cargo-zigbuild, which has cargo use it. Both are
//! from PyPI.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::pypi;

/// Fetches them if necessary, and returns the folder with the programs.
fn prepare() -> Result<PathBuf> {
    pypi::fetch(&["ziglang==0.17.1", "cargo-zigbuild==0.24.1"], "Zig")
}

/// A cargo that compiles C and links with Zig. `command` returns the command that runs a program.
pub(crate) fn cargo(command: impl FnOnce(PathBuf) -> Command) -> Result<Command> {
    let programs = prepare()?;
    let mut cargo = command(programs.join("cargo-zigbuild"));
    let path = env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(programs).chain(env::split_paths(&path));
    cargo.env("PATH", env::join_paths(path)?);
    Ok(cargo)
}

/// Zig's C compiler.
pub(crate) fn c_compiler() -> Result<Command> {
    let mut compiler = Command::new(prepare()?.join("python3"));
    compiler.args(["-m", "ziglang", "cc"]);
    Ok(compiler)
}

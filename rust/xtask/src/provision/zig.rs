//! Zig, whose C compiler links for an older glibc on any machine, and cargo-zigbuild, which has cargo use it. Both are
//! from PyPI.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::pypi;

/// Fetches them if necessary, and returns the folder with the programs.
pub(crate) fn prepare() -> Result<PathBuf> {
    pypi::fetch(&["ziglang==0.17.1", "cargo-zigbuild==0.24.1"], "Zig")
}

/// Zig's C compiler.
pub(crate) fn c_compiler() -> Result<Command> {
    let mut compiler = Command::new(prepare()?.join("python3"));
    compiler.args(["-m", "ziglang", "cc"]);
    Ok(compiler)
}

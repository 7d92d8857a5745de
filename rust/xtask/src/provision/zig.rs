//! Zig, whose C compiler links for an older glibc and for Windows on any machine, and cargo-zigbuild, which has cargo
//! use it. Both are from PyPI.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::system;
use crate::{process, workspace};

const ZIG: &str = "ziglang==0.17.1";
const CARGO_ZIGBUILD: &str = "cargo-zigbuild==0.24.1";

/// Fetches them if necessary, and returns the folder with the programs.
pub(crate) fn prepare() -> Result<PathBuf> {
    let name = format!("{ZIG}-{CARGO_ZIGBUILD}").replace("==", "-");
    let folder = workspace::target().join("tools/zig").join(name);
    workspace::make_folder(&folder, |partial| {
        system::require_python_venv()?;
        process::announce(&format!("fetching Zig (PyPI: {ZIG}, {CARGO_ZIGBUILD})"));
        process::run(Command::new("python3").args(["-m", "venv"]).arg(partial))?;
        process::run(
            Command::new(partial.join(PROGRAMS).join("python3"))
                .args(["-m", "pip", "install", "--quiet"])
                .args(["--disable-pip-version-check", ZIG, CARGO_ZIGBUILD]),
        )
    })?;
    Ok(folder.join(PROGRAMS))
}

/// Zig's C compiler.
pub(crate) fn c_compiler() -> Result<Command> {
    let mut compiler = Command::new(prepare()?.join("python3"));
    compiler.args(["-m", "ziglang", "cc"]);
    Ok(compiler)
}

/// The folder of programs in a Python environment.
const PROGRAMS: &str = if cfg!(windows) { "Scripts" } else { "bin" };

use std::path::PathBuf;

use anyhow::Result;

use crate::{command, workspace};

/// The folder with the program `tool` from crates.io, built if it is not there yet.
pub(crate) fn install(tool: &str, version: &str) -> Result<PathBuf> {
    let folder = workspace::target().join(format!("tools/{tool}/{version}"));
    let programs = folder.join("bin");
    if !programs.exists() {
        command::announce(&format!("building {tool} {version}: some minutes, once"));
        command::run(
            command::cargo()
                .args(["install", "--locked", tool, "--version", version, "--root"])
                .arg(&folder),
        )?;
    }
    Ok(programs)
}

//! Programs that `cargo install` builds.

use std::path::PathBuf;

use anyhow::Result;

use crate::{cargo, process, workspace};

/// The folder with `tool`, built if it is not there yet.
pub(crate) fn install(tool: &str, version: &str) -> Result<PathBuf> {
    let folder = workspace::target().join(format!("tools/{tool}/{version}"));
    let programs = folder.join("bin");
    if !programs.exists() {
        process::announce(&format!("building {tool} {version}: some minutes, once"));
        process::run(
            cargo::command()
                .args(["install", "--locked", tool, "--version", version, "--root"])
                .arg(&folder),
        )?;
    }
    Ok(programs)
}

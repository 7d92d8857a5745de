//! Installs programs with `cargo install`.

use std::path::PathBuf;

use anyhow::Result;

use crate::{cargo, process, workspace};

/// Returns the folder with `tool`, which is built if necessary.
pub(crate) fn install(tool: &str, version: &str) -> Result<PathBuf> {
    let folder = workspace::target().join(format!("tools/{tool}/{version}"));
    let programs = folder.join("bin");
    if !programs.exists() {
        process::announce(&format!("building {tool} {version} (once, some minutes)"));
        // It runs for seconds, so optimising takes longer than it saves.
        process::run(
            cargo::command()
                .args(["install", "--debug", "--locked"])
                .args([tool, "--version", version, "--root"])
                .arg(&folder)
                .env("CARGO_PROFILE_DEV_DEBUG", "false")
                .env("CARGO_TARGET_DIR", build_folder()),
        )?;
    }
    Ok(programs)
}

/// The target folder of these programs. It is a separate one, since cargo locks its target folder.
pub(crate) fn build_folder() -> PathBuf {
    workspace::target().join("codegen-build")
}

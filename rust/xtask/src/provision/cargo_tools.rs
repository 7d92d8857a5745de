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
        // It runs for seconds: to optimise it takes longer than that saves.
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

/// Where cargo builds these programs, and for them: a folder of its own, since cargo locks the one that it builds in.
pub(crate) fn build_folder() -> PathBuf {
    workspace::target().join("codegen-build")
}

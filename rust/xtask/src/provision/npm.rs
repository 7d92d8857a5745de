//! Fetches packages from the npm registry. None of them has dependencies or needs its install scripts, so their
//! archives are only unpacked. npm checks their integrity.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::system;
use crate::{process, workspace};

/// Returns a subfolder of `folder` with the content of an npm package, which is fetched if necessary. `what` describes
/// it in the announcement.
pub(crate) fn fetch(package: &str, version: &str, folder: &Path, what: &str) -> Result<PathBuf> {
    let unpacked = folder.join(version);
    workspace::make_folder(&unpacked, |partial| {
        system::require_npm()?;
        process::announce(&format!("fetching {what} (npm: {package} {version})"));
        unpack(&format!("{package}@{version}"), partial)
    })?;
    Ok(unpacked.join("package"))
}

fn unpack(package: &str, folder: &Path) -> Result<()> {
    process::run(
        Command::new("npm")
            .args(["pack", package, "--loglevel=error"])
            .current_dir(folder),
    )?;
    let archive = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|it| it == "tgz"))
        .with_context(|| format!("npm pack {package} left no archive"))?;
    process::run(
        Command::new("tar")
            .arg("-xzf")
            .arg(&archive)
            .current_dir(folder),
    )?;
    fs::remove_file(&archive)?;
    Ok(())
}

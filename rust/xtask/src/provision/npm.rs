//! Fetches packages from the npm registry. None of them needs its install scripts, and npm checks
//! their integrity. The archive of a package without dependencies is only unpacked; the others
//! are installed from a lock file.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
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

/// The `node_modules` with what the lock file in `manifest` lists, in a folder of its own within
/// `folder`; installed if it is not there yet. `what` says to people what it is.
pub(crate) fn install(manifest: &Path, folder: &Path, what: &str) -> Result<PathBuf> {
    const FILES: [&str; 2] = ["package.json", "package-lock.json"];

    let mut hasher = DefaultHasher::new();
    for file in FILES {
        let file = manifest.join(file);
        fs::read(&file)
            .with_context(|| file.display().to_string())?
            .hash(&mut hasher);
    }
    let installed = folder.join(format!("{:016x}", hasher.finish()));
    workspace::make_folder(&installed, |partial| {
        system::require_npm()?;
        process::announce(&format!("fetching {what} (npm)"));
        for file in FILES {
            fs::copy(manifest.join(file), partial.join(file))?;
        }
        process::run(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .arg("--loglevel=error")
                .current_dir(partial),
        )
    })?;
    Ok(installed.join("node_modules"))
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

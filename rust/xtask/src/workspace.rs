//! Paths in the repository and under target/.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    // Cargo sets it at run time, so a repository that was moved is found too.
    let xtask = env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&xtask)
        .ancestors()
        .nth(2)
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// The folder for everything that is built or fetched.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}

/// The committed inputs of the fuzz target `target`.
pub(crate) fn fuzz_seeds(target: &str) -> PathBuf {
    root().join("tests/fuzz/seeds").join(target)
}

/// Creates `folder` with `fill`, unless it exists. It is renamed into place when it is complete.
pub(crate) fn make_folder(folder: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if folder.exists() {
        return Ok(());
    }
    let partial = folder.with_file_name(format!("partial-{}", std::process::id()));
    fs::create_dir_all(&partial)?;
    let renamed = |()| fs::rename(&partial, folder).with_context(|| folder.display().to_string());
    let result = fill(&partial).and_then(renamed);
    if result.is_err() {
        fs::remove_dir_all(&partial)?;
        // Another xtask may have created it meanwhile.
        if folder.exists() {
            return Ok(());
        }
    }
    result
}

/// `path` relative to the repository, for messages.
pub(crate) fn relative(path: &Path) -> String {
    let root = root();
    path.strip_prefix(&root)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// The files that match `pattern` and that git does not ignore, relative to the repository.
pub(crate) fn files(pattern: &str) -> Result<Vec<PathBuf>> {
    let root = root();
    let listed = process::output(
        Command::new("git")
            // In a container another user may own the files. They are trusted, since this program is built from them.
            .args(["-c", "safe.directory=*"])
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .args(["-z", "--", pattern])
            .current_dir(&root),
    )?;
    let files = listed.split('\0').filter(|name| !name.is_empty());
    // Git still lists a file whose deletion is not committed.
    let files = files
        .map(PathBuf::from)
        .filter(|file| root.join(file).exists());
    Ok(files.collect())
}

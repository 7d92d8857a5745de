//! Playwright, which drives Chromium in the tests of the inspector's page.

use std::path::PathBuf;

use anyhow::Result;

use super::npm;
use crate::workspace;

/// It has no dependencies and no browser of its own.
const PACKAGE: &str = "playwright-core";
const VERSION: &str = "1.65.1";

/// Fetches the package if necessary.
pub(crate) fn prepare() -> Result<PathBuf> {
    let folder = workspace::target().join("tools").join(PACKAGE);
    npm::fetch(PACKAGE, VERSION, &folder, "Playwright")
}

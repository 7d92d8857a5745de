//! Chromium, whose WebSockets the web half of the package uses in tests.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::apt;
use crate::process::find;

/// The programs from Debian.
pub(crate) struct Programs {
    /// The browser.
    pub(crate) chromium: PathBuf,
    /// Writes the databases of certificates that it reads.
    pub(crate) certutil: PathBuf,
}

/// Finds or installs them.
pub(crate) fn prepare() -> Result<Programs> {
    if find("chromium").is_none() || find("certutil").is_none() {
        apt::install(&["chromium", "libnss3-tools"], "Chromium and certutil")?;
    }
    let required = |program| find(program).with_context(|| format!("{program} is not on PATH"));
    Ok(Programs {
        chromium: required("chromium")?,
        certutil: required("certutil")?,
    })
}

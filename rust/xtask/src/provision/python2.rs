//! Python 2.7 for Autobahn's test suite: Debian 11's packages, unpacked into a folder. The machine's packages and apt
//! sources do not change.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::apt;
use crate::process;

/// The interpreter, the dependencies of pip and TLS, and the headers for extensions in C.
const PACKAGES: [&str; 8] = [
    "libffi7=3.3-6",
    "libpython2.7-dev=2.7.18-8+deb11u1",
    "libpython2.7-minimal=2.7.18-8+deb11u1",
    "libpython2.7-stdlib=2.7.18-8+deb11u1",
    "libssl1.1=1.1.1w-0+deb11u1",
    "python-pip-whl=20.3.4-4+deb11u1",
    "python2.7=2.7.18-8+deb11u1",
    "python2.7-minimal=2.7.18-8+deb11u1",
];
const SUITE: &str = "bullseye";

/// pip in the folder. Python can run a wheel.
const PIP: &str = "usr/share/python-wheels/pip-20.3.4-py2.py3-none-any.whl/pip";
/// The packages that pip needs to build a source package.
const BUILD_PACKAGES: [&str; 2] = ["setuptools==44.1.1", "wheel==0.37.1"];

/// Fetches it into `folder`, with `requirements` from PyPI, which must include their dependencies.
pub(crate) fn install(folder: &Path, requirements: &[&str]) -> Result<()> {
    ensure!(
        apt::may_unpack(),
        "Python 2.7 is only fetched on 64-bit x86 Debian"
    );
    apt::unpack_from(SUITE, &PACKAGES, folder)?;
    for packages in [&BUILD_PACKAGES[..], requirements] {
        let mut pip = python(folder);
        pip.arg(folder.join(PIP))
            .args(["install", "--quiet", "--quiet", "--no-deps", "--no-compile"])
            .args(["--disable-pip-version-check", "--no-warn-script-location"])
            .args(packages)
            .env(
                "CPATH",
                env::join_paths(
                    ["usr/include/python2.7", "usr/include"].map(|it| folder.join(it)),
                )?,
            );
        process::run(&mut pip)?;
    }
    Ok(())
}

/// The interpreter in `folder`.
pub(crate) fn python(folder: &Path) -> Command {
    let mut python = Command::new(folder.join("usr/bin/python2.7"));
    python
        .env("PYTHONHOME", folder.join("usr"))
        .env("LD_LIBRARY_PATH", folder.join("usr/lib/x86_64-linux-gnu"))
        .env_remove("PYTHONPATH")
        .env("PYTHONNOUSERSITE", "1")
        .env("PYTHONWARNINGS", "ignore");
    python
}

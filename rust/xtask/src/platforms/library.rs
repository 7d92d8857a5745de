//! Builds the native library for this machine's Dart and for phones.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::cargo::{self, Artifacts, Profile};
use crate::process;
use crate::provision::dart::Dart;
use crate::provision::system;

/// The package of the native library.
const PACKAGE: &str = "rust_web_socket";

/// Builds the native library that `dart` can load.
pub(crate) fn build(dart: &Dart, profile: Profile) -> Result<PathBuf> {
    process::announce("building the native library");
    let mut cargo = command_for(dart)?;
    cargo.args(["--package", PACKAGE]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    Artifacts::build(&mut cargo, &[])?.find(PACKAGE, is_shared_library)
}

/// Builds the native library and the echo server in the dev profile and for the same target, so that their common
/// dependencies are compiled once.
pub(crate) fn build_with_echo_server(dart: &Dart) -> Result<(PathBuf, PathBuf)> {
    process::announce("building the native library and echo_server");
    let mut cargo = command_for(dart)?;
    cargo.args(["--package", PACKAGE, "--package", "test_server"]);
    cargo.args(["--lib", "--bin", "echo_server"]);
    let artifacts = Artifacts::build(&mut cargo, &[])?;
    let library = artifacts.find(PACKAGE, is_shared_library)?;
    Ok((library, artifacts.program("echo_server")?))
}

/// A `cargo build` for the target of `dart`.
fn command_for(dart: &Dart) -> Result<Command> {
    let mut cargo = cargo::command();
    cargo.arg("build");
    if let Some(target) = dart.rust_target() {
        system::require_rust_target(target)?;
        cargo.args(["--target", target]);
    }
    Ok(cargo)
}

fn is_shared_library(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("so" | "dylib" | "dll"))
}

/// Builds the native library for `target` in release mode. `rustc` are arguments for the compiler of the last crate,
/// `environment` is for cargo.
pub(crate) fn build_for(
    target: &str,
    rustc: &[String],
    environment: &[(String, OsString)],
) -> Result<PathBuf> {
    system::require_rust_target(target)?;
    process::announce(&format!("building the native library for {target}"));
    let mut cargo = cargo::command();
    cargo
        .args(["rustc", "--release", "--locked", "--package", PACKAGE])
        .args(["--target", target, "--crate-type", "cdylib"])
        .envs(environment.iter().map(|(name, value)| (name, value)));
    Artifacts::build(&mut cargo, rustc)?.find(PACKAGE, is_shared_library)
}

//! What cargo builds for the Dart programs.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::dart::Dart;
use crate::{command, system};

/// The package that is the native library.
const PACKAGE: &str = "rust_web_socket";

/// Builds the native library that `dart` can load.
pub(crate) fn build(dart: &Dart, profile: Profile) -> Result<PathBuf> {
    let mut cargo = command::cargo();
    cargo.args(["build", "--package", PACKAGE]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    match dart.rust_target() {
        Some(target) => {
            system::require_rust_target(target)?;
            command::announce(&format!("building the native library for {target}"));
            cargo.args(["--target", target]);
        }
        None => command::announce("building the native library"),
    }
    build_artifact(&mut cargo, &[], PACKAGE, |file| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("so" | "dylib" | "dll"))
    })
}

/// Builds one kind of the native library for `target`, in release mode; `rustc` is passed to the compiler of the
/// last crate, and `environment` to cargo.
pub(crate) fn build_for(
    target: &str,
    kind: Kind,
    rustc: &[String],
    environment: &[(String, OsString)],
) -> Result<PathBuf> {
    system::require_rust_target(target)?;
    command::announce(&format!("building the {kind} for {target}"));
    let mut cargo = command::cargo();
    cargo
        .args(["rustc", "--release", "--locked", "--package", PACKAGE])
        .args(["--target", target, "--crate-type", kind.crate_type()])
        .envs(environment.iter().map(|(name, value)| (name, value)));
    build_artifact(&mut cargo, rustc, PACKAGE, |file| {
        file.extension().is_some_and(|it| it == kind.extension())
    })
}

/// A kind of library, as Android and iOS name its files.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Static,
    Shared,
}

impl Kind {
    const fn crate_type(self) -> &'static str {
        match self {
            Self::Static => "staticlib",
            Self::Shared => "cdylib",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Static => "a",
            Self::Shared => "so",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Static => "static library",
            Self::Shared => "shared library",
        })
    }
}

/// How a program is built.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Profile {
    /// Built quickly.
    Dev,
    /// Runs quickly.
    Release,
}

/// Builds `program` of the test server.
pub(crate) fn build_server_program(program: &str, profile: Profile) -> Result<PathBuf> {
    build_program(&["--package", "test_server", "--bin", program], profile)
}

/// Builds the benchmark's client without Dart for the kind of processor that `dart` is for, which decides what TLS costs.
pub(crate) fn build_raw_client(dart: &Dart) -> Result<PathBuf> {
    let mut selection = vec!["--package", "test_server"];
    if let Some(target) = dart.rust_target() {
        system::require_rust_target(target)?;
        selection.extend(["--target", target]);
    }
    selection.extend(["--bin", "raw_client"]);
    build_program(&selection, Profile::Release)
}

/// Builds the proxy that makes a line slow or breaks it.
pub(crate) fn build_fault_proxy(profile: Profile) -> Result<PathBuf> {
    build_program(
        &["--package", "fault_proxy", "--bin", "fault_proxy"],
        profile,
    )
}

/// Builds the client that runs Autobahn's cases on the core alone.
pub(crate) fn build_autobahn_client() -> Result<PathBuf> {
    let program = [
        "--package",
        "rust_web_socket_core",
        "--example",
        "autobahn_client",
    ];
    build_program(&program, Profile::Release)
}

/// Builds the program that encodes batches for Dart's tests.
pub(crate) fn build_batch_encoder() -> Result<PathBuf> {
    let program = ["--package", "fuzz", "--bin", "encode_batches"];
    build_program(&program, Profile::Dev)
}

/// Builds the program that is named last in `selection`.
fn build_program(selection: &[&str], profile: Profile) -> Result<PathBuf> {
    let program = selection.last().copied().unwrap_or_default();
    command::announce(&format!("building {program}"));
    let mut cargo = command::cargo();
    cargo.arg("build").args(selection);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    // A library beside it may have its name.
    build_artifact(&mut cargo, &[], program, |file| {
        file.extension().unwrap_or_default() == std::env::consts::EXE_EXTENSION
    })
}

/// The part of cargo's messages that is needed here.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Runs `cargo` and returns the file of the artifact `name` that `wanted` accepts. `rustc` are arguments for the last
/// compiler run, of a `cargo rustc`.
pub(crate) fn build_artifact(
    cargo: &mut Command,
    rustc: &[String],
    name: &str,
    wanted: impl Fn(&PathBuf) -> bool,
) -> Result<PathBuf> {
    let output = cargo
        .arg("--message-format=json-render-diagnostics")
        .args(rustc.first().map(|_| "--"))
        .args(rustc)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!("building {name} failed");
    }
    let messages = String::from_utf8(output.stdout).context("cargo's messages are not UTF-8")?;
    find_artifact(&messages, name, wanted)
        .with_context(|| format!("cargo does not say where it put {name}"))
}

fn find_artifact(messages: &str, name: &str, wanted: impl Fn(&PathBuf) -> bool) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.target.as_ref().is_some_and(|it| it.name == name))
        .flat_map(|message| message.executable.into_iter().chain(message.filenames))
        .find(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_are_found_by_name_and_kind() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"name":"bytes"},"filenames":["/t/libbytes.so"],"executable":null}
            {"reason":"compiler-artifact","target":{"name":"it"},"filenames":["/t/libit.a","/t/libit.so"],"executable":null}
            {"reason":"build-finished","success":true}"#;
        let shared = |file: &PathBuf| file.extension().is_some_and(|it| it == "so");
        assert_eq!(
            find_artifact(messages, "it", shared),
            Some("/t/libit.so".into())
        );
        assert_eq!(find_artifact(messages, "other", shared), None);
    }
}

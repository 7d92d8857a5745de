//! `cargo xtask windows`: runs the demo program and the tests on Windows, with Wine.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::peers::server::Server;
use crate::provision::system;
use crate::provision::wine::{self, Wine};
use crate::runtime::Runtime;
use crate::tests::{self, Tally, dart_tests, rust_tests};
use crate::{batches, cargo, process, workspace};

/// The target of Rust's tests. Dart's VM is for 32-bit x86.
const RUST_TARGET: &str = "x86_64-pc-windows-gnu";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Skip the demo and Dart's tests.
    #[arg(long, conflicts_with = "dart_only")]
    rust_only: bool,
    /// Skip Rust's tests.
    #[arg(long)]
    dart_only: bool,
    /// Only Rust tests whose name contains FILTER, and Dart files whose path does.
    filter: Option<String>,
}

/// Runs them. The last line of the output is the total, where the demo counts as one test.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let filter = arguments.filter.as_deref();
    let mut sum = Tally::default();
    if !arguments.rust_only {
        sum += tests::or_failure(dart(Wine::prepare()?, filter));
    }
    if !arguments.dart_only {
        sum += tests::or_failure(rust(&Wine::prepare()?, filter));
    }
    Ok(tests::conclude(sum))
}

fn rust(wine: &Wine, filter: Option<&str>) -> Result<Tally> {
    system::require_rust_target(RUST_TARGET)?;
    let mut cargo = cargo::command();
    cargo
        .arg("--config")
        .arg(format!(
            "target.{RUST_TARGET}.runner=['{}']",
            wine.launcher().display()
        ))
        .args(["test", "--no-fail-fast", "--target", RUST_TARGET])
        .args(["--package", "rust_web_socket_protocol"])
        .args(["--package", "rust_web_socket_core"])
        .args(["--package", "rust_web_socket"])
        .args(["--lib", "--tests"])
        .args(filter);
    rust_tests::run(&mut cargo)
}

fn dart(wine: Wine, filter: Option<&str>) -> Result<Tally> {
    let files = dart_tests::files(filter)?;
    let (runtime, echo_server) = Runtime::prepare_windows(wine)?;
    let mut sum = Tally::default();
    if filter.is_none() {
        sum += tests::or_failure(demo(&runtime, &echo_server));
    }
    for file in files {
        sum += tests::or_failure(dart_file(&runtime, &echo_server, &file));
    }
    Ok(sum)
}

/// Runs the program of `cargo xtask demo`.
fn demo(runtime: &Runtime, echo_server: &Path) -> Result<Tally> {
    let mut server = runtime.launch(echo_server);
    let server = Server::start(server.arg("--until-stdin-closes"))?;
    process::announce("dart/example/echo.dart");
    let mut dart = runtime.dart(&workspace::root().join("dart/example/echo.dart"));
    process::run(dart.arg(server.url()))?;
    Ok(Tally {
        passed: 1,
        ..Tally::default()
    })
}

fn dart_file(runtime: &Runtime, echo_server: &Path, file: &Path) -> Result<Tally> {
    let name = workspace::relative(file);
    let mut command = runtime.dart_test(file);
    command
        .env("ECHO_SERVER", wine::path(echo_server))
        .current_dir(workspace::root());
    if workspace::root().join(batches::TEST) == file {
        command.envs(
            batches::prepare(&[])?
                .into_iter()
                .map(|(name, path)| (name, wine::path(&path))),
        );
    }
    dart_tests::run(&name, &mut command)
}

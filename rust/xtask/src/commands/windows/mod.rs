//! `cargo xtask windows`: runs the demo program and the tests on Windows, with Wine.
//!
//! Dart's tests run on the VM that can be had, for 32-bit x86, and Rust's on 64-bit Windows. `--part ci` leaves out what
//! does not call the operating system: the protocol crate, and the Dart files outside of tests/dart.

mod skipped;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::peers::server::Server;
use crate::platforms::tested::{self, Outcome};
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
    /// What to run.
    #[arg(long, value_enum, default_value = "all")]
    part: Part,
    /// Only Rust tests whose name contains FILTER, and Dart files whose path does.
    filter: Option<String>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Part {
    /// Everything.
    All,
    /// What calls the operating system: the demo, tests/dart, and Rust's tests of the core and the bridge.
    Ci,
}

/// Runs them. The last line of the output is the total, where the demo counts as one test.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let filter = arguments.filter.as_deref();
    let is_whole = arguments.part == Part::All && filter.is_none();
    let mut sum = Tally::default();
    if !arguments.rust_only {
        sum += tests::or_failure(dart(arguments.part, filter));
    }
    if !arguments.dart_only {
        let tally = tests::or_failure(rust(arguments.part, filter));
        if is_whole {
            tested::record(
                &tested::RUST_WINE,
                &Outcome::new(tally.to_string(), place()),
            );
        }
        sum += tally;
    }
    Ok(tests::conclude(sum))
}

/// Where they run, for the table of platforms.
fn place() -> String {
    format!("{}, {}", tested::system(), wine::VERSION)
}

fn rust(part: Part, filter: Option<&str>) -> Result<Tally> {
    let wine = Wine::prepare()?;
    system::require_rust_target(RUST_TARGET)?;
    let runner = wine.launcher().display();
    let mut cargo = cargo::command();
    cargo
        .arg("--config")
        .arg(format!("target.{RUST_TARGET}.runner=['{runner}']"))
        .args(["test", "--no-fail-fast", "--target", RUST_TARGET])
        .args(["--package", "rust_web_socket_core"])
        .args(["--package", "rust_web_socket"])
        .args(["--lib", "--tests"]);
    if part == Part::All {
        cargo.args(["--package", "rust_web_socket_protocol"]);
    }
    cargo.args(filter).arg("--").args(skipped::rust_arguments());
    let mut sum = rust_tests::run(&mut cargo)?;
    sum += skipped::rust_tally(filter);
    Ok(sum)
}

fn dart(part: Part, filter: Option<&str>) -> Result<Tally> {
    let mut files = dart_tests::files(filter)?;
    if part == Part::Ci {
        files.retain(|file| workspace::relative(file).starts_with("tests/dart/"));
    }
    let mut sum = Tally::default();
    if files.is_empty() {
        return Ok(sum);
    }
    let (runtime, echo_server) = Runtime::prepare_windows(Wine::prepare()?)?;
    if filter.is_none() {
        sum += tests::or_failure(demo(&runtime, &echo_server));
    }
    for file in files {
        sum += tests::or_failure(dart_file(&runtime, &echo_server, &file));
    }
    if part == Part::All && filter.is_none() {
        let version = tested::short_version(&runtime.dart_version()?);
        let place = format!("{}, {version}", place());
        tested::record(&tested::DART_WINE, &Outcome::new(sum.to_string(), place));
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
    if let Some(reason) = skipped::dart_file(&name) {
        println!("{name} ... skipped: {reason}");
        return Ok(Tally {
            skipped: 1,
            ..Tally::default()
        });
    }
    let mut command = runtime.dart_test(file);
    command
        .env("ECHO_SERVER", wine::path(echo_server))
        .env("SKIPPED_TESTS", skipped::dart_tests(&name))
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

//! `cargo xtask test`: runs all tests, and prints one line that counts them.

mod tally;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::cargo::Profile;
use crate::peers::debian::DebianPeers;
use crate::peers::{node, python, server};
use crate::process::{self, Ending};
use crate::runtime::Runtime;
use crate::{batches, cargo, workspace};
use tally::Tally;

/// The limit for one Dart file.
const DART_LIMIT: Duration = Duration::from_secs(5 * 60);
/// The limit for Rust's tests, including their build.
const RUST_LIMIT: Duration = Duration::from_secs(60 * 60);
/// The folders of Dart's tests: unit tests of the package, tests with the native library, and tests of the app's logic.
const DART_FOLDERS: [&str; 3] = ["dart/test", "tests/dart", "example_app/test/logic"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Package config whose packages replace the stand-ins.
    #[arg(long)]
    packages: Option<PathBuf>,
    /// Skip Dart's tests.
    #[arg(long, conflicts_with = "dart_only")]
    rust_only: bool,
    /// Skip Rust's tests.
    #[arg(long)]
    dart_only: bool,
    /// Only Rust tests whose name contains FILTER, and Dart files whose path does.
    filter: Option<String>,
}

/// Runs the tests. The last line of the output is the total.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let filter = arguments.filter.as_deref();
    let mut sum = Tally::default();
    let mut peers = None;
    sum += or_failure(DebianPeers::prepare().map(|prepared| {
        peers = prepared;
        Tally::default()
    }));
    if !arguments.dart_only {
        sum += or_failure(rust(filter, peers.as_ref()));
    }
    if !arguments.rust_only {
        let packages = arguments.packages.as_deref();
        sum += or_failure(dart(filter, packages, peers.as_ref()));
    }
    // Starts a new line for the total: a test may have left its last line incomplete.
    process::announce("all tests");
    println!("{sum}");
    Ok(if sum.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// An error counts as one failure, so that there is always a total.
fn or_failure(result: Result<Tally>) -> Tally {
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        Tally::FAILURE
    })
}

fn rust(filter: Option<&str>, debian_peers: Option<&DebianPeers>) -> Result<Tally> {
    process::announce("cargo test");
    let mut cargo = cargo::command();
    cargo.args(["test", "--workspace", "--no-fail-fast"]);
    cargo.args(filter);
    if let Some(peers) = debian_peers {
        // Tests are ignored only because they need these servers.
        cargo.args(["--", "--include-ignored"]);
        peers.pass_to(&mut cargo);
    }

    let mut tally = Tally::default();
    // Running binaries: one that crashes writes no result.
    let mut running = 0;
    let ending = process::watch(&mut cargo, RUST_LIMIT, |line| {
        if is_start_of_binary(line) {
            running += 1;
        } else if let Some(result) = Tally::from_libtest(line) {
            running -= 1;
            tally += result;
        }
    })?;
    for _ in 0..running {
        tally += Tally::FAILURE;
    }
    tally += uncounted_failure("cargo test", ending, tally.failed > 0);
    Ok(tally)
}

/// `running 12 tests`
fn is_start_of_binary(line: &str) -> bool {
    let words: Vec<_> = line.split(' ').collect();
    matches!(words[..], ["running", count, "test" | "tests"] if count.parse::<u32>().is_ok())
}

fn dart(
    filter: Option<&str>,
    packages: Option<&Path>,
    debian_peers: Option<&DebianPeers>,
) -> Result<Tally> {
    let mut files = Vec::new();
    for folder in DART_FOLDERS {
        find_tests(&workspace::root().join(folder), &mut files)?;
    }
    files.retain(|file| filter.is_none_or(|filter| workspace::relative(file).contains(filter)));
    files.sort();

    let mut sum = Tally::default();
    if files.is_empty() {
        return Ok(sum);
    }
    let runtime = Runtime::prepare(packages)?;
    let echo_server = server::build("echo_server", Profile::Dev)?;
    for file in files {
        sum += or_failure(dart_file(&runtime, &echo_server, debian_peers, &file));
    }
    Ok(sum)
}

/// The environment variables that the tests of the file `name` need, such as paths of third-party servers.
fn environment_for(name: &str) -> Result<Vec<(&'static str, PathBuf)>> {
    if name.ends_with("batches_test.dart") {
        batches::prepare(&[])
    } else if name.ends_with("node_peers_test.dart") {
        node::prepare()
    } else if name.ends_with("python_peers_test.dart") {
        python::prepare()
    } else if name.ends_with("protocols_test.dart") {
        node::prepare_protocols()
    } else {
        Ok(Vec::new())
    }
}

fn dart_file(
    runtime: &Runtime,
    echo_server: &Path,
    debian_peers: Option<&DebianPeers>,
    file: &Path,
) -> Result<Tally> {
    let name = workspace::relative(file);
    let environment = environment_for(&name)?;
    process::announce(&format!("dart {name}"));
    let mut closing = None;
    let mut command = runtime.dart_test(file);
    command
        .env("ECHO_SERVER", echo_server)
        // package:test takes a pipe for a log file by default, and its last line has another format.
        .env("DART_TEST_REPORTER", "expanded")
        .envs(environment)
        .current_dir(workspace::root());
    if let Some(peers) = debian_peers {
        peers.pass_to(&mut command);
    }
    let ending = process::watch(&mut command, DART_LIMIT, |line| {
        closing = Tally::from_package_test(line).or(closing);
    })?;
    let mut tally = closing.unwrap_or_default();
    if closing.is_none() && matches!(&ending, Ending::Exited(status) if status.success()) {
        eprintln!("error: {name} ended without a count of its tests");
        tally += Tally::FAILURE;
    }
    tally += uncounted_failure(&name, ending, tally.failed > 0);
    Ok(tally)
}

/// A failure of `name` that its counts do not include.
fn uncounted_failure(name: &str, ending: Ending, is_counted: bool) -> Tally {
    match ending {
        Ending::Exited(status) if status.success() || is_counted => Tally::default(),
        Ending::Exited(status) => {
            eprintln!("error: {name}: {status}");
            Tally::FAILURE
        }
        Ending::Killed => {
            eprintln!("error: {name} timed out and was killed");
            Tally::FAILURE
        }
    }
}

/// Adds every `*_test.dart` under `folder`, which may be missing.
fn find_tests(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            find_tests(&path, files)?;
        } else if path.to_string_lossy().ends_with("_test.dart") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_binary_is_told_from_other_output() {
        assert!(is_start_of_binary("running 1 test"));
        assert!(is_start_of_binary("running 0 tests"));
        assert!(!is_start_of_binary("running out of tests"));
    }
}

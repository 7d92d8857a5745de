//! `cargo xtask test`: runs all tests, and prints one line that counts them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use crate::cargo::Profile;
use crate::peers::debian::DebianPeers;
use crate::peers::{node, python, server};
use crate::platforms::tested::{self, Outcome};
use crate::runtime::Runtime;
use crate::tests::{self, Tally, dart_tests, rust_tests};
use crate::{batches, cargo, workspace};

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
    sum += tests::or_failure(DebianPeers::prepare().map(|prepared| {
        peers = prepared;
        Tally::default()
    }));
    if !arguments.dart_only {
        let tally = tests::or_failure(rust(filter, peers.as_ref()));
        if let (Some(row), None) = (tested::rust_here(), filter) {
            tested::record(row, &Outcome::new(tally.to_string(), tested::system()));
        }
        sum += tally;
    }
    if !arguments.rust_only {
        let packages = arguments.packages.as_deref();
        sum += tests::or_failure(dart(filter, packages, peers.as_ref()));
    }
    Ok(tests::conclude(sum))
}

fn rust(filter: Option<&str>, debian_peers: Option<&DebianPeers>) -> Result<Tally> {
    let mut cargo = cargo::command();
    cargo.args(["test", "--workspace", "--no-fail-fast"]);
    cargo.args(filter);
    if let Some(peers) = debian_peers {
        // Tests are ignored only because they need these servers.
        cargo.args(["--", "--include-ignored"]);
        peers.pass_to(&mut cargo);
    }
    rust_tests::run(&mut cargo)
}

fn dart(
    filter: Option<&str>,
    packages: Option<&Path>,
    debian_peers: Option<&DebianPeers>,
) -> Result<Tally> {
    let files = dart_tests::files(filter)?;
    let mut sum = Tally::default();
    if files.is_empty() {
        return Ok(sum);
    }
    let runtime = Runtime::prepare(packages)?;
    let echo_server = server::build("echo_server", Profile::Dev)?;
    for file in files {
        sum += tests::or_failure(dart_file(&runtime, &echo_server, debian_peers, &file));
    }
    let version = runtime.dart_version()?;
    if let (Some(row), None) = (tested::dart_row(&version), filter) {
        let place = format!("{}, {}", tested::system(), tested::short_version(&version));
        tested::record(row, &Outcome::new(sum.to_string(), place));
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
    let mut command = runtime.dart_test(file);
    command
        .env("ECHO_SERVER", echo_server)
        .envs(environment)
        .current_dir(workspace::root());
    if let Some(peers) = debian_peers {
        peers.pass_to(&mut command);
    }
    dart_tests::run(&name, &mut command)
}

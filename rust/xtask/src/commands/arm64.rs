//! `cargo xtask arm64`: runs Rust's tests as programs for 64-bit ARM Linux. On another processor they are emulated.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::peers::debian::DebianPeers;
use crate::platforms::tested::{self, Outcome};
use crate::provision::{system, zig};
use crate::tests::{self, Tally, rust_tests};
use crate::workspace;

const TARGET: &str = "aarch64-unknown-linux-gnu";
/// What is compiled into an app.
const PACKAGES: [&str; 3] = [
    "rust_web_socket_protocol",
    "rust_web_socket_core",
    "rust_web_socket",
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only tests whose name contains FILTER.
    filter: Option<String>,
}

/// Runs the tests. The last line of the output is the total.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let total = tests::or_failure(run_tests(arguments.filter.as_deref()));
    Ok(tests::conclude(total))
}

fn run_tests(filter: Option<&str>) -> Result<Tally> {
    // They run on this machine's processor.
    let peers = DebianPeers::prepare()?;
    let emulator = system::require_arm64_emulator()?;
    let mut cargo = cargo_test(&emulator.join(" "))?;
    for package in PACKAGES {
        cargo.args(["--package", package]);
    }
    cargo.args(filter);
    if let Some(peers) = peers.as_ref() {
        // Tests are ignored only because they need these servers.
        cargo.args(["--", "--include-ignored"]);
        peers.pass_to(&mut cargo);
    }
    let tally = rust_tests::run(&mut cargo)?;
    if filter.is_none() {
        let outcome = Outcome::new(tally.to_string(), tested::system_with(emulator));
        tested::record(&tested::RUST_ARM64, &outcome);
    }
    Ok(tally)
}

/// `cargo test` for 64-bit ARM. It links with Zig: Debian's gcc for 64-bit ARM excludes gcc-multilib, which the tests
/// for 32-bit x86 need.
fn cargo_test(emulator: &str) -> Result<Command> {
    system::require_rust_target(TARGET)?;
    let mut cargo = zig::cargo(|program| {
        let mut cargo = Command::new(program);
        cargo.current_dir(workspace::root());
        cargo
    })?;
    cargo.args(["test", "--target", TARGET, "--no-fail-fast"]);
    if !emulator.is_empty() {
        cargo
            .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", emulator)
            // For tests that run themselves as child processes.
            .env("TEST_EMULATOR", emulator);
    }
    Ok(cargo)
}

//! `cargo xtask sanitize`: runs the bridge's unsafe code under the address sanitizer and Miri, which need Rust's
//! nightly toolchain.

use std::process::ExitCode;

use anyhow::Result;

use crate::provision::nightly;
use crate::{process, workspace};

const PACKAGE: &str = "rust_web_socket";
/// A target with sanitizers, without building the standard library for them.
const TARGET: &str = "x86_64-unknown-linux-gnu";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this tool.
    #[arg(long)]
    only: Option<Tool>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Tool {
    /// The address and leak sanitizers, on all tests of the bridge.
    Address,
    /// Miri, on the tests that it supports.
    Miri,
}

/// Runs both, even if the first one finds something.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let wanted = |tool| arguments.only.is_none_or(|only| only == tool);
    nightly::require_toolchain()?;
    let mut results = Vec::new();
    if wanted(Tool::Address) {
        results.push(address());
    }
    if wanted(Tool::Miri) {
        nightly::require_command(
            &["cargo", "miri", "--version"],
            "rustup component add --toolchain nightly miri rust-src",
        )?;
        results.push(miri());
    }
    for result in results {
        result?;
    }
    println!("sanitize: nothing found");
    Ok(ExitCode::SUCCESS)
}

fn address() -> Result<()> {
    process::announce("address sanitizer");
    let mut cargo = nightly::command();
    cargo
        .args(["cargo", "test", "--package", PACKAGE, "--lib"])
        // With --target, the flags don't apply to build scripts and macros.
        .args(["--target", TARGET])
        .env("RUSTFLAGS", "-Zsanitizer=address")
        // A test allocates more memory than exists.
        .env("ASAN_OPTIONS", "detect_leaks=1:allocator_may_return_null=1")
        .env("CARGO_TARGET_DIR", workspace::target().join("sanitize"));
    process::run(&mut cargo)
}

fn miri() -> Result<()> {
    process::announce("Miri");
    let mut cargo = nightly::command();
    cargo
        .args([
            "cargo",
            "miri",
            "test",
            "--package",
            PACKAGE,
            "--lib",
            "ffi::",
        ])
        .env("CARGO_TARGET_DIR", workspace::target().join("miri"));
    process::run(&mut cargo)
}

//! `cargo xtask sanitize`: the bridge's unsafe code under the address sanitizer and under Miri, which take Rust's
//! nightly toolchain.

use std::process::ExitCode;

use anyhow::Result;

use crate::provision::nightly;
use crate::{process, workspace};

const PACKAGE: &str = "rust_web_socket";
/// Where sanitizers are at hand without a standard library built for them.
const TARGET: &str = "x86_64-unknown-linux-gnu";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this one.
    #[arg(long)]
    only: Option<Tool>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Tool {
    /// The address sanitizer with the leak sanitizer, on all tests of the bridge.
    Address,
    /// Miri, on the tests of the bridge that it can run.
    Miri,
}

/// Runs both, also when the first one finds something.
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
        // Named, so that build scripts and macros are left alone.
        .args(["--target", TARGET])
        .env("RUSTFLAGS", "-Zsanitizer=address")
        // A test asks for more memory than there is.
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

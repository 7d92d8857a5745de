//! `cargo xtask sanitize`: the bridge's unsafe code under the address sanitizer and under Miri, which take Rust's
//! nightly toolchain.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::{command, workspace};

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
    require_nightly()?;
    let mut results = Vec::new();
    if wanted(Tool::Address) {
        results.push(address());
    }
    if wanted(Tool::Miri) {
        require(
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
    command::announce("address sanitizer");
    let mut cargo = nightly();
    cargo
        .args(["cargo", "test", "--package", PACKAGE, "--lib"])
        // Named, so that build scripts and macros are left alone.
        .args(["--target", TARGET])
        .env("RUSTFLAGS", "-Zsanitizer=address")
        // A test asks for more memory than there is.
        .env("ASAN_OPTIONS", "detect_leaks=1:allocator_may_return_null=1")
        .env("CARGO_TARGET_DIR", workspace::target().join("sanitize"));
    command::run(&mut cargo)
}

fn miri() -> Result<()> {
    command::announce("Miri");
    let mut cargo = nightly();
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
    command::run(&mut cargo)
}

/// The start of a command of the nightly toolchain.
pub(crate) fn nightly() -> Command {
    let mut command = Command::new("rustup");
    command
        .args(["run", "nightly"])
        .current_dir(workspace::root())
        // Those of the cargo that runs this program.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
        .env_remove("RUSTC");
    command
}

/// Fails if there is no nightly toolchain.
pub(crate) fn require_nightly() -> Result<()> {
    require(&["rustc", "--version"], "rustup toolchain install nightly")
}

/// Fails with the command that installs what is missing.
fn require(words: &[&str], installation: &str) -> Result<()> {
    match command::output(nightly().args(words)) {
        Ok(_) => Ok(()),
        Err(error) => bail!("`{installation}` is needed first: {error:#}"),
    }
}

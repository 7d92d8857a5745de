//! `cargo xtask loom`: runs the models of a connection's threads, in `rust/core/src/connection/models`.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::platforms::tested::{self, Outcome};
use crate::tests::{self, Tally, rust_tests};
use crate::{cargo, process};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only models whose name begins with NAME.
    #[arg(value_name = "NAME")]
    filter: Option<String>,
}

/// Runs the models. The last line of the output is the total.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let filter = arguments.filter.as_deref().unwrap_or_default();
    Ok(tests::conclude(tests::or_failure(models(filter))))
}

fn models(filter: &str) -> Result<Tally> {
    let host = process::output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let mut cargo = cargo::command();
    cargo
        .args(["test", "--package", "rust_web_socket_core", "--lib"])
        // With --target, the flags don't apply to build scripts and macros.
        .args(["--target", &host])
        .args(["--config", "profile.dev.package.loom.opt-level=3"])
        .arg(format!("connection::models::{filter}"))
        .env("RUSTFLAGS", "--cfg rust_web_socket_loom");
    let tally = rust_tests::run(&mut cargo)?;
    if filter.is_empty() {
        let outcome = Outcome::new(tally.to_string(), tested::system());
        tested::record(&tested::MODELS, &outcome);
    }
    Ok(tally)
}

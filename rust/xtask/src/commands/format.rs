//! `cargo xtask format`: runs rustfmt and the Dart formatter.

use std::process::ExitCode;

use anyhow::Result;

use crate::provision::dart_formatter::{self, Mode};
use crate::{cargo, process, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing, and fail if anything would change.
    #[arg(long)]
    check: bool,
}

/// Formats every file of the repository.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mode = if arguments.check {
        Mode::Check
    } else {
        Mode::Write
    };
    // Runs both, so that one run shows everything.
    let dart_files = workspace::files("*.dart")?;
    let results = [format_rust(mode), dart_formatter::format(mode, &dart_files)];
    let mut code = ExitCode::SUCCESS;
    for error in results.into_iter().filter_map(Result::err) {
        eprintln!("error: {error:#}");
        code = ExitCode::FAILURE;
    }
    Ok(code)
}

fn format_rust(mode: Mode) -> Result<()> {
    process::announce("cargo fmt");
    let mut cargo = cargo::command();
    cargo.args(["fmt", "--all"]);
    if mode == Mode::Check {
        cargo.arg("--check");
    }
    process::run(&mut cargo)
}

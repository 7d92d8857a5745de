//! `cargo xtask faults`: random conversations over random faults.

use std::process::ExitCode;

use anyhow::Result;

use crate::command;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// `--seed S --cases N`, or `--seed S --case K` for one of them; `-- --help` tells the rest.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs them and ends as they end.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    command::announce("faults");
    let mut cargo = command::cargo();
    cargo.args(["run", "--quiet", "--package", "faults", "--"]);
    command::pass_on(cargo.args(&arguments.arguments))
}

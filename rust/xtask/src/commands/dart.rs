//! `cargo xtask dart`: any Dart program, on this package.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::process;
use crate::runtime::Runtime;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Package config whose packages replace the stand-ins.
    #[arg(long)]
    packages: Option<PathBuf>,
    /// The program.
    file: PathBuf,
    /// What it is given.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the program and ends as it ends.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let file = &arguments.file;
    // The bare VM's own message for it is about a Dart SDK.
    ensure!(file.exists(), "there is no {}", file.display());
    let runtime = Runtime::prepare(arguments.packages.as_deref())?;
    process::pass_on(runtime.dart(file).args(&arguments.arguments))
}

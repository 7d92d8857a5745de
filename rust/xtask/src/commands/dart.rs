//! `cargo xtask dart`: runs any Dart program with this package.

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
    /// The Dart file.
    file: PathBuf,
    /// Its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the program, and exits with its exit code.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let file = &arguments.file;
    // The bare VM reports a missing file as a missing Dart SDK.
    ensure!(file.exists(), "{} does not exist", file.display());
    let runtime = Runtime::prepare(arguments.packages.as_deref())?;
    process::pass_on(runtime.dart(file).args(&arguments.arguments))
}

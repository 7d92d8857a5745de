//! `cargo xtask stage`: writes the package as it is published.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::platforms::package;
use crate::workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder for the package [default: target/stage/rust_web_socket]. To publish, use a folder outside the repository,
    /// since pub omits files that git ignores.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder with prebuilt libraries, each in a folder named after its target.
    #[arg(long)]
    prebuilt: Option<PathBuf>,
}

/// Writes the package and prints its path.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => workspace::target().join("stage/rust_web_socket"),
    };
    package::stage(&out, arguments.prebuilt.as_deref())?;
    println!("staged {}", out.display());
    Ok(ExitCode::SUCCESS)
}

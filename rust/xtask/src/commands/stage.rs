//! `cargo xtask stage`: the package as it is published.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::platforms::package;
use crate::workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where to put the package [default: target/stage/rust_web_socket]. To publish, a folder outside of the
    /// repository: pub leaves out what git ignores.
    #[arg(long)]
    out: Option<PathBuf>,
    /// A folder with libraries that are built already, each in a folder that has its target's name.
    #[arg(long)]
    prebuilt: Option<PathBuf>,
}

/// Makes the package and says where it is.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => workspace::target().join("stage/rust_web_socket"),
    };
    package::stage(&out, arguments.prebuilt.as_deref())?;
    println!("staged {}", out.display());
    Ok(ExitCode::SUCCESS)
}

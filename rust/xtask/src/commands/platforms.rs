//! `cargo xtask platforms`: prints what ran on each platform, of what the other commands recorded.

use std::process::ExitCode;

use anyhow::Result;

use crate::platforms::tested;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write the table to docs/platforms.md and README.md.
    #[arg(long)]
    publish: bool,
}

/// Prints or publishes the table.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.publish {
        tested::publish()?;
    } else {
        print!("{}", tested::table("")?);
    }
    Ok(ExitCode::SUCCESS)
}

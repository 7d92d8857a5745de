//! `cargo xtask drive`: uses the libraries of the package for Linux through their C functions, without Dart.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use object::Architecture;

use crate::cargo::Profile;
use crate::peers::server::{self, Server};
use crate::platforms::native_client::NativeClient;
use crate::platforms::targets::{self, Os};
use crate::platforms::tested::{self, Outcome};
use crate::{process, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder with the libraries [default: target/prebuilt/libraries, where `cargo xtask prebuilt` writes them].
    #[arg(long)]
    prebuilt: Option<PathBuf>,
}

/// Connects, sends, receives and closes with each library.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = arguments
        .prebuilt
        .clone()
        .unwrap_or_else(|| workspace::target().join("prebuilt/libraries"));
    let server = Server::start(&mut server::echo_server(Profile::Dev, None)?)?;
    let mut driven = 0;
    for target in targets::ALL.iter().filter(|target| target.os == Os::Linux) {
        let library = folder.join(target.triple).join(target.library());
        if !library.exists() {
            println!("{}: skipped, it is not in the folder", target.triple);
            continue;
        }
        let client = NativeClient::prepare(target)?;
        let output = process::output(&mut client.command(&library, server.url()))
            .with_context(|| target.triple)?;
        for line in output.lines() {
            println!("{}: {line}", target.triple);
        }
        let row = match target.architecture {
            Architecture::X86_64 => &tested::PACKAGE_X64,
            _ => &tested::PACKAGE_ARM64,
        };
        tested::record(row, &Outcome::new("sends and receives", client.place()));
        driven += 1;
    }
    ensure!(
        driven > 0,
        "{} has no library for Linux: run `cargo xtask prebuilt`",
        folder.display()
    );
    Ok(ExitCode::SUCCESS)
}

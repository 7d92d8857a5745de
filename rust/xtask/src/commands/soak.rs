//! `cargo xtask soak`: checks that a program can run for days, and hold many connections.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::cargo::Profile;
use crate::peers::server::{self, Server};
use crate::runtime::Runtime;
use crate::{process, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Number of minutes to connect, send and drop in a loop.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Instead, number of connections to hold and echo on in one process.
    #[arg(long, conflicts_with = "minutes")]
    connections: Option<u32>,
    /// Seed of the random conversations.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Package config whose packages replace the stand-ins.
    #[arg(long)]
    packages: Option<PathBuf>,
}

/// Runs the Dart program, and exits with its exit code.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let runtime = Runtime::prepare(arguments.packages.as_deref())?;
    // Each connection takes one in the client and one in the server; both inherit the limit.
    let limit = rlimit::increase_nofile_limit(u64::MAX)?;
    process::announce(&format!("limit for descriptors: {limit}"));
    let folder = workspace::root().join("tests/soak");
    if let Some(connections) = arguments.connections {
        let server = Server::start(&mut server::echo_server(Profile::Release, None)?)?;
        let mut dart = runtime.dart(&folder.join("hold.dart"));
        return process::pass_on(dart.arg(server.url()).arg(connections.to_string()));
    }
    let server = Server::start(&mut server::echo_server(Profile::Release, None)?)?;
    let authority = workspace::target().join("soak-authority.pem");
    let secure = Server::start(&mut server::echo_server(
        Profile::Release,
        Some(&authority),
    )?)?;
    let mut dart = runtime.dart(&folder.join("soak.dart"));
    dart.args([server.url(), secure.url()]).arg(authority);
    dart.args([arguments.minutes.to_string(), arguments.seed.to_string()]);
    process::pass_on(&mut dart)
}

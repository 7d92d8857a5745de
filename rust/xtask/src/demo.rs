//! `cargo xtask demo`: the example program against a server.

use std::process::ExitCode;

use anyhow::Result;

use crate::library::Profile;
use crate::runtime::Runtime;
use crate::server::Server;
use crate::{command, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Server to talk to instead of the local echo server.
    #[arg(long)]
    url: Option<String>,
    /// Send the lines that are typed.
    #[arg(long)]
    interactive: bool,
}

/// Runs the demo and ends as the Dart program ends.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    // Who tries it waits for the build, and not for the six messages.
    let runtime = Runtime::prepare_with(None, Profile::Dev)?;
    let server = match arguments.url {
        Some(_) => None,
        None => Some(Server::start(&mut Server::command(Profile::Dev, None)?)?),
    };
    let url = arguments.url.as_deref();
    let url = url.or(server.as_ref().map(Server::url)).unwrap_or_default();

    command::announce("dart/example/echo.dart");
    let mut dart = runtime.dart(&workspace::root().join("dart/example/echo.dart"));
    dart.arg(url);
    if arguments.interactive {
        dart.arg("--interactive");
    }
    command::pass_on(&mut dart)
}

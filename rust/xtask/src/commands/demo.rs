//! `cargo xtask demo`: the example program against a server.

use std::process::ExitCode;

use anyhow::Result;

use crate::cargo::Profile;
use crate::peers::server::{self, Server};
use crate::runtime::Runtime;
use crate::{process, workspace};

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
        None => Some(Server::start(&mut server::echo_server(
            Profile::Dev,
            None,
        )?)?),
    };
    let url = arguments.url.as_deref();
    let url = url.or(server.as_ref().map(Server::url)).unwrap_or_default();

    process::announce("dart/example/echo.dart");
    let mut dart = runtime.dart(&workspace::root().join("dart/example/echo.dart"));
    dart.arg(url);
    if arguments.interactive {
        dart.arg("--interactive");
    }
    process::pass_on(&mut dart)
}

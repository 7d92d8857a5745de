//! `cargo xtask demo`: runs the example program against a server.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::peers::server::Server;
use crate::runtime::Runtime;
use crate::{process, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Server to connect to instead of the local echo server.
    #[arg(long)]
    url: Option<String>,
    /// Send the lines that you type.
    #[arg(long)]
    interactive: bool,
}

/// Runs the demo, and exits with the Dart program's exit code.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    // An optimised build takes longer than the six messages.
    let (runtime, server) = match arguments.url {
        Some(_) => (Runtime::prepare_quickly()?, None),
        None => {
            let (runtime, program) = Runtime::prepare_with_echo_server()?;
            let server = Server::start(Command::new(program).arg("--until-stdin-closes"))?;
            (runtime, Some(server))
        }
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

//! `cargo xtask demo`: runs the example program against a server.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::peers::server::Server;
use crate::runtime::Runtime;
use crate::{process, workspace};

/// The interval at which the inspected program is checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Server to connect to instead of the local echo server.
    #[arg(long)]
    url: Option<String>,
    /// Send the lines that you type.
    #[arg(long)]
    interactive: bool,
    /// Run a program that keeps messages flowing, and print the address of the inspector's page. Ctrl-C, or the end of
    /// the input, stops it.
    #[arg(long, conflicts_with_all = ["url", "interactive"])]
    inspect: bool,
}

/// Runs the demo, and exits with the Dart program's exit code.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.inspect {
        let folder = workspace::target().join(format!("inspect/{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let result = inspect(&folder);
        let _ = fs::remove_dir_all(&folder);
        return result;
    }
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

/// Runs dart/example/inspect.dart with its servers, and the inspector's page. All of them end when their input closes,
/// and so with this process.
fn inspect(folder: &Path) -> Result<ExitCode> {
    let (runtime, echo_server) = Runtime::prepare_with_echo_server()?;
    let in_repository = |file| workspace::root().join(file);
    let authority = folder.join("authority.pem");
    let mut echo_server = Command::new(echo_server);
    echo_server.arg("--until-stdin-closes");
    let server = Server::start(echo_server.arg("--tls-authority").arg(&authority))?;
    let compressing = in_repository("tests/inspector/programs/compressing_server.dart");
    let compressing = Server::start(&mut runtime.dart(&compressing))?;

    process::announce("dart/example/inspect.dart");
    let mut app = runtime.dart_with_service(&in_repository("dart/example/inspect.dart"));
    app.args([server.url(), compressing.url()]).arg(&authority);
    let mut app = Server::start_dart_with_service(&mut app)?;
    let mut page = runtime.dart(&in_repository("dart/bin/inspector.dart"));
    let page = Server::start(page.arg(app.url()).arg("--until-stdin-closes"))?;
    println!("The inspector's page: {}", page.url());
    println!("Ctrl-C, or the end of the input, stops it.");

    let (ended, end) = mpsc::channel();
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        ended.send(())
    });
    while end.recv_timeout(CHECK_INTERVAL) == Err(RecvTimeoutError::Timeout) {
        app.check()?;
    }
    Ok(ExitCode::SUCCESS)
}

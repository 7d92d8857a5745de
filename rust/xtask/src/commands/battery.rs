//! `cargo xtask battery`: what an hour of a phone app's use costs, beside dart:io with the same ping interval: how often
//! the process is woken, and the bytes on the wire. The hour passes in less time, pings included.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Context, Result};

use crate::cargo::Profile;
use crate::peers::server::{self, Server};
use crate::runtime::Runtime;
use crate::{process, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many seconds the hour takes.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// The first one has the same timers as the others, and no connection.
const CLIENTS: [&str; 4] = [
    "none",
    "dart:io",
    "rust_web_socket",
    "rust_web_socket, growing interval",
];

/// Runs the hour once for each client, side by side, and prints a table.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let runtime = Runtime::prepare(None)?;
    let server = Server::start(&mut server::echo_server(Profile::Release, None)?)?;
    let address = server
        .url()
        .trim_start_matches("ws://")
        .trim_end_matches('/');
    let program = workspace::root().join("tests/battery/hour.dart");
    process::announce(&format!("an hour in {} s", arguments.seconds));
    let hours = CLIENTS.map(|client| -> Result<_> {
        let line = Line::start(address)?;
        let mut dart = runtime.dart(&program);
        dart.arg(&line.url)
            .arg(client)
            .arg(arguments.seconds.to_string());
        Ok((
            client,
            line,
            thread::spawn(move || process::output(&mut dart)),
        ))
    });
    println!("| client | wake-ups | bytes sent | bytes received | transfers |");
    println!("|---|---|---|---|---|");
    for hour in hours {
        let (client, line, program) = hour?;
        let wake_ups = program
            .join()
            .map_err(|_| anyhow::anyhow!("no output"))?
            .context(client)?;
        let [sent, received, transfers] = [&line.sent, &line.received, &line.transfers]
            .map(|count| count.load(Ordering::Relaxed));
        println!("| {client} | {wake_ups} | {sent} | {received} | {transfers} |");
    }
    Ok(ExitCode::SUCCESS)
}

/// Passes a connection on to the server, and counts.
struct Line {
    url: String,
    sent: Arc<AtomicU64>,
    received: Arc<AtomicU64>,
    /// Reads in either direction: with little traffic, the times that a radio is used.
    transfers: Arc<AtomicU64>,
}

impl Line {
    fn start(server: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let line = Self {
            url: format!("ws://{}/", listener.local_addr()?),
            sent: Arc::default(),
            received: Arc::default(),
            transfers: Arc::default(),
        };
        let server = server.to_owned();
        let counts = [&line.sent, &line.received, &line.transfers].map(Arc::clone);
        thread::spawn(move || -> io::Result<()> {
            let (client, _) = listener.accept()?;
            let server = TcpStream::connect(server)?;
            let [sent, received, transfers] = counts;
            let (up, down) = (client.try_clone()?, server.try_clone()?);
            let more_transfers = Arc::clone(&transfers);
            thread::spawn(move || pass(up, server, &sent, &transfers));
            thread::spawn(move || pass(down, client, &received, &more_transfers));
            Ok(())
        });
        Ok(line)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, bytes: &AtomicU64, transfers: &AtomicU64) {
    let mut buffer = [0; 4096];
    while let Ok(read) = from.read(&mut buffer)
        && read > 0
        && to.write_all(&buffer[..read]).is_ok()
    {
        bytes.fetch_add(read as u64, Ordering::Relaxed);
        transfers.fetch_add(1, Ordering::Relaxed);
    }
    // An error means that it is closed.
    let _ = to.shutdown(Shutdown::Write);
}

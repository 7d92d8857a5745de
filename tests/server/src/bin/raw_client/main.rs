//! The baseline of the benchmark: tokio-tungstenite without Dart, on one thread or on two.
//!
//! Usage: `raw_client URL [--authority FILE] [--two-threads]`. Each line of input is a measurement of
//! `dart/benchmark/src/program.dart`, except for those that need an event loop. Each result is printed as a line of
//! JSON.

mod connecting;
mod connector;
mod idle;
mod round_trip;
mod throughput;
mod two_threads;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Parser;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::runtime::Builder;

use connector::Connector;

#[derive(Parser)]
struct Arguments {
    /// Server to connect to.
    url: String,
    /// Certificate of the authority of a wss server, in PEM.
    #[arg(long)]
    authority: Option<PathBuf>,
    /// One thread for the connection, another for the messages of `receive` and `send`.
    #[arg(long)]
    two_threads: bool,
}

/// The threads that receive or send messages.
#[derive(Clone, Copy)]
enum Threads {
    One,
    /// One for the connection, another for its messages.
    Two,
}

/// Results of a measurement by name. `seconds` is its duration without preparations.
type Measures = Vec<(String, f64)>;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (mut runtime, threads) = match arguments.two_threads {
        false => (Builder::new_current_thread(), Threads::One),
        // One worker; the main thread is the other.
        true => (Builder::new_multi_thread(), Threads::Two),
    };
    let runtime = runtime.worker_threads(1).enable_all().build()?;
    runtime.block_on(run(arguments, threads))
}

async fn run(arguments: Arguments, threads: Threads) -> Result<()> {
    let connector = Connector::new(arguments.url, arguments.authority.as_deref())?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let words: Vec<_> = line.split(' ').collect();
        let measures = measure(&words, &connector, threads).await?;
        let fields: Vec<_> = measures
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        println!("{{{}}}", fields.join(","));
        std::io::stdout().flush()?;
    }
    Ok(())
}

async fn measure(words: &[&str], connector: &Connector, threads: Threads) -> Result<Measures> {
    let number = |word: &str| {
        word.parse::<usize>()
            .with_context(|| format!("{word} in {words:?}"))
    };
    match *words {
        ["round_trip", size, count] => {
            let socket = &mut connector.connect().await?;
            let times = round_trip::times(socket, number(size)?, number(count)?).await?;
            Ok(vec![
                ("seconds".to_owned(), times.iter().sum::<f64>() / 1e6),
                ("p50".to_owned(), times[times.len() / 2]),
                ("p99".to_owned(), times[times.len() * 99 / 100]),
            ])
        }
        ["receive", payload, size, count] => {
            throughput::receive(connector, payload, number(size)?, number(count)?, threads).await
        }
        ["send", payload, size, count] => {
            throughput::send(connector, payload, number(size)?, number(count)?, threads).await
        }
        ["connect", count] => connecting::connects(connector, number(count)?).await,
        ["busy", connections, size, count] => {
            throughput::busy(
                connector,
                number(connections)?,
                number(size)?,
                number(count)?,
            )
            .await
        }
        ["idle", ref levels @ ..] => {
            let levels = levels.iter().map(|level| number(level));
            let connector = connector.for_many_connections();
            idle::idle(&connector, &levels.collect::<Result<Vec<_>>>()?).await
        }
        _ => bail!("unknown measurement {words:?}"),
    }
}

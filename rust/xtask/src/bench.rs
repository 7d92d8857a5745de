//! `cargo xtask bench`: this package against dart:io and against the floor, in one run.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::library::{self, Profile};
use crate::runtime::Runtime;
use crate::server::Server;
use crate::{command, workspace};

/// How long one row may take; a client that hangs must not hang the benchmark.
const ROW_LIMIT: Duration = Duration::from_secs(5 * 60);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How often each row is run; the medians are shown.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A twentieth of each row, to see that it runs.
    #[arg(long)]
    quick: bool,
    /// Only ws, or only wss.
    #[arg(long)]
    scheme: Option<Scheme>,
    /// Package config whose packages replace the stand-ins.
    #[arg(long)]
    packages: Option<PathBuf>,
}

/// What the messages go over.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Scheme {
    Ws,
    Wss,
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ws => "ws",
            Self::Wss => "wss",
        })
    }
}

/// What one line of the table shows.
struct Row {
    name: &'static str,
    measure: &'static str,
    label: &'static str,
    unit: &'static str,
    /// What the numbers are divided by.
    divisor: f64,
    better: Better,
}

#[derive(Clone, Copy, PartialEq)]
enum Better {
    Less,
    More,
}

const fn row(
    name: &'static str,
    measure: &'static str,
    label: &'static str,
    unit: &'static str,
    divisor: f64,
    better: Better,
) -> Row {
    Row {
        name,
        measure,
        label,
        unit,
        divisor,
        better,
    }
}

use Better::{Less, More};

#[rustfmt::skip]
const ROWS: [Row; 8] = [
    row("round_trip", "p50", "round trip, 16 B text, median", "µs", 1.0, Less),
    row("round_trip", "p99", "round trip, 16 B text, 99 %", "µs", 1.0, Less),
    row("receive_text_32", "messages", "receive 32 B text", "M/s", 1e6, More),
    row("receive_text_1k", "messages", "receive 1 KiB text", "M/s", 1e6, More),
    row("receive_text_64k", "megabytes", "receive 64 KiB text", "MB/s", 1.0, More),
    row("receive_binary_64k", "megabytes", "receive 64 KiB binary", "MB/s", 1.0, More),
    row("send_text_32", "messages", "send 32 B text", "M/s", 1e6, More),
    row("send_binary_1m", "megabytes", "send 1 MiB binary", "MB/s", 1.0, More),
];

const CLIENTS: [&str; 3] = ["dart_io", "rust_web_socket", "raw_client"];

/// Measures by client, row and name, one for each round.
type Samples = BTreeMap<(&'static str, &'static str, String), Vec<f64>>;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let runtime = Runtime::prepare(arguments.packages.as_deref())?;
    let schemes = match arguments.scheme {
        Some(scheme) => vec![scheme],
        None => vec![Scheme::Ws, Scheme::Wss],
    };
    let folder = workspace::target().join("bench");
    fs::create_dir_all(&folder)?;
    let mut samples = BTreeMap::new();
    for scheme in schemes {
        let its = measure(scheme, &runtime, arguments, &folder)?;
        println!("\n{scheme}\n");
        print(&its);
        samples.insert(scheme.to_string(), its);
    }
    let results: BTreeMap<_, _> = samples
        .iter()
        .map(|(scheme, its)| (scheme, summary(its)))
        .collect();
    let file = folder.join("results.json");
    fs::write(&file, serde_json::to_vec_pretty(&results)?)?;
    command::announce(&format!("results in {}", workspace::relative(&file)));
    Ok(ExitCode::SUCCESS)
}

/// Runs every row with every client, in turn.
fn measure(
    scheme: Scheme,
    runtime: &Runtime,
    arguments: &Arguments,
    folder: &Path,
) -> Result<Samples> {
    let authority = (scheme == Scheme::Wss).then(|| folder.join("authority.pem"));
    let server = Server::echo(Profile::Release, authority.as_deref())?;
    let floor = library::build_server_program("raw_client", Profile::Release)?;
    let compare = workspace::root().join("dart/benchmark/compare.dart");
    let mut clients = Vec::new();
    for name in CLIENTS {
        let mut command = match name {
            "raw_client" => Command::new(&floor),
            name => {
                let mut dart = runtime.dart(&compare);
                dart.arg(name);
                dart
            }
        };
        command.arg(server.url());
        if let Some(file) = &authority {
            command.arg("--authority").arg(file);
        }
        let scale = match (arguments.quick, scheme) {
            (true, _) => "20",
            // dart:io receives 26 MB/s over TLS.
            (false, Scheme::Wss) => "5",
            (false, Scheme::Ws) => "1",
        };
        command.args(["--scale", scale]);
        clients.push(Client::start(name, &mut command)?);
    }

    let mut samples = Samples::new();
    // The first round warms up.
    for round in 0..=arguments.rounds {
        command::announce(&format!("{scheme}, round {round} of {}", arguments.rounds));
        for name in names() {
            for client in &mut clients {
                for (measure, value) in client.measure(name)? {
                    if round > 0 {
                        let key = (client.name, name, measure);
                        samples.entry(key).or_default().push(value);
                    }
                }
            }
        }
    }
    Ok(samples)
}

/// The rows to run, each once.
fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    names.dedup();
    names
}

/// A client program that runs a row when it is told to.
struct Client {
    name: &'static str,
    process: Child,
    input: ChildStdin,
    output: Receiver<String>,
}

impl Client {
    fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let input = process.stdin.take().context("its input is piped")?;
        let output = process.stdout.take().context("its output is piped")?;
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            name,
            process,
            input,
            output: receiver,
        })
    }

    fn measure(&mut self, row: &str) -> Result<BTreeMap<String, f64>> {
        let name = self.name;
        writeln!(self.input, "{row}").with_context(|| format!("{name} has ended"))?;
        let line = self.output.recv_timeout(ROW_LIMIT);
        let line = line.with_context(|| format!("{name} does not answer {row}"))?;
        serde_json::from_str(&line).with_context(|| format!("{name} answers {row} with {line:?}"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It has nothing to save; failing means that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Median, least and most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            0 => (sorted.get(middle.checked_sub(1)?)? + sorted[middle]) / 2.0,
            _ => sorted[middle],
        };
        Some(Self {
            median,
            min: *sorted.first()?,
            max: *sorted.last()?,
        })
    }
}

fn print(samples: &Samples) {
    println!(
        "| row | dart:io | rust_web_socket | times faster | raw Rust | of raw Rust |\n|---|---|---|---|---|---|"
    );
    for row in &ROWS {
        let [dart_io, ours, floor] = CLIENTS.map(|client| {
            let key = (client, row.name, row.measure.to_owned());
            samples.get(&key).and_then(|values| Spread::of(values))
        });
        let shown = |spread: Option<Spread>| {
            spread.map_or("–".to_owned(), |spread| {
                let [median, min, max] = [spread.median, spread.min, spread.max]
                    .map(|value| rounded(value / row.divisor));
                format!("{median} {} ({min}–{max})", row.unit)
            })
        };
        let ratio = |a: Option<Spread>, b: Option<Spread>| {
            a.zip(b).map(|(a, b)| match row.better {
                More => a.median / b.median,
                Less => b.median / a.median,
            })
        };
        println!(
            "| {} | {} | {} | {} | {} | {} |",
            row.label,
            shown(dart_io),
            shown(ours),
            ratio(ours, dart_io).map_or("–".to_owned(), |it| format!("{it:.2}")),
            shown(floor),
            ratio(ours, floor).map_or("–".to_owned(), |it| format!("{:.0} %", it * 100.0)),
        );
    }
}

/// Three digits, which is more than the spread allows.
fn rounded(value: f64) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$}")
}

/// Spread and values by measure and client.
fn summary(samples: &Samples) -> BTreeMap<String, BTreeMap<&'static str, Summary<'_>>> {
    let mut results: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for ((client, row, measure), values) in samples {
        let spread = Spread::of(values);
        results
            .entry(format!("{row}.{measure}"))
            .or_default()
            .insert(*client, Summary { spread, values });
    }
    results
}

#[derive(Serialize)]
struct Summary<'a> {
    spread: Option<Spread>,
    values: &'a [f64],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let spread = |values: &[f64]| Spread::of(values).map(|spread| spread.median);
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(spread(&[]), None);
    }

    #[test]
    fn each_row_is_run_once() {
        let names = names();
        assert_eq!(names.len(), 7);
    }
}

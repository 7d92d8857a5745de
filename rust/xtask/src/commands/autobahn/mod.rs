//! `cargo xtask autobahn`: runs the client cases of Autobahn's test suite.

mod results;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum;
use time::OffsetDateTime;

use crate::cargo::{self, Profile};
use crate::peers::autobahn::{self, FuzzingServer};
use crate::process::{self, Ending};
use crate::runtime::Runtime;
use crate::workspace;
use results::Results;

/// The limit for all cases of one agent.
const LIMIT: Duration = Duration::from_secs(60 * 60);
/// The page of the results.
const PAGE: &str = "docs/autobahn.md";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these cases: `6.4.3`, or `6.4.*` for a group. May be given more than once.
    #[arg(long = "case", value_name = "CASE", default_value = "*")]
    cases: Vec<String>,
    /// Only this agent.
    #[arg(long)]
    agent: Option<Agent>,
    /// Write docs/autobahn.md.
    #[arg(long, conflicts_with_all = ["cases", "agent"])]
    publish: bool,
    /// Package config whose packages replace the stand-ins.
    #[arg(long)]
    packages: Option<PathBuf>,
}

/// A client that runs the cases.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Agent {
    /// The Rust core alone.
    Core,
    /// The Dart package.
    Dart,
}

impl Agent {
    fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Dart => "dart",
        }
    }
}

/// Runs the cases, and succeeds if every one passed as the standards require.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let agents = match arguments.agent {
        Some(agent) => vec![agent],
        None => Agent::value_variants().to_vec(),
    };
    let mut clients = Vec::new();
    let mut dart_version = String::new();
    for agent in agents {
        let client = match agent {
            Agent::Core => Command::new(build_core_client()?),
            Agent::Dart => {
                let runtime = Runtime::prepare(arguments.packages.as_deref())?;
                dart_version = runtime.dart_version()?;
                let program = "tests/dart/programs/autobahn_client.dart";
                runtime.dart(&workspace::root().join(program))
            }
        };
        clients.push((agent.name(), client));
    }
    let python = autobahn::install()?;

    // Both at the same time, since each server uses one core.
    let results = thread::scope(|scope| {
        let run = |(agent, mut client)| {
            let (python, cases) = (&python, &arguments.cases);
            scope.spawn(move || Ok((agent, run_agent(agent, &mut client, python, cases)?)))
        };
        let runs: Vec<_> = clients.into_iter().map(run).collect();
        let results = runs
            .into_iter()
            .map(|run| run.join().expect("it does not panic"));
        results.collect::<Result<Vec<_>>>()
    })?;
    for (agent, results) in &results {
        println!("\n{agent}\n{}{}", results.list(), results.summary());
    }
    if arguments.publish {
        publish(&results, &dart_version)?;
    }
    let passed = results.iter().all(|(_, results)| results.is_success());
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Builds the client that runs the cases on the core alone.
fn build_core_client() -> Result<PathBuf> {
    let package = "rust_web_socket_core";
    let example = ["--package", package, "--example", "autobahn_client"];
    cargo::build_program(&example, Profile::Release)
}

/// Runs the cases that match `patterns` with `client`.
fn run_agent(
    agent: &str,
    client: &mut Command,
    python: &Path,
    patterns: &[String],
) -> Result<Results> {
    let folder = workspace::target().join("autobahn").join(agent);
    let server = FuzzingServer::start(python, patterns, &folder)?;
    process::announce(&format!("{} cases with {agent}", server.cases().len()));
    let start = Instant::now();
    let ending = process::watch(client.arg(server.url()).arg(agent), LIMIT, |_| {})?;
    if !matches!(&ending, Ending::Exited(status) if status.success()) {
        eprintln!("error: {agent} did not finish");
    }
    let (seconds, folder) = (start.elapsed().as_secs(), workspace::relative(&folder));
    process::announce(&format!(
        "{agent} took {seconds} s, report in {folder}/reports/index.html"
    ));
    Results::read(server.index(), agent, server.cases())
}

/// Writes the page with the table.
fn publish(agents: &[(&str, Results)], dart_version: &str) -> Result<()> {
    let date = OffsetDateTime::now_utc().date();
    let page = format!(
        "\
# Autobahn

The results of the client cases of Autobahn's test suite {}, for two clients: `core`
is the Rust client alone, `dart` is the package on a Dart VM.

Written by `cargo xtask autobahn --publish` on {date}, with rust_web_socket {}.
{dart_version}.

{}
The standards leave the outcome of informational cases open.
",
        autobahn::VERSION,
        env!("CARGO_PKG_VERSION"),
        results::table(agents),
    );
    fs::write(workspace::root().join(PAGE), page)?;
    process::announce(&format!("table in {PAGE}"));
    Ok(())
}

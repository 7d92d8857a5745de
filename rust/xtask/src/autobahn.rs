//! `cargo xtask autobahn`: the client cases of Autobahn's test suite.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;

use crate::autobahn_results::{self, Results};
use crate::command::{self, Ending};
use crate::fuzzing_server::{self, FuzzingServer};
use crate::runtime::Runtime;
use crate::{library, workspace};

/// How long all cases may take with one agent.
const LIMIT: Duration = Duration::from_secs(30 * 60);
/// Where the results are published.
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

/// Who runs the cases.
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

/// Runs the cases and succeeds if every one was passed as the standards want it.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let agents = match arguments.agent {
        Some(agent) => vec![agent],
        None => Agent::value_variants().to_vec(),
    };
    let mut clients = Vec::new();
    let mut dart_version = None;
    for agent in agents {
        let client = match agent {
            Agent::Core => Command::new(library::build_autobahn_client()?),
            Agent::Dart => {
                let runtime = Runtime::prepare(arguments.packages.as_deref())?;
                dart_version = Some(runtime.dart_version()?);
                let program = "tests/dart/programs/autobahn_client.dart";
                runtime.dart(&workspace::root().join(program))
            }
        };
        clients.push((agent.name(), client));
    }

    let folder = workspace::target().join("autobahn");
    let server = FuzzingServer::start(&arguments.cases, &folder)?;
    let mut results = Vec::new();
    for (agent, client) in &mut clients {
        command::announce(&format!("{} cases with {agent}", server.cases().len()));
        let ending = command::watch(client.arg(server.url()).arg(*agent), LIMIT, |_| {})?;
        if !matches!(&ending, Ending::Exited(status) if status.success()) {
            eprintln!("error: {agent} did not come to its end");
        }
        results.push((
            *agent,
            Results::read(server.index(), agent, server.cases())?,
        ));
    }
    for (agent, results) in &results {
        println!("\n{agent}\n{}{}", results.list(), results.summary());
    }
    let report = workspace::relative(server.index()).replace(".json", ".html");
    command::announce(&format!("report in {report}"));
    if arguments.publish {
        publish(&results, &dart_version.unwrap_or_default())?;
    }
    let passed = results.iter().all(|(_, results)| results.is_success());
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Writes the page with the table.
fn publish(results: &[(&str, Results)], dart_version: &str) -> Result<()> {
    let date = command::output(Command::new("date").args(["-u", "+%F"]))?;
    let page = format!(
        "\
# Autobahn

The client cases of Autobahn's test suite {}, with two agents: `core`, the Rust
client alone, and `dart`, the package on a Dart VM. `cargo xtask autobahn
--publish` wrote this on {date}, of rust_web_socket {} on Dart {dart_version}.

{}
Informational are cases whose outcome the standards leave open.
",
        fuzzing_server::VERSION,
        env!("CARGO_PKG_VERSION"),
        autobahn_results::table(results),
    );
    fs::write(workspace::root().join(PAGE), page)?;
    command::announce(&format!("table in {PAGE}"));
    Ok(())
}

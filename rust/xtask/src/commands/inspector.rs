//! `cargo xtask inspector`: tests the inspector's page in a real browser.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::provision::{chromium, node, playwright};
use crate::runtime::Runtime;
use crate::tests::{self, Tally, node_tests};
use crate::{process, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only files whose path contains FILTER.
    filter: Option<String>,
    /// Write the screenshots of docs/ instead.
    #[arg(long, conflicts_with = "filter")]
    screenshots: bool,
}

/// Runs the tests of tests/inspector. The last line of the output is the total.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.screenshots {
        let mut node = Programs::prepare()?.node();
        return process::pass_on(node.arg("tests/inspector/screenshots.mjs"));
    }
    let sum = tests::or_failure(run_tests(arguments.filter.as_deref()));
    Ok(tests::conclude(sum))
}

fn run_tests(filter: Option<&str>) -> Result<Tally> {
    let files = node_tests::inspector_files(filter)?;
    let programs = Programs::prepare()?;
    process::announce(&process::output(
        Command::new(&programs.chromium).arg("--version"),
    )?);
    let mut sum = Tally::default();
    for file in files {
        let name = workspace::relative(&file);
        sum += tests::or_failure(node_tests::run(&name, &mut programs.node()));
    }
    Ok(sum)
}

/// What the tests run.
struct Programs {
    runtime: Runtime,
    echo_server: PathBuf,
    node: PathBuf,
    playwright: PathBuf,
    chromium: PathBuf,
}

impl Programs {
    fn prepare() -> Result<Self> {
        let (runtime, echo_server) = Runtime::prepare_with_echo_server()?;
        Ok(Self {
            runtime,
            echo_server,
            node: node::prepare()?,
            playwright: playwright::prepare()?,
            chromium: chromium::prepare()?.chromium,
        })
    }

    /// A command that runs Node.js in the root of the repository, with the paths of the others in its environment.
    fn node(&self) -> Command {
        let mut node = Command::new(&self.node);
        node.env("ECHO_SERVER", &self.echo_server)
            .env("PLAYWRIGHT", &self.playwright)
            .env("CHROMIUM", &self.chromium)
            .current_dir(workspace::root());
        self.runtime.pass_to(&mut node);
        node
    }
}

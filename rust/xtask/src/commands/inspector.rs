//! `cargo xtask inspector`: tests the inspector's page in a real browser.

use std::fs;
use std::path::{Path, PathBuf};
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
    // Another xtask may run at the same time.
    let kernels = workspace::target().join(format!("inspector/{}", std::process::id()));
    fs::create_dir_all(&kernels)?;
    let code = if arguments.screenshots {
        take_screenshots(&kernels)
    } else {
        let sum = tests::or_failure(run_tests(arguments.filter.as_deref(), &kernels));
        Ok(tests::conclude(sum))
    };
    let _ = fs::remove_dir_all(&kernels);
    code
}

fn take_screenshots(kernels: &Path) -> Result<ExitCode> {
    let mut node = Programs::prepare(kernels)?.node();
    process::pass_on(node.args([
        "--test",
        "--test-reporter=spec",
        "tests/inspector/screenshots.mjs",
    ]))
}

fn run_tests(filter: Option<&str>, kernels: &Path) -> Result<Tally> {
    let files = node_tests::inspector_files(filter)?;
    let programs = Programs::prepare(kernels)?;
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
    /// The folder for the kernels of Dart programs.
    kernels: PathBuf,
}

impl Programs {
    fn prepare(kernels: &Path) -> Result<Self> {
        let (runtime, echo_server) = Runtime::prepare_with_echo_server()?;
        Ok(Self {
            runtime,
            echo_server,
            node: node::prepare()?,
            playwright: playwright::prepare()?,
            chromium: chromium::prepare()?.chromium,
            kernels: kernels.to_owned(),
        })
    }

    /// A command that runs Node.js in the root of the repository, with the paths of the others in its environment.
    fn node(&self) -> Command {
        let mut node = Command::new(&self.node);
        node.env("ECHO_SERVER", &self.echo_server)
            .env("PLAYWRIGHT", &self.playwright)
            .env("CHROMIUM", &self.chromium)
            .env("KERNELS", &self.kernels)
            .current_dir(workspace::root());
        self.runtime.pass_to(&mut node);
        node
    }
}

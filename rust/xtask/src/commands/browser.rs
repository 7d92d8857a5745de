//! `cargo xtask browser`: runs the tests of the web in a real browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::cargo::Profile;
use crate::peers::chromium::Chromium;
use crate::peers::server::{self, Server};
use crate::platforms::tested::{self, Outcome};
use crate::provision::chromium;
use crate::runtime::Runtime;
use crate::tests::{self, Tally, dart_tests};
use crate::{process, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only Dart files whose path contains FILTER.
    filter: Option<String>,
}

/// Runs the tests of tests/browser with Chromium. The last line of the output is the total.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    // Another xtask may run at the same time.
    let folder = workspace::target().join(format!("browser/{}", std::process::id()));
    let sum = tests::or_failure(run_tests(arguments.filter.as_deref(), &folder));
    // A process of the browser that is ending may still write.
    let _ = fs::remove_dir_all(&folder);
    Ok(tests::conclude(sum))
}

fn run_tests(filter: Option<&str>, folder: &Path) -> Result<Tally> {
    let files = dart_tests::files_in(&["tests/browser"], filter)?;
    let programs = chromium::prepare()?;
    let runtime = prepare_runtime(folder)?;
    let authority = folder.join("authority.pem");
    let mut echo_server = server::echo_server(Profile::Dev, Some(&authority))?;
    let trusted = Server::start(&mut echo_server)?;
    let version = process::output(Command::new(&programs.chromium).arg("--version"))?;
    process::announce(&version);
    let mut browser = Chromium::start(&programs, folder, &authority)?;
    let mut sum = Tally::default();
    for file in files {
        let mut command = runtime.dart_test(&file);
        command
            .env("BROWSER", browser.debugger())
            .env("TRUSTED_SERVER", trusted.url())
            .env("ECHO_SERVER", echo_server.get_program())
            .current_dir(workspace::root());
        let name = workspace::relative(&file);
        sum += tests::or_failure(dart_tests::run(&name, &mut command));
        if let Err(error) = browser.check() {
            eprintln!("error: {error:#}");
            sum += Tally::FAILURE;
            break;
        }
    }
    if filter.is_none() {
        let version = version.split(" built on").next().unwrap_or_default();
        let dart = tested::short_version(&runtime.dart_version()?);
        let place = format!("{}, {version}, {dart}", tested::system());
        tested::record(&tested::BROWSER, &Outcome::new(sum.to_string(), place));
    }
    Ok(sum)
}

/// A Dart with the package as a compiler for the web sees it, and with a package:web that talks to the browser.
fn prepare_runtime(folder: &Path) -> Result<Runtime> {
    let runtime = Runtime::prepare_without_library()?;
    let packages: PathBuf = folder.join("packages");
    let program = workspace::root().join("tests/browser/prepare.dart");
    process::run(runtime.dart(&program).arg(&packages))?;
    Ok(runtime.with_packages(packages.join("package_config.json")))
}

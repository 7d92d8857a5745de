//! Finds and runs Dart's tests, and counts them.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::{Tally, uncounted_failure};
use crate::process::{self, Ending};

/// The limit for one file.
const LIMIT: Duration = Duration::from_secs(5 * 60);
/// The folders of the tests: unit tests of the package, tests with the native library, and tests of the app's logic.
const FOLDERS: [&str; 3] = ["dart/test", "tests/dart", "example_app/test/logic"];

/// Every test file whose path contains `filter`, in order.
pub(crate) fn files(filter: Option<&str>) -> Result<Vec<PathBuf>> {
    files_in(&FOLDERS, filter)
}

/// The same of other folders.
pub(crate) fn files_in(folders: &[&str], filter: Option<&str>) -> Result<Vec<PathBuf>> {
    super::files_in(folders, "_test.dart", filter)
}

/// Runs `command`, which runs the test file `name`.
pub(crate) fn run(name: &str, command: &mut Command) -> Result<Tally> {
    process::announce(&format!("dart {name}"));
    // package:test takes a pipe for a log file by default, and its last line has another format.
    command.env("DART_TEST_REPORTER", "expanded");
    let mut closing = None;
    let ending = process::watch(command, LIMIT, |line| {
        closing = Tally::from_package_test(line).or(closing);
    })?;
    let mut tally = closing.unwrap_or_default();
    if closing.is_none() && matches!(&ending, Ending::Exited(status) if status.success()) {
        eprintln!("error: {name} ended without a count of its tests");
        tally += Tally::FAILURE;
    }
    tally += uncounted_failure(name, ending, tally.failed > 0);
    Ok(tally)
}

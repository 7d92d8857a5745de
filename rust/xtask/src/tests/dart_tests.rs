//! Finds and runs Dart's tests, and counts them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Tally, uncounted_failure};
use crate::process::{self, Ending};
use crate::workspace;

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
    let mut files = Vec::new();
    for folder in folders {
        find(&workspace::root().join(folder), &mut files)?;
    }
    files.retain(|file| filter.is_none_or(|filter| workspace::relative(file).contains(filter)));
    files.sort();
    Ok(files)
}

/// Adds every `*_test.dart` under `folder`, which may be missing.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.to_string_lossy().ends_with("_test.dart") {
            files.push(path);
        }
    }
    Ok(())
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

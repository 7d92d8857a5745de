//! Runs tests, and counts them: what the commands that run tests share.

pub(crate) mod dart_tests;
pub(crate) mod node_tests;
pub(crate) mod rust_tests;
mod tally;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::process::{self, Ending};
use crate::workspace;
pub(crate) use tally::Tally;

/// Prints the total as the last line of the output.
pub(crate) fn conclude(total: Tally) -> ExitCode {
    // Starts a new line: a test may have left its last line incomplete.
    process::announce("all tests");
    println!("{total}");
    if total.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// An error counts as one failure, so that there is always a total.
pub(crate) fn or_failure(result: Result<Tally>) -> Tally {
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        Tally::FAILURE
    })
}

/// Every file under `folders` whose path ends with `ending` and contains `filter`, in order.
fn files_in(folders: &[&str], ending: &str, filter: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in folders {
        find(&workspace::root().join(folder), ending, &mut files)?;
    }
    files.retain(|file| filter.is_none_or(|filter| workspace::relative(file).contains(filter)));
    files.sort();
    Ok(files)
}

/// Adds every file under `folder`, which may be missing, whose name ends with `ending`.
fn find(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, ending, files)?;
        } else if path.to_string_lossy().ends_with(ending) {
            files.push(path);
        }
    }
    Ok(())
}

/// A failure of `name` that its counts do not include.
fn uncounted_failure(name: &str, ending: Ending, is_counted: bool) -> Tally {
    match ending {
        Ending::Exited(status) if status.success() || is_counted => Tally::default(),
        Ending::Exited(status) => {
            eprintln!("error: {name}: {status}");
            Tally::FAILURE
        }
        Ending::Killed => {
            eprintln!("error: {name} timed out and was killed");
            Tally::FAILURE
        }
    }
}

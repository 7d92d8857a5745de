//! Runs tests, and counts them: what the commands that run tests share.

pub(crate) mod dart_tests;
pub(crate) mod rust_tests;
mod tally;

use std::process::ExitCode;

use anyhow::Result;

use crate::process::{self, Ending};
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

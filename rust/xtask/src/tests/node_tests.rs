//! Runs tests written for Node.js's test runner, and counts them.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::{Tally, files_in, uncounted_failure};
use crate::process::{self, Ending};

/// The limit for one file.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// Every test file of the inspector whose path contains `filter`, in order.
pub(crate) fn inspector_files(filter: Option<&str>) -> Result<Vec<PathBuf>> {
    files_in(&["tests/inspector"], ".test.mjs", filter)
}

/// Runs `node`, which is Node.js with its environment, with the test file `name`.
pub(crate) fn run(name: &str, node: &mut Command) -> Result<Tally> {
    process::announce(&format!("node {name}"));
    node.args(["--test", "--test-reporter=spec", name]);
    let mut counts = Tally::default();
    let ending = process::watch(node, LIMIT, |line| counts.add_from_node(line))?;
    let mut tally = counts;
    if counts == Tally::default() && matches!(&ending, Ending::Exited(status) if status.success()) {
        eprintln!("error: {name} has no tests");
        tally += Tally::FAILURE;
    }
    tally += uncounted_failure(name, ending, counts.failed > 0);
    Ok(tally)
}

//! Runs `cargo test`, and counts its tests.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::{Tally, uncounted_failure};
use crate::process;

/// The limit for Rust's tests, including their build.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// Runs `cargo`, which is a `cargo test`.
pub(crate) fn run(cargo: &mut Command) -> Result<Tally> {
    process::announce("cargo test");
    let mut tally = Tally::default();
    // Running binaries: one that crashes writes no result.
    let mut running = 0;
    let ending = process::watch(cargo, LIMIT, |line| {
        if is_start_of_binary(line) {
            running += 1;
        } else if let Some(result) = Tally::from_libtest(line) {
            running -= 1;
            tally += result;
        }
    })?;
    for _ in 0..running {
        tally += Tally::FAILURE;
    }
    tally += uncounted_failure("cargo test", ending, tally.failed > 0);
    Ok(tally)
}

/// `running 12 tests`
fn is_start_of_binary(line: &str) -> bool {
    let words: Vec<_> = line.split(' ').collect();
    matches!(words[..], ["running", count, "test" | "tests"] if count.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_binary_is_told_from_other_output() {
        assert!(is_start_of_binary("running 1 test"));
        assert!(is_start_of_binary("running 0 tests"));
        assert!(!is_start_of_binary("running out of tests"));
    }
}

//! Batches that Rust encodes, for `tests/dart/batches_test.dart` to decode.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::library::{self, Profile};
use crate::{command, fuzz, workspace};

/// The Dart test.
pub(crate) const TEST: &str = "tests/dart/batches_test.dart";
/// What they are made from: the inputs of this fuzz target.
pub(crate) const TARGET: &str = "batches";

/// Encodes the committed inputs, and what lies in `more`, and tells `test` where the batches are; answers how many.
pub(crate) fn pass_to(test: &mut Command, more: &[PathBuf]) -> Result<usize> {
    let program = library::build_program("fuzz", "encode_batches", Profile::Dev)?;
    let folder = workspace::target().join("batches");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    command::run(
        Command::new(program)
            .arg(&folder)
            .arg(fuzz::seeds(TARGET))
            .args(more),
    )?;
    test.env("BATCHES", &folder);
    Ok(fs::read_dir(folder)?.count())
}

/// Whether `file` is the Dart test.
pub(crate) fn is_test(file: &Path) -> bool {
    file.ends_with(TEST)
}

//! Encodes batches in Rust, for a Dart test to decode.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::cargo::{self, Profile};
use crate::{process, workspace};

/// The Dart test.
pub(crate) const TEST: &str = "tests/dart/batches_test.dart";
/// The fuzz target whose inputs are encoded.
pub(crate) const TARGET: &str = "batches";

/// Encodes the committed inputs and `inputs` (files or folders). Returns the environment variable with the path of the
/// batches.
pub(crate) fn prepare(inputs: &[PathBuf]) -> Result<Vec<(&'static str, PathBuf)>> {
    let encoder = ["--package", "fuzz", "--bin", "encode_batches"];
    let program = cargo::build_program(&encoder, Profile::Dev)?;
    let folder = workspace::target().join("batches");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    process::run(
        Command::new(program)
            .arg(&folder)
            .arg(workspace::fuzz_seeds(TARGET))
            .args(inputs),
    )?;
    Ok(vec![("BATCHES", folder)])
}

//! dart_style's WebAssembly build from npm. It needs no Dart SDK, and formats the same on every machine.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{dart_sdk, node, npm};
use crate::{process, workspace};

const PACKAGE: &str = "@wasm-fmt/dart_fmt";
const VERSION: &str = "0.4.0";
const SCRIPT: &str = include_str!("dart_formatter.mjs");

/// Whether files are changed or only checked.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Write,
    Check,
}

/// Formats Dart `files`. Relative paths are relative to the repository.
pub(crate) fn format(mode: Mode, files: &[PathBuf]) -> Result<()> {
    let node = node::prepare()?;
    let folder = workspace::target().join("tools/dart_fmt");
    let formatter = npm::fetch(PACKAGE, VERSION, &folder, "the Dart formatter")?;
    process::announce(&format!("dart_fmt ({} files)", files.len()));
    let mut child = Command::new(node)
        .args(["--input-type=module", "--eval", SCRIPT, "--"])
        .arg(formatter.join("dart_fmt_node.js"))
        .arg(format!(
            "{}.{}.0",
            dart_sdk::MINIMUM_VERSION.0,
            dart_sdk::MINIMUM_VERSION.1
        ))
        .arg(match mode {
            Mode::Write => "write",
            Mode::Check => "check",
        })
        .current_dir(workspace::root())
        .stdin(Stdio::piped())
        .spawn()
        .context("cannot run node")?;
    // Its standard input closes at the end of the block.
    if let Some(mut stdin) = child.stdin.take() {
        for file in files {
            writeln!(stdin, "{}", file.display())?;
        }
    }
    if !child.wait()?.success() {
        bail!("Dart files need formatting, run `cargo xtask format`");
    }
    Ok(())
}

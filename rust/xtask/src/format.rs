//! `cargo xtask format`: rustfmt, and dart_style through its WebAssembly build on npm, which needs
//! no Dart SDK and formats alike on every machine.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use crate::{command, node, npm, sdk, workspace};

const PACKAGE: &str = "@wasm-fmt/dart_fmt";
const VERSION: &str = "0.4.0";
const SCRIPT: &str = include_str!("format_dart.mjs");

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing, and fail if anything would change.
    #[arg(long)]
    check: bool,
}

/// Whether files are changed or only looked at.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Write,
    Check,
}

/// Formats every file of the repository.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mode = if arguments.check {
        Mode::Check
    } else {
        Mode::Write
    };
    // Both are run, so that one look shows all there is to mend.
    let results = [rust(mode), dart(mode, &workspace::files("*.dart")?)];
    let mut code = ExitCode::SUCCESS;
    for error in results.into_iter().filter_map(Result::err) {
        eprintln!("error: {error:#}");
        code = ExitCode::FAILURE;
    }
    Ok(code)
}

fn rust(mode: Mode) -> Result<()> {
    command::announce("cargo fmt");
    let mut cargo = command::cargo();
    cargo.args(["fmt", "--all"]);
    if mode == Mode::Check {
        cargo.arg("--check");
    }
    command::run(&mut cargo)
}

/// Formats Dart `files`; those with relative names lie in the repository.
pub(crate) fn dart(mode: Mode, files: &[PathBuf]) -> Result<()> {
    let node = node::prepare()?;
    let folder = workspace::target().join("tools/dart_fmt");
    let formatter = npm::fetch(PACKAGE, VERSION, &folder, "the Dart formatter")?;
    command::announce(&format!("dart_fmt ({} files)", files.len()));
    let mut child = Command::new(node)
        .args(["--input-type=module", "--eval", SCRIPT, "--"])
        .arg(formatter.join("dart_fmt_node.js"))
        .arg(format!("{}.{}.0", sdk::FLOOR.0, sdk::FLOOR.1))
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
        bail!("Dart files need formatting: `cargo xtask format`");
    }
    Ok(())
}

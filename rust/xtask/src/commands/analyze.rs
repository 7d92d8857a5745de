//! `cargo xtask analyze`: runs the Dart analyzer, which needs an SDK.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::provision::{dart::Dart, dart_sdk, package_config};
use crate::{process, workspace};

/// The folders with Dart code that needs no Flutter.
const FOLDERS: [&str; 3] = ["dart", "example_app/lib/logic", "tests"];

/// Fails on every finding, also those for information.
pub(crate) fn run() -> Result<ExitCode> {
    let Some(executable) = dart_sdk::find() else {
        println!("analyze: skipped: there is no Dart SDK on PATH");
        return Ok(ExitCode::SUCCESS);
    };
    let packages = package_config::prepare(&Dart::Sdk(executable.clone()), None)?;
    process::pass_on(
        Command::new(executable)
            .args(["analyze", "--fatal-infos"])
            .arg(format!("--packages={}", packages.display()))
            .args(FOLDERS)
            .current_dir(workspace::root()),
    )
}

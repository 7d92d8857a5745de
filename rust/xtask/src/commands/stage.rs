//! `cargo xtask stage`: writes the package as it is published.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::platforms::{package, validators};
use crate::workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder for the package [default: target/stage/rust_web_socket]. To publish, use a folder outside the repository,
    /// since pub omits files that git ignores.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Folder with prebuilt libraries, each in a folder named after its target.
    #[arg(long)]
    prebuilt: Option<PathBuf>,
    /// URL of the public repository, for the pubspec.
    #[arg(long)]
    repository: Option<String>,
    /// Fail unless the package has the version of this tag, such as v1.2.3. Empty: no tag.
    #[arg(long)]
    tag: Option<String>,
    /// Check the package against pub's rules.
    #[arg(long)]
    check: bool,
}

/// Writes the package and prints its path.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => workspace::target().join("stage/rust_web_socket"),
    };
    if let Some(tag) = arguments.tag.as_deref().filter(|tag| !tag.is_empty()) {
        package::check_tag(tag)?;
    }
    package::stage(
        &out,
        arguments.prebuilt.as_deref(),
        arguments.repository.as_deref(),
    )?;
    println!("staged {}", out.display());
    if !arguments.check {
        return Ok(ExitCode::SUCCESS);
    }
    let (rules, faults) = validators::check(&out)?;
    for fault in &faults {
        eprintln!("error: {fault}");
    }
    println!(
        "checked {} against pub's rules: {}",
        out.display(),
        rules.join(", ")
    );
    println!(
        "left to `dart pub publish --dry-run`: {}",
        validators::LEFT_TO_PUB
    );
    Ok(match faults.len() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

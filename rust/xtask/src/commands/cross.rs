//! `cargo xtask cross`: builds the native library for phones, without Android's NDK and Apple's SDK. Without those
//! everything can be compiled, but not linked.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::platforms::library::{self, Kind};
use crate::platforms::phone::{self, TARGETS};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this target.
    #[arg(long)]
    target: Option<String>,
}

/// A function that Dart calls. The built library must contain it.
const FUNCTION: &str = "rust_web_socket_send_pack";

/// Builds a static library for each target, and prints what was checked.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let wanted = arguments.target.as_deref();
    let targets: Vec<_> = TARGETS
        .iter()
        .filter(|target| wanted.is_none_or(|wanted| wanted == target.rust))
        .collect();
    if targets.is_empty() {
        let known = TARGETS.map(|target| target.rust).join(", ");
        bail!("--target must be one of {known}");
    }
    let mut shown = Vec::new();
    for target in targets {
        let library =
            library::build_for(target.rust, Kind::Static, &[], &phone::environment(target)?)?;
        check(&library)?;
        let size = fs::metadata(&library)?.len();
        shown.push(format!(
            "{:24} compiled and put into a static library ({:.1} MB); not linked, not run",
            target.rust,
            size as f64 / 1e6
        ));
    }
    println!("{}", shown.join("\n"));
    println!(
        "C was compiled by clang with this repository's declarations, not with the headers of the NDK or Apple."
    );
    Ok(ExitCode::SUCCESS)
}

/// Checks that `library` has the function that Dart calls.
fn check(library: &Path) -> Result<()> {
    // Not with llvm-nm: a distribution's can't read the bitcode that a newer rustc puts beside the code.
    let bytes = fs::read(library).with_context(|| library.display().to_string())?;
    let name = FUNCTION.as_bytes();
    ensure!(
        bytes.windows(name.len()).any(|window| window == name),
        "{} lacks {FUNCTION}",
        library.display()
    );
    Ok(())
}

//! `cargo xtask codegen`: generates flutter_rust_bridge's bindings in Rust and Dart.
//!
//! The generator works on a copy of the sources under target/, so that a check or a failure does not change the work
//! tree.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::provision::cargo_tools;
use crate::provision::dart::Dart;
use crate::provision::dart_formatter::{self, Mode};
use crate::{process, workspace};

/// The generator, whose version must be that of the crate flutter_rust_bridge, and a tool that it
/// uses to expand macros.
const TOOLS: [(&str, &str); 2] = [
    ("flutter_rust_bridge_codegen", "2.13.0"),
    ("cargo-expand", "1.0.127"),
];
/// The folder of the settings and of the generated Rust file.
const CRATE: &str = "rust/bridge";
const RUST_OUTPUT: &str = "rust/bridge/src/frb_generated.rs";
/// The folder of the generated Dart files, and of no others.
const DART_OUTPUT: &str = "dart/lib/src/rust";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing, and fail if a generated file is stale.
    #[arg(long)]
    check: bool,
}

/// Generates, and replaces or lists the files that differ.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let root = workspace::root();
    let copy = workspace::target().join("codegen");
    copy_sources(&root, &copy)?;
    generate(&copy)?;

    let stale = stale_files(&root, &copy)?;
    for file in &stale {
        if arguments.check {
            eprintln!("{}: stale", file.display());
        } else {
            replace(&root.join(file), &copy.join(file))?;
            eprintln!("{}: generated", file.display());
        }
    }
    if arguments.check && !stale.is_empty() {
        eprintln!("error: generated files are stale, run `cargo xtask codegen`");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Copies all files that git does not ignore, except the generated Dart.
fn copy_sources(root: &Path, copy: &Path) -> Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    for file in workspace::files("*")? {
        if file.starts_with(DART_OUTPUT) {
            continue;
        }
        let to = copy.join(&file);
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::copy(root.join(&file), &to).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

/// Runs the generator in `copy` and formats what it writes.
fn generate(copy: &Path) -> Result<()> {
    let dart = Dart::prepare()?;
    let mut path = Vec::new();
    for (tool, version) in TOOLS {
        path.push(cargo_tools::install(tool, version)?);
    }
    let generator = path[0].join(TOOLS[0].0);
    // The generator asks `dart` for its version.
    path.extend(dart.executable().parent().map(Path::to_owned));
    path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));

    // It builds the crate's dependencies without showing progress.
    process::announce("flutter_rust_bridge_codegen generate (up to a minute)");
    process::run(
        Command::new(generator)
            .arg("generate")
            .env("PATH", env::join_paths(&path)?)
            .env("CARGO_TARGET_DIR", cargo_tools::build_folder())
            .current_dir(copy.join(CRATE)),
    )?;

    process::run(
        Command::new("rustfmt")
            .args(["--edition", "2024"])
            .arg(copy.join(RUST_OUTPUT)),
    )?;
    allow_older_runtimes(&copy.join(DART_OUTPUT).join("frb_generated.dart"))?;
    let mut files = BTreeSet::new();
    list(copy, DART_OUTPUT.as_ref(), &mut files)?;
    let files: Vec<_> = files.iter().map(|file| copy.join(file)).collect();
    dart_formatter::format(Mode::Write, &files)
}

/// Removes an argument that has its default value, and that the Dart runtime has only since 2.12. dart/pubspec.yaml
/// allows 2.11, so that the package fits beside plugins that need it.
fn allow_older_runtimes(file: &Path) -> Result<()> {
    let code = fs::read_to_string(file)?;
    let argument = "wasmBindgenName: 'wasm_bindgen',";
    ensure!(
        code.contains(argument),
        "{} has no `{argument}`",
        file.display()
    );
    Ok(fs::write(file, code.replace(argument, ""))?)
}

/// The generated files that differ between the two trees, or are in only one of them.
fn stale_files(root: &Path, copy: &Path) -> Result<Vec<PathBuf>> {
    let mut files = BTreeSet::from([PathBuf::from(RUST_OUTPUT)]);
    for tree in [root, copy] {
        list(tree, DART_OUTPUT.as_ref(), &mut files)?;
    }
    let differs = |file: &PathBuf| fs::read(root.join(file)).ok() != fs::read(copy.join(file)).ok();
    Ok(files.into_iter().filter(differs).collect())
}

/// Adds the files in `folder` of `tree`, with paths relative to the tree.
fn list(tree: &Path, folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    if !tree.join(folder).is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(tree.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            list(tree, &path, files)?;
        } else {
            files.insert(path);
        }
    }
    Ok(())
}

/// Replaces `old` with `new`; a file that is no longer generated is removed.
fn replace(old: &Path, new: &Path) -> Result<()> {
    if new.exists() {
        fs::create_dir_all(old.parent().context("a file lies in a folder")?)?;
        fs::copy(new, old)?;
    } else {
        fs::remove_file(old)?;
    }
    Ok(())
}

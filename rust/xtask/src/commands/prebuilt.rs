//! `cargo xtask prebuilt`: builds the libraries of the published package, as far as this machine can, and checks each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::platforms::artifact::{self, Artifact, Purpose};
use crate::platforms::build::{self, Means};
use crate::platforms::manifest::{self, Abi, Library};
use crate::platforms::package;
use crate::platforms::size_table::{self, Row};
use crate::platforms::targets::{self, Target};
use crate::provision::pinned::Toolchain;
use crate::workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Build only this target, and fail if that can't be done here. May be repeated [default: every target that this
    /// machine can build].
    #[arg(long)]
    target: Vec<String>,
    /// Folder for the libraries and their manifest [default: target/prebuilt/libraries].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Build nothing: check the libraries in this folder, which other machines may have built, and write its manifest.
    #[arg(long, conflicts_with_all = ["target", "out"])]
    check: Option<PathBuf>,
    /// Fail unless the manifest has every target.
    #[arg(long)]
    complete: bool,
    /// Write the sizes to docs/install.md.
    #[arg(long)]
    publish: bool,
}

/// Builds, checks, and prints what was built and what was not.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    // The libraries are built from the files that the package will have.
    let sources = workspace::target().join("prebuilt/sources");
    package::write_crates(&sources)?;
    let source = manifest::source_hash(&sources)?;
    let folder = match (&arguments.check, &arguments.out) {
        (Some(folder), _) | (None, Some(folder)) => folder.clone(),
        (None, None) => workspace::target().join("prebuilt/libraries"),
    };
    if arguments.check.is_none() {
        build_all(&arguments.target, &folder, &sources, &source)?;
    }
    let libraries = check_all(&folder, &source)?;
    let missing: Vec<_> = targets::ALL
        .iter()
        .map(|target| target.triple)
        .filter(|triple| !libraries.iter().any(|library| library.target == *triple))
        .collect();
    if arguments.publish {
        let rows: Vec<_> = libraries.iter().map(row).collect::<Result<_>>()?;
        let page = size_table::publish(&rows)?;
        println!("wrote {}", workspace::relative(&page));
    }
    if arguments.complete && !missing.is_empty() {
        bail!(
            "{} has no library for {}",
            folder.display(),
            missing.join(", ")
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the targets `wanted`, or all that can be built here, into `folder`.
fn build_all(wanted: &[String], folder: &Path, sources: &Path, source: &str) -> Result<()> {
    let targets: Vec<_> = match wanted {
        [] => targets::ALL.iter().collect(),
        wanted => wanted
            .iter()
            .map(|triple| targets::find(triple))
            .collect::<Result<_>>()?,
    };
    let mut left_out = Vec::new();
    let toolchain = Toolchain::prepare()?;
    for target in targets {
        match Means::of(target) {
            Ok(means) => {
                let built = build::build(target, &means, &toolchain, sources)?;
                build::check_paths(&built, sources)?;
                add(target, &means, &toolchain, &built, folder, sources, source)?;
            }
            Err(reason) if wanted.is_empty() => left_out.push((target.triple, reason)),
            Err(reason) => bail!("{} can't be built here: {reason}", target.triple),
        }
    }
    for (triple, reason) in left_out {
        println!("{triple}: not built here: {reason}");
    }
    Ok(())
}

/// Copies the library `built` to `folder`, with its entry.
fn add(
    target: &Target,
    means: &Means,
    toolchain: &Toolchain,
    built: &Path,
    folder: &Path,
    sources: &Path,
    source: &str,
) -> Result<()> {
    let file = format!("{}/{}", target.triple, target.library());
    let path = folder.join(&file);
    fs::create_dir_all(folder.join(target.triple))?;
    fs::copy(built, &path).with_context(|| path.display().to_string())?;
    let bytes = fs::read(&path)?;
    let entry = Library {
        target: target.triple.to_owned(),
        file,
        size: bytes.len().try_into()?,
        sha256: manifest::sha256(&bytes),
        minimum_system: Artifact::read(&path)?.minimum_system(target.os),
        built_for: means.rust_target(target).to_owned(),
        rust: toolchain.version().to_owned(),
        source: source.to_owned(),
        abi: Abi::of_sources(sources)?,
    };
    manifest::write_entry(folder, &entry)
}

/// Checks the libraries in `folder`, prints them, and writes their manifest.
fn check_all(folder: &Path, source: &str) -> Result<Vec<Library>> {
    let mut libraries = Vec::new();
    let mut faults = 0;
    for (target, library) in manifest::entries(folder, source)? {
        let artifact = Artifact::read(&folder.join(&library.file))?;
        for fault in artifact::check(target, &artifact, Purpose::Shipped) {
            eprintln!("error: {}: {fault}", library.file);
            faults += 1;
        }
        println!(
            "{}: {} bytes (limit: {}), {}, Rust {} for {}, SHA-256 {}",
            library.target,
            library.size,
            artifact::size_limit(target, Purpose::Shipped),
            library.minimum_system,
            library.rust,
            library.built_for,
            library.sha256
        );
        for reason in artifact::required_reasons(target, &artifact) {
            println!(
                "  Apple wants a reason for {}: {}",
                reason.function, reason.category
            );
        }
        libraries.push(library);
    }
    if faults > 0 {
        bail!("{faults} faults in the libraries of {}", folder.display());
    }
    manifest::write(folder, libraries.clone())?;
    println!(
        "checked {} of {} libraries: {}",
        libraries.len(),
        targets::ALL.len(),
        folder.join(manifest::NAME).display()
    );
    Ok(libraries)
}

fn row(library: &Library) -> Result<Row> {
    Ok(Row {
        target: targets::find(&library.target)?.triple,
        size: library.size,
        minimum_system: library.minimum_system.clone(),
        built: if library.built_for == library.target {
            format!("Rust {}", library.rust)
        } else {
            format!("Rust {} for `{}`", library.rust, library.built_for)
        },
    })
}

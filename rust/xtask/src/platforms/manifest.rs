//! `prebuilt/manifest.json`: what the build hook must know of each library to trust it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::targets::{self, Target};

/// The manifest's name, also in `dart/lib/src/hook/manifest.dart`.
pub(crate) const NAME: &str = "manifest.json";
/// The entry of a library in its own folder, from which the manifest is made. Each target may be built on another
/// machine.
const ENTRY: &str = "entry.json";
/// The version of this format.
const FORMAT: u32 = 1;

#[derive(Deserialize, Serialize)]
pub(crate) struct Manifest {
    format: u32,
    pub(crate) libraries: Vec<Library>,
}

/// A library in the package.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Library {
    pub(crate) target: String,
    /// Relative to the manifest, with slashes.
    pub(crate) file: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
    /// The oldest system that loads it.
    pub(crate) minimum_system: String,
    /// Rust's target that it was built for, and the version of Rust.
    pub(crate) built_for: String,
    pub(crate) rust: String,
    /// The hash of the Rust sources that it was built from.
    pub(crate) source: String,
    pub(crate) abi: Abi,
}

/// The version of the interface between the library and Dart.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Abi {
    /// `DATA_PATH_VERSION` of `rust/bridge/src/ffi/mod.rs`.
    pub(crate) data_path: u32,
    /// The hash of the generated bindings.
    pub(crate) bindings: i32,
}

impl Abi {
    /// Reads it from the sources in `folder`, which has the crates of the package.
    pub(crate) fn of_sources(folder: &Path) -> Result<Self> {
        Ok(Self {
            data_path: constant(
                &folder.join("rust/bridge/src/ffi/mod.rs"),
                "const DATA_PATH_VERSION: u32 = ",
            )?,
            bindings: constant(
                &folder.join("rust/bridge/src/frb_generated.rs"),
                "FLUTTER_RUST_BRIDGE_CODEGEN_CONTENT_HASH: i32 = ",
            )?,
        })
    }
}

/// The number after `before` in `file`.
fn constant<T: std::str::FromStr>(file: &Path, before: &str) -> Result<T> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    text.lines()
        .find_map(|line| {
            let (_, after) = line.split_once(before)?;
            after.trim_end_matches(';').parse().ok()
        })
        .with_context(|| format!("{} has no `{before}`", file.display()))
}

/// Writes the entry of the library for `target` beside it.
pub(crate) fn write_entry(folder: &Path, entry: &Library) -> Result<()> {
    let file = folder.join(&entry.target).join(ENTRY);
    fs::write(&file, json(entry)?).with_context(|| file.display().to_string())
}

/// The entries of the libraries in `folder`. Each must be of the sources with the hash `source`, and its file as it was
/// when it was built.
pub(crate) fn entries(folder: &Path, source: &str) -> Result<Vec<(&'static Target, Library)>> {
    let mut entries = Vec::new();
    for target in &targets::ALL {
        let file = folder.join(target.triple).join(ENTRY);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| file.display().to_string()),
        };
        let entry: Library =
            serde_json::from_str(&text).with_context(|| file.display().to_string())?;
        ensure!(
            entry.source == source,
            "{} was built from other sources: build it again",
            entry.file
        );
        let bytes = fs::read(folder.join(&entry.file)).with_context(|| entry.file.clone())?;
        ensure!(
            sha256(&bytes) == entry.sha256,
            "{} has changed since it was built: build it again",
            entry.file
        );
        entries.push((target, entry));
    }
    Ok(entries)
}

/// Writes the manifest of `libraries` to `folder`.
pub(crate) fn write(folder: &Path, libraries: Vec<Library>) -> Result<()> {
    let manifest = Manifest {
        format: FORMAT,
        libraries,
    };
    let file = folder.join(NAME);
    fs::write(&file, json(&manifest)?).with_context(|| file.display().to_string())
}

/// Reads the manifest in `folder`.
pub(crate) fn read(folder: &Path) -> Result<Manifest> {
    let file = folder.join(NAME);
    let text = fs::read_to_string(&file)
        .with_context(|| format!("{} (`cargo xtask prebuilt` writes it)", file.display()))?;
    let manifest: Manifest =
        serde_json::from_str(&text).with_context(|| file.display().to_string())?;
    ensure!(
        manifest.format == FORMAT,
        "{} has the format {}, not {FORMAT}",
        file.display(),
        manifest.format
    );
    Ok(manifest)
}

fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// The hash of the files in `folder`, as the build hook computes it: SHA-256 of one line for each file, sorted by path:
/// the file's own SHA-256, two spaces, and the path with slashes. `sha256sum` prints such lines. What tools leave there is
/// omitted: hidden files, and folders named `target`.
pub(crate) fn source_hash(folder: &Path) -> Result<String> {
    let mut paths = Vec::new();
    collect(folder, "", &mut paths)?;
    paths.sort();
    let mut listed = String::new();
    for path in paths {
        let bytes = fs::read(folder.join(&path)).with_context(|| path.clone())?;
        listed.push_str(&format!("{}  {path}\n", sha256(&bytes)));
    }
    Ok(sha256(listed.as_bytes()))
}

fn collect(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

/// SHA-256, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    fn folder(name: &str) -> Result<std::path::PathBuf> {
        let folder = workspace::target().join("manifest-test").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// `dart/test/hook/source_hash_test.dart` has the same files and the same hash.
    #[test]
    fn the_source_hash_is_that_of_sha256sum_of_its_output() -> Result<()> {
        let folder = folder("sources")?;
        fs::create_dir_all(folder.join("a/src"))?;
        fs::write(folder.join("a/src/lib.rs"), "fn main() {}\n")?;
        fs::write(folder.join("a.toml"), "[package]\n")?;
        fs::write(folder.join("Z"), "")?;
        // Omitted.
        fs::write(folder.join(".DS_Store"), "hidden")?;
        fs::create_dir_all(folder.join("a/target/debug"))?;
        fs::write(folder.join("a/target/debug/lib.d"), "built")?;
        // find . -type f -printf '%P\n' | LC_ALL=C sort | xargs sha256sum | sha256sum
        assert_eq!(
            source_hash(&folder)?,
            "96107460d693671b305028a98d23e9a91f0a35e705e484b6db471136befd0bd8"
        );
        Ok(())
    }

    #[test]
    fn entries_of_other_sources_and_changed_files_are_refused() -> Result<()> {
        let folder = folder("entries")?;
        let triple = "x86_64-unknown-linux-gnu";
        let file = format!("{triple}/librust_web_socket.so");
        fs::create_dir_all(folder.join(triple))?;
        fs::write(folder.join(&file), "library")?;
        let entry = Library {
            target: triple.to_owned(),
            file: file.clone(),
            size: 7,
            sha256: sha256(b"library"),
            minimum_system: "glibc 2.17".to_owned(),
            built_for: triple.to_owned(),
            rust: "1.95.0".to_owned(),
            source: "abc".to_owned(),
            abi: Abi {
                data_path: 1,
                bindings: 2,
            },
        };
        write_entry(&folder, &entry)?;
        let found = entries(&folder, "abc")?;
        assert!(matches!(&found[..], [(_, it)] if *it == entry));
        assert!(entries(&folder, "def").is_err());
        fs::write(folder.join(&file), "another")?;
        assert!(entries(&folder, "abc").is_err());
        Ok(())
    }

    #[test]
    fn the_abi_is_read_from_the_sources() -> Result<()> {
        let abi = Abi::of_sources(&workspace::root())?;
        assert!(abi.data_path >= 5, "{abi:?}");
        Ok(())
    }
}

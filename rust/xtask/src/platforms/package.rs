//! Writes the package as it is published. pub.dev gets one folder, but the Rust crates are beside the package; so this
//! copies them into it, as a separate workspace.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use toml_edit::{Array, DocumentMut, Item};

use super::manifest;
use crate::{cargo, process, workspace};

/// The crates that the package is built from.
const CRATES: [&str; 3] = ["rust/protocol", "rust/core", "rust/bridge"];
/// The folder of the crates in the package, also named in `dart/lib/src/hook/library_source.dart`.
const NATIVE: &str = "native";
/// The folder of prebuilt libraries, also named there.
const PREBUILT: &str = "prebuilt";
/// The description of the package's DevTools extension.
const EXTENSION: &str = "extension/devtools/config.yaml";
/// Folders of the package that are for its developers only.
const LEFT_OUT: [&str; 2] = ["dart/test/", "dart/benchmark/"];
/// Folders of a crate that are for its developers only.
const LEFT_OUT_OF_CRATES: [&str; 3] = ["tests", "benches", "examples"];

/// Writes the package to the folder `out`. `repository` is the URL of the public repository.
pub(crate) fn stage(out: &Path, prebuilt: Option<&Path>, repository: Option<&str>) -> Result<()> {
    let root = workspace::root();
    let manifest = read(&root.join("Cargo.toml"))?;
    check_version(
        &manifest,
        &read(&root.join("dart/pubspec.yaml"))?,
        &read(&root.join("dart").join(EXTENSION))?,
    )?;
    clear(out)?;

    for file in workspace::files("dart/*")? {
        let name = file.to_string_lossy();
        if !LEFT_OUT.iter().any(|folder| name.starts_with(folder)) {
            copy(&root.join(&file), &out.join(file.strip_prefix("dart")?))?;
        }
    }
    copy(&root.join("CHANGELOG.md"), &out.join("CHANGELOG.md"))?;
    if let Some(url) = repository {
        rewrite(&out.join("pubspec.yaml"), |pubspec| {
            with_repository(pubspec, url)
        })?;
        rewrite(&out.join(EXTENSION), |config| {
            with_issue_tracker(config, url)
        })?;
        // Pages of the repository that are not in the package.
        let pages = format!("]({}/blob/main/", url.trim_end_matches('/'));
        rewrite(&out.join("CHANGELOG.md"), |text| {
            Ok(text.replace("](docs/", &format!("{pages}docs/")))
        })?;
        rewrite(&out.join("README.md"), |text| {
            Ok(text.replace("](../", &pages))
        })?;
    }
    let licences = ["LICENSE-MIT", "LICENSE-APACHE"].map(|name| read(&root.join(name)));
    let licences = licences.into_iter().collect::<Result<Vec<_>>>()?;
    write(&out.join("LICENSE"), &licences.join("\n"))?;

    let native = out.join(NATIVE);
    write_crates(&native)?;
    if let Some(folder) = prebuilt {
        copy_libraries(
            folder,
            &out.join(PREBUILT),
            &manifest::source_hash(&native)?,
        )?;
    }
    Ok(())
}

/// Writes the crates to the folder `native`, as a workspace of their own.
pub(crate) fn write_crates(native: &Path) -> Result<()> {
    let root = workspace::root();
    if native.exists() {
        fs::remove_dir_all(native)?;
    }
    let mut manifests = Vec::new();
    for name in CRATES {
        for file in workspace::files(&format!("{name}/*"))? {
            if !LEFT_OUT_OF_CRATES
                .iter()
                .any(|folder| file.starts_with(Path::new(name).join(folder)))
            {
                copy(&root.join(&file), &native.join(&file))?;
            }
        }
        let manifest = without_tests(&read(&root.join(name).join("Cargo.toml"))?)?;
        write(&native.join(name).join("Cargo.toml"), &manifest)?;
        manifests.push(manifest);
    }
    let manifest = workspace_of(&read(&root.join("Cargo.toml"))?, &manifests)?;
    write(&native.join("Cargo.toml"), &manifest)?;
    copy(&root.join("Cargo.lock"), &native.join("Cargo.lock"))?;
    // Reduces the lock file to these crates' dependencies, at the same versions.
    process::output(
        cargo::command()
            .args(["metadata", "--format-version=1"])
            .current_dir(native),
    )?;
    Ok(())
}

/// Copies the libraries that the manifest in `from` lists, and the manifest. They must be of the sources with the hash
/// `source`.
fn copy_libraries(from: &Path, to: &Path, source: &str) -> Result<()> {
    for library in manifest::read(from)?.libraries {
        ensure!(
            library.source == source,
            "{} was built from other sources than the package has: run `cargo xtask prebuilt` again",
            library.file
        );
        copy(&from.join(&library.file), &to.join(&library.file))?;
    }
    copy(&from.join(manifest::NAME), &to.join(manifest::NAME))
}

/// Checks that the crates, the package and its DevTools extension have the same version.
fn check_version(manifest: &str, pubspec: &str, extension: &str) -> Result<()> {
    let manifest: DocumentMut = manifest.parse()?;
    let crates = manifest["workspace"]["package"]["version"].as_str();
    let package = version_of(pubspec);
    let extension = version_of(extension);
    ensure!(
        crates.is_some() && crates == package && package == extension,
        "the crates have version {crates:?}, the package has {package:?} and its DevTools extension {extension:?}: \
         Cargo.toml, dart/pubspec.yaml and dart/{EXTENSION} must say the same"
    );
    Ok(())
}

/// The version in a YAML file of the package.
fn version_of(yaml: &str) -> Option<&str> {
    yaml.lines().find_map(|line| line.strip_prefix("version: "))
}

/// Checks that the package has the version of `tag`, such as `v1.2.3`.
pub(crate) fn check_tag(tag: &str) -> Result<()> {
    let pubspec = read(&workspace::root().join("dart/pubspec.yaml"))?;
    let version = version_of(&pubspec);
    ensure!(
        tag.strip_prefix('v') == version,
        "the tag {tag} is not the version of dart/pubspec.yaml, {version:?}"
    );
    Ok(())
}

/// `pubspec` with the repository at `url`. pub.dev looks for the package in the folder that it names.
fn with_repository(pubspec: &str, url: &str) -> Result<String> {
    let url = https(url)?;
    let (before, after) = pubspec
        .split_once("\nversion: ")
        .context("pubspec.yaml has no version")?;
    Ok(format!(
        "{before}\nrepository: {url}/tree/main/dart\nissue_tracker: {url}/issues\nversion: {after}"
    ))
}

/// The extension's `config` with the issues of the repository at `url`.
fn with_issue_tracker(config: &str, url: &str) -> Result<String> {
    const FIELD: &str = "\nissueTracker: ";
    let (before, after) = config
        .split_once(FIELD)
        .context("config.yaml has no issueTracker")?;
    let (_, after) = after.split_once('\n').context("config.yaml ends in it")?;
    Ok(format!("{before}{FIELD}{}/issues\n{after}", https(url)?))
}

fn https(url: &str) -> Result<&str> {
    ensure!(
        url.starts_with("https://"),
        "--repository {url} is not an https URL"
    );
    Ok(url.trim_end_matches('/'))
}

/// A crate's manifest without the parts for tests, which are not published.
fn without_tests(manifest: &str) -> Result<String> {
    let mut manifest: DocumentMut = manifest.parse()?;
    manifest.remove("dev-dependencies");
    manifest.remove("bench");
    if let Some(configurations) = manifest.get_mut("target").and_then(Item::as_table_like_mut) {
        for (_, configuration) in configurations.iter_mut() {
            if let Some(configuration) = configuration.as_table_like_mut() {
                configuration.remove("dev-dependencies");
            }
        }
    }
    Ok(manifest.to_string())
}

/// The repository's manifest, reduced to a workspace of [`CRATES`] with the dependencies of their `manifests`.
fn workspace_of(root: &str, manifests: &[String]) -> Result<String> {
    let mut used = Vec::new();
    for manifest in manifests {
        let manifest: DocumentMut = manifest.parse()?;
        let dependencies = manifest["dependencies"]
            .as_table_like()
            .context("a crate without dependencies")?;
        used.extend(dependencies.iter().map(|(name, _)| name.to_owned()));
        // Those for one system only.
        let configurations = manifest.get("target").and_then(Item::as_table_like);
        for (_, configuration) in configurations.into_iter().flat_map(|it| it.iter()) {
            let dependencies = configuration.get("dependencies");
            let dependencies = dependencies.and_then(Item::as_table_like);
            let dependencies = dependencies.into_iter().flat_map(|it| it.iter());
            used.extend(dependencies.map(|(name, _)| name.to_owned()));
        }
    }
    let mut root: DocumentMut = root.parse()?;
    root["workspace"]["members"] = Item::Value(Array::from_iter(CRATES).into());
    root["workspace"]["dependencies"]
        .as_table_mut()
        .context("no [workspace.dependencies]")?
        .retain(|name, _| used.iter().any(|it| it == name));
    Ok(root.to_string())
}

/// Empties `folder`. Fails if it contains anything except an earlier package.
fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        let is_empty = fs::read_dir(folder)?.next().is_none();
        if !is_empty && !folder.join("pubspec.yaml").exists() {
            bail!("{} is neither empty nor a package", folder.display());
        }
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

fn rewrite(file: &Path, change: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    write(file, &change(&read(file)?)?)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| file.display().to_string())
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| file.display().to_string())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(())
}

/// Copies the folder `from`, with its subfolders.
pub(crate) fn copy_all(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &to)?;
        } else {
            copy(&entry.path(), &to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::manifest::{Abi, Library};
    use super::*;

    #[test]
    fn the_library_is_built_from_the_package_alone() -> Result<()> {
        let folder = workspace::target().join("stage-test");
        let package = folder.join("package");
        stage(&package, None, None)?;

        for file in [
            "LICENSE",
            "CHANGELOG.md",
            "README.md",
            "hook/build.dart",
            EXTENSION,
            "extension/devtools/build/index.html",
        ] {
            assert!(package.join(file).is_file(), "{file}");
        }
        let lock = read(&package.join(NATIVE).join("Cargo.lock"))?;
        assert!(!lock.contains("name = \"xtask\""), "it is locked alone");

        let crate_folder = package.join(NATIVE).join("rust/bridge");
        let target = folder.join("target");
        process::run(
            cargo::command()
                .args(["build", "--locked", "--target-dir"])
                .arg(&target)
                .current_dir(&crate_folder),
        )?;
        let name = format!(
            "{}rust_web_socket{}",
            std::env::consts::DLL_PREFIX,
            std::env::consts::DLL_SUFFIX
        );
        assert!(target.join("debug").join(&name).is_file(), "{name}");
        Ok(())
    }

    #[test]
    fn the_package_has_the_libraries_of_the_manifest_and_of_its_own_sources() -> Result<()> {
        let folder = workspace::target().join("stage-test-libraries");
        let (from, to) = (folder.join("from"), folder.join("to"));
        let triple = "aarch64-linux-android";
        let file = format!("{triple}/librust_web_socket.so");
        fs::create_dir_all(from.join(triple))?;
        fs::write(from.join(&file), "a library")?;
        fs::write(from.join("unlisted"), "another file")?;
        let library = Library {
            target: triple.to_owned(),
            file: file.clone(),
            size: 9,
            sha256: manifest::sha256(b"a library"),
            minimum_system: String::new(),
            built_for: triple.to_owned(),
            rust: String::new(),
            source: "abc".to_owned(),
            abi: Abi {
                data_path: 0,
                bindings: 0,
            },
        };
        manifest::write(&from, vec![library])?;
        copy_libraries(&from, &to, "abc")?;
        assert_eq!(fs::read(to.join(&file))?, b"a library");
        assert!(to.join(manifest::NAME).is_file());
        assert!(!to.join("unlisted").exists());
        assert!(copy_libraries(&from, &to, "def").is_err());
        Ok(())
    }

    #[test]
    fn the_workspace_keeps_what_its_crates_use() -> Result<()> {
        let root = "[workspace]\nmembers = [\"rust/core\", \"tests/server\"]\n\n[workspace.dependencies]\n\
                    # Why.\nused = \"1\"\nunused = \"2\"\nsystems = \"3\"\n";
        let core = "[dependencies]\nused.workspace = true\n\n[dev-dependencies]\nunused.workspace = true\n\n\
                    [target.'cfg(it)'.dependencies]\nsystems.workspace = true\n\n\
                    [target.'cfg(it)'.dev-dependencies]\nunused.workspace = true\n\n[[bench]]\nname = \"frames\"\n";
        let core = without_tests(core)?;
        assert!(!core.contains("unused") && !core.contains("frames"));
        assert!(
            core.contains("[target.'cfg(it)'.dependencies]\nsystems."),
            "{core}"
        );
        let staged = workspace_of(root, &[core])?;
        assert!(
            staged.contains("members = [\"rust/protocol\", \"rust/core\", \"rust/bridge\"]"),
            "{staged}"
        );
        assert!(staged.contains("# Why.\nused = \"1\""), "{staged}");
        assert!(!staged.contains("unused"), "{staged}");
        assert!(staged.contains("systems = \"3\""), "{staged}");
        Ok(())
    }

    #[test]
    fn the_repository_is_added_to_the_pubspec() -> Result<()> {
        let pubspec = with_repository("name: it\nversion: 1.2.3\n", "https://example.com/it/")?;
        assert_eq!(
            pubspec,
            "name: it\nrepository: https://example.com/it/tree/main/dart\n\
             issue_tracker: https://example.com/it/issues\nversion: 1.2.3\n"
        );
        assert!(with_repository("version: 1.2.3\n", "git@example.com").is_err());
        Ok(())
    }

    #[test]
    fn versions_that_differ_are_refused() {
        let manifest = "[workspace.package]\nversion = \"1.2.3\"\n";
        let (same, other, none) = (
            "name: it\nversion: 1.2.3\n",
            "name: it\nversion: 1.2.4\n",
            "name: it\n",
        );
        assert!(check_version(manifest, same, same).is_ok());
        for (package, extension) in [
            (other, same),
            (none, same),
            (same, other),
            (same, none),
            (other, other),
        ] {
            assert!(check_version(manifest, package, extension).is_err());
        }
    }

    #[test]
    fn the_extension_gets_the_issues_of_the_repository() -> Result<()> {
        let config = with_issue_tracker(
            "name: it\n# Why.\nissueTracker: https://pub.dev/packages/it\nversion: 1.2.3\n",
            "https://example.com/it/",
        )?;
        assert_eq!(
            config,
            "name: it\n# Why.\nissueTracker: https://example.com/it/issues\nversion: 1.2.3\n"
        );
        assert!(with_issue_tracker("name: it\n", "https://example.com/it").is_err());
        Ok(())
    }

    #[test]
    fn a_folder_with_something_else_in_it_is_left_alone() -> Result<()> {
        let folder = workspace::target().join("stage-test-other");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("letter.txt"), "dear")?;
        assert!(clear(&folder).is_err());
        assert!(folder.join("letter.txt").exists());
        Ok(())
    }
}

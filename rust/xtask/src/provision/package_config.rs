//! The package config, which has the folder of each Dart package.

use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};
use url::Url;

use super::dart::Dart;
use crate::{process, workspace};

/// A `package_config.json`, version 2.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PackageConfig {
    config_version: u32,
    packages: Vec<Package>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    name: String,
    root_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language_version: Option<String>,
}

/// Returns the package config to run programs with: that of `dart pub get`, or one of the stand-ins in tests/standins.
/// Packages of `file` replace those.
pub(crate) fn prepare(dart: &Dart, file: Option<&Path>) -> Result<PathBuf> {
    let package = workspace::root().join("dart");
    if let (Dart::Sdk(executable), None) = (dart, file) {
        process::announce("dart pub get");
        process::run(
            Command::new(executable)
                .args(["pub", "get"])
                .current_dir(&package),
        )?;
        let packages = read(&package.join(".dart_tool/package_config.json"))?;
        return write(
            &workspace::target().join("dart-vm/package_config_of_pub.json"),
            merge(packages, vec![example_app()?]),
        );
    }

    let mut packages = stand_ins()?;
    if let Some(file) = file {
        packages = merge(packages, read(file)?);
    }
    let own = vec![Package::at("rust_web_socket", &package)?, example_app()?];
    packages = merge(packages, own);
    if let Some(newest) = dart.newest_language() {
        for package in &mut packages {
            package.lower_language(newest);
        }
    }
    for package in &mut packages {
        package.root_uri = dart.uri(mem::take(&mut package.root_uri));
    }
    let name = match (file, dart) {
        (Some(_), _) => "package_config_with_packages.json",
        (None, Dart::Windows(..)) => "package_config_for_windows.json",
        (None, _) => "package_config.json",
    };
    write(&workspace::target().join("dart-vm").join(name), packages)
}

/// The example app, whose logic does not need Flutter.
fn example_app() -> Result<Package> {
    Package::at("example_app", &workspace::root().join("example_app"))
}

/// Whether `package` in `config` has `library`.
pub(crate) fn provides(config: &Path, package: &str, library: &str) -> Result<bool> {
    let packages = read(config)?;
    let package = packages.iter().find(|it| it.name == package);
    let file = package.and_then(|it| it.library(library));
    Ok(file.is_some_and(|file| file.is_file()))
}

/// Replaces packages of `base` by those of `replacements` with the same name.
fn merge(base: Vec<Package>, replacements: Vec<Package>) -> Vec<Package> {
    let kept = |package: &Package| !replacements.iter().any(|it| it.name == package.name);
    let mut merged: Vec<_> = base.into_iter().filter(kept).collect();
    merged.extend(replacements);
    merged.sort_by(|a, b| a.name.cmp(&b.name));
    merged
}

fn stand_ins() -> Result<Vec<Package>> {
    let folder = workspace::root().join("tests/standins");
    let mut packages = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if let (true, Some(name)) = (path.join("lib").is_dir(), path.file_name()) {
            packages.push(Package::at(&name.to_string_lossy(), &path)?);
        }
    }
    Ok(packages)
}

fn read(file: &Path) -> Result<Vec<Package>> {
    let text =
        fs::read_to_string(file).with_context(|| format!("--packages {}", file.display()))?;
    let base = fs::canonicalize(file)?;
    let base = Url::from_file_path(&base).map_err(|()| anyhow!("{}", base.display()))?;
    parse(&text, &base).with_context(|| format!("--packages {}", file.display()))
}

/// Parses the config `text` at `base`, and makes its locations absolute.
fn parse(text: &str, base: &Url) -> Result<Vec<Package>> {
    let config: PackageConfig = serde_json::from_str(text)?;
    let absolute = |mut package: Package| {
        // A root without a trailing slash is a folder too.
        let root = format!("{}/", package.root_uri.trim_end_matches('/'));
        package.root_uri = base.join(&root)?.into();
        Ok(package)
    };
    config.packages.into_iter().map(absolute).collect()
}

fn write(file: &Path, packages: Vec<Package>) -> Result<PathBuf> {
    let config = PackageConfig {
        config_version: 2,
        packages,
    };
    fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
    fs::write(file, serde_json::to_string_pretty(&config)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file.to_owned())
}

impl Package {
    fn at(name: &str, folder: &Path) -> Result<Self> {
        let root = Url::from_directory_path(folder)
            .map_err(|()| anyhow!("{} is not absolute", folder.display()))?;
        Ok(Self {
            name: name.to_owned(),
            root_uri: root.into(),
            package_uri: Some("lib/".to_owned()),
            language_version: None,
        })
    }

    /// The path that its library `name` would have.
    fn library(&self, name: &str) -> Option<PathBuf> {
        let folder = self.package_uri.as_deref().unwrap_or_default();
        let root = Url::parse(&self.root_uri).ok()?;
        let file = root.join(folder).ok()?.join(name).ok()?;
        file.to_file_path().ok()
    }

    fn lower_language(&mut self, newest: (u32, u32)) {
        let asked = self.language_version.as_deref().and_then(|version| {
            let (major, minor) = version.split_once('.')?;
            Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
        });
        if asked.is_none_or(|asked| asked > newest) {
            self.language_version = Some(format!("{}.{}", newest.0, newest.1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, root: &str, language: &str) -> Package {
        Package {
            name: name.to_owned(),
            root_uri: root.to_owned(),
            package_uri: Some("lib/".to_owned()),
            language_version: Some(language.to_owned()),
        }
    }

    #[test]
    fn a_package_is_replaced_by_the_one_of_the_same_name() {
        let merged = merge(
            vec![package("test", "a/", "3.7"), package("meta", "a/", "3.7")],
            vec![package("test", "b/", "3.7"), package("path", "b/", "3.7")],
        );
        let listed: Vec<_> = merged
            .iter()
            .map(|it| (it.name.as_str(), it.root_uri.as_str()))
            .collect();
        assert_eq!(listed, [("meta", "a/"), ("path", "b/"), ("test", "b/")]);
    }

    #[test]
    fn locations_are_relative_to_the_config_that_lists_them() -> Result<()> {
        let text = r#"{"configVersion": 2, "generator": "pub", "packages": [
            {"name": "near", "rootUri": "../near", "packageUri": "lib/", "languageVersion": "3.4"},
            {"name": "far", "rootUri": "file:///far%20away/"}]}"#;
        let packages = parse(
            text,
            &Url::parse("file:///home/.dart_tool/package_config.json")?,
        )?;
        assert_eq!(packages[0], package("near", "file:///home/near/", "3.4"));
        assert_eq!(packages[1].root_uri, "file:///far%20away/");
        assert_eq!(packages[1].package_uri, None);
        Ok(())
    }

    #[test]
    fn libraries_are_in_the_folder_that_the_config_names() {
        let package = package("it", "file:///far/it/", "3.7");
        assert_eq!(
            package.library("io.dart"),
            Some("/far/it/lib/io.dart".into())
        );
    }

    #[test]
    fn language_versions_are_lowered_and_never_raised() {
        for (asked, granted) in [
            ("3.9", "3.7"),
            ("3.10", "3.7"),
            ("3.4", "3.4"),
            ("2.19", "2.19"),
        ] {
            let mut package = package("it", "it/", asked);
            package.lower_language((3, 7));
            assert_eq!(package.language_version.as_deref(), Some(granted));
        }
    }
}

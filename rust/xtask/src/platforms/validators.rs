//! The rules of pub for a package that is published, as far as they need neither an SDK nor the network.
//!
//! `dart pub publish` has one validator for each (lib/src/validator in dart-lang/pub). Its warnings stop a publication
//! from a workflow as its errors do, so all of them count as faults here. [`LEFT_TO_PUB`] are the others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

/// What only `dart pub publish --dry-run` can check, since it needs the analyzer, git or pub.dev.
pub(crate) const LEFT_TO_PUB: &str = "Analyze, GitStatus, Gitignore, RelativeVersionNumbering";

/// pub's limit for an archive. The files are counted without compression.
const MAX_SIZE: u64 = 100 * 1024 * 1024;

/// The description of a DevTools extension.
const EXTENSION_CONFIG: &str = "extension/devtools/config.yaml";

/// The keys that pub knows, of which this package may use these.
const KEYS: [&str; 15] = [
    "dependencies",
    "description",
    "dev_dependencies",
    "documentation",
    "environment",
    "executables",
    "false_secrets",
    "funding",
    "homepage",
    "issue_tracker",
    "name",
    "platforms",
    "repository",
    "topics",
    "version",
];

type Rule = fn(&Package) -> Result<Vec<String>>;

/// The rules, by the names of pub's validators.
const RULES: [(&str, Rule); 19] = [
    ("Changelog", changelog),
    ("CompiledDartdoc", compiled_dartdoc),
    ("Dependency", dependencies),
    ("DependencyOverride", dependency_overrides),
    ("DevtoolsExtension", devtools_extension),
    ("Directory", directories),
    ("Executable", executables),
    ("FileCase", file_case),
    ("FlutterConstraint", flutter_constraint),
    ("LeakDetection", leaks),
    ("License", license),
    ("Name", name),
    ("Pubspec", hidden_files),
    ("PubspecField", pubspec_fields),
    (
        "PubspecTypo, DeprecatedFields, FlutterPluginFormat",
        pubspec_keys,
    ),
    ("Readme", readme),
    ("SdkConstraint", sdk_constraint),
    ("Size", size),
    ("StrictDependencies", imports),
];

/// Checks the package in `folder`. Returns the names of the rules, and the faults.
pub(crate) fn check(folder: &Path) -> Result<(Vec<&'static str>, Vec<String>)> {
    let package = Package::read(folder)?;
    let mut faults = Vec::new();
    for (name, rule) in RULES {
        faults.extend(
            rule(&package)?
                .into_iter()
                .map(|fault| format!("{name}: {fault}")),
        );
    }
    faults.extend(
        links(&package)?
            .into_iter()
            .map(|fault| format!("links: {fault}")),
    );
    faults.extend(
        example(&package)
            .into_iter()
            .map(|fault| format!("example: {fault}")),
    );
    faults.extend(
        extension_config(&package)?
            .into_iter()
            .map(|fault| format!("{EXTENSION_CONFIG}: {fault}")),
    );
    let names = RULES.iter().map(|(name, _)| *name);
    Ok((names.chain(["links", "example"]).collect(), faults))
}

/// A package, with its files in memory.
struct Package {
    pubspec: Map<String, Value>,
    /// By their paths with slashes.
    files: BTreeMap<String, Vec<u8>>,
}

impl Package {
    fn read(folder: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        collect(folder, "", &mut files)?;
        Self::of(files)
    }

    fn of(files: BTreeMap<String, Vec<u8>>) -> Result<Self> {
        let pubspec = files.get("pubspec.yaml").context("no pubspec.yaml")?;
        let pubspec = serde_yaml_ng::from_slice(pubspec).context("pubspec.yaml")?;
        Ok(Self { pubspec, files })
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.pubspec.get(name)?.as_str()
    }

    fn map(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.pubspec
            .get(name)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    }

    fn name(&self) -> &str {
        self.field("name").unwrap_or_default()
    }

    fn text(&self, file: &str) -> Option<Result<&str>> {
        let bytes = self.files.get(file)?;
        Some(std::str::from_utf8(bytes).with_context(|| format!("{file} is not UTF-8")))
    }

    fn top_folders(&self) -> BTreeSet<&str> {
        let folders = self.files.keys().filter_map(|file| file.split_once('/'));
        folders.map(|(folder, _)| folder).collect()
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// `fault` if `is_faulty`.
fn fault_if(is_faulty: bool, fault: impl Into<String>) -> Vec<String> {
    is_faulty.then(|| fault.into()).into_iter().collect()
}

fn changelog(package: &Package) -> Result<Vec<String>> {
    let version = package.field("version").unwrap_or_default();
    Ok(match package.text("CHANGELOG.md").transpose()? {
        None => vec!["there is no CHANGELOG.md".to_owned()],
        Some(text) => fault_if(
            !text.contains(version),
            format!("CHANGELOG.md does not mention {version}"),
        ),
    })
}

fn readme(package: &Package) -> Result<Vec<String>> {
    let readme = package.text("README.md").transpose()?;
    Ok(fault_if(readme.is_none(), "there is no README.md"))
}

fn license(package: &Package) -> Result<Vec<String>> {
    let is_missing = !package.files.contains_key("LICENSE");
    Ok(fault_if(is_missing, "there is no LICENSE"))
}

fn compiled_dartdoc(package: &Package) -> Result<Vec<String>> {
    let found = package.files.keys().find(|file| file.ends_with("nav.json"));
    Ok(found
        .map(|file| format!("{file} is generated documentation"))
        .into_iter()
        .collect())
}

/// Each dependency is from pub.dev, and has a range of released versions.
fn dependencies(package: &Package) -> Result<Vec<String>> {
    let is_prerelease = package
        .field("version")
        .is_some_and(|version| version.contains('-'));
    let mut faults = Vec::new();
    for (name, constraint) in package.map("dependencies") {
        let Some(constraint) = constraint.as_str() else {
            faults.push(format!("{name} is not from pub.dev"));
            continue;
        };
        match Range::parse(constraint) {
            None => faults.push(format!(
                "{name}: `{constraint}` has no lower and upper bound"
            )),
            Some(range) if range.min.contains('-') && !is_prerelease => {
                faults.push(format!("{name}: `{constraint}` begins with a pre-release"));
            }
            Some(_) => {}
        }
    }
    Ok(faults)
}

/// A version constraint that is neither one version nor open.
struct Range<'a> {
    min: &'a str,
}

impl<'a> Range<'a> {
    fn parse(constraint: &'a str) -> Option<Self> {
        if let Some(min) = constraint.strip_prefix('^') {
            return Some(Self { min });
        }
        let (min, max) = constraint.split_once(' ')?;
        max.strip_prefix('<')?;
        Some(Self {
            min: min.strip_prefix(">=")?,
        })
    }
}

fn dependency_overrides(package: &Package) -> Result<Vec<String>> {
    let has_file = package.files.contains_key("pubspec_overrides.yaml");
    Ok(fault_if(
        has_file || package.pubspec.contains_key("dependency_overrides"),
        "dependencies are overridden",
    ))
}

fn devtools_extension(package: &Package) -> Result<Vec<String>> {
    let has = |prefix: &str| package.files.keys().any(|file| file.starts_with(prefix));
    Ok(fault_if(
        has("extension/devtools/") && !(has(EXTENSION_CONFIG) && has("extension/devtools/build/")),
        "extension/devtools lacks config.yaml or build",
    ))
}

fn directories(package: &Package) -> Result<Vec<String>> {
    let plural = [
        "benchmarks",
        "docs",
        "examples",
        "sample",
        "samples",
        "tests",
        "tools",
    ];
    let folders = package.top_folders();
    let wrong = plural.into_iter().filter(|name| folders.contains(name));
    Ok(wrong
        .map(|name| format!("the folder {name} has another name by convention"))
        .collect())
}

fn executables(package: &Package) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (name, script) in package.map("executables") {
        let file = format!("bin/{}.dart", script.as_str().unwrap_or(name));
        faults.extend(fault_if(
            !package.files.contains_key(&file),
            format!("{name}: {file} does not exist"),
        ));
    }
    Ok(faults)
}

fn file_case(package: &Package) -> Result<Vec<String>> {
    let mut seen = BTreeSet::new();
    let twins = package
        .files
        .keys()
        .filter(|file| !seen.insert(file.to_lowercase()));
    Ok(twins
        .map(|file| format!("{file} differs from another file only in case"))
        .collect())
}

fn flutter_constraint(package: &Package) -> Result<Vec<String>> {
    let mut environment = package.map("environment");
    let flutter = environment.find(|(name, _)| *name == "flutter");
    Ok(fault_if(
        flutter.is_some_and(|(_, value)| {
            value
                .as_str()
                .is_some_and(|it| it.contains('<') || it.starts_with('^'))
        }),
        "the range of Flutter has an upper bound",
    ))
}

/// Private keys, and keys of well-known services.
fn leaks(package: &Package) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (file, bytes) in &package.files {
        let text = String::from_utf8_lossy(bytes);
        let has_key = text.split("PRIVATE KEY-----").skip(1).any(|after| {
            let line = after.trim_start_matches(['\r', '\n', ' ', '\\', 'n']);
            let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
            line.chars().take(40).filter(|&c| is_base64(c)).count() == 40
        });
        // In a library any four letters may occur.
        let is_text = std::str::from_utf8(bytes).is_ok();
        let has_token = is_text
            && ["AKIA", "AIza", ".apps.googleusercontent.com"]
                .iter()
                .any(|token| text.contains(token));
        faults.extend(fault_if(
            has_key || has_token,
            format!("{file} has a secret"),
        ));
    }
    Ok(faults)
}

fn name(package: &Package) -> Result<Vec<String>> {
    let name = package.name();
    let is_lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let mut faults = fault_if(
        !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(is_lower),
        format!("`{name}` is not a valid name"),
    );
    let library = format!("lib/{name}.dart");
    faults.extend(fault_if(
        !package.files.contains_key(&library),
        format!("there is no {library}"),
    ));
    Ok(faults)
}

/// pub leaves out files whose names begin with a dot, and lock files. Then the sources would not have the hash that the
/// libraries' manifest names.
fn hidden_files(package: &Package) -> Result<Vec<String>> {
    let is_hidden = |file: &&String| {
        file.split('/')
            .any(|part| part.starts_with('.') || part == "pubspec.lock")
    };
    let hidden = package.files.keys().filter(is_hidden);
    Ok(hidden
        .map(|file| format!("{file} would be left out"))
        .collect())
}

fn pubspec_fields(package: &Package) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for field in ["description", "version"] {
        let is_missing = package.field(field).is_none();
        faults.extend(fault_if(is_missing, format!("there is no {field}")));
    }
    // pub.dev's score asks for this length.
    let length = package.field("description").unwrap_or_default().len();
    faults.extend(fault_if(
        !(60..=180).contains(&length),
        format!("the description has {length} characters, not 60 to 180"),
    ));
    faults.extend(fault_if(
        package.field("repository").is_none(),
        "there is no repository: name it with --repository",
    ));
    for field in ["documentation", "homepage", "issue_tracker", "repository"] {
        let url = package.pubspec.get(field);
        let is_url = |value: &Value| value.as_str().is_some_and(|it| it.starts_with("https://"));
        faults.extend(fault_if(
            url.is_some_and(|url| !is_url(url)),
            format!("{field} is not an https URL"),
        ));
    }
    let topics = package.pubspec.get("topics").and_then(Value::as_array);
    let is_topic = |topic: &Value| {
        topic.as_str().is_some_and(|it| {
            (2..=32).contains(&it.len())
                && it
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        })
    };
    faults.extend(fault_if(
        topics.is_some_and(|topics| topics.len() > 5 || !topics.iter().all(is_topic)),
        "topics are at most five names of lower-case letters",
    ));
    Ok(faults)
}

fn pubspec_keys(package: &Package) -> Result<Vec<String>> {
    let unknown = package
        .pubspec
        .keys()
        .filter(|key| !KEYS.contains(&key.as_str()));
    Ok(unknown
        .map(|key| format!("pubspec.yaml has the key `{key}`"))
        .collect())
}

fn sdk_constraint(package: &Package) -> Result<Vec<String>> {
    let mut environment = package.map("environment");
    let sdk = environment.find(|(name, _)| *name == "sdk");
    let sdk = sdk
        .and_then(|(_, value)| value.as_str())
        .unwrap_or_default();
    Ok(fault_if(
        Range::parse(sdk).is_none_or(|range| range.min.contains('-')),
        format!("`{sdk}` is not a range of released SDKs"),
    ))
}

fn size(package: &Package) -> Result<Vec<String>> {
    let size: u64 = package.files.values().map(|bytes| bytes.len() as u64).sum();
    Ok(fault_if(
        size > MAX_SIZE,
        format!("the files have {size} bytes, more than {MAX_SIZE}"),
    ))
}

/// What Dart files import is declared: what the package runs in `dependencies`, other files also in
/// `dev_dependencies`.
fn imports(package: &Package) -> Result<Vec<String>> {
    let names = |section| -> BTreeSet<&str> {
        let own = [package.name()].into_iter();
        own.chain(package.map(section).map(|(name, _)| name.as_str()))
            .collect()
    };
    let (run, developed) = (names("dependencies"), names("dev_dependencies"));
    let mut faults = Vec::new();
    for file in package.files.keys().filter(|file| file.ends_with(".dart")) {
        let is_run = ["bin/", "hook/", "lib/"]
            .iter()
            .any(|folder| file.starts_with(folder));
        let text = package.text(file).context("a file of the list")??;
        for import in imported(text) {
            let is_declared = run.contains(import) || (!is_run && developed.contains(import));
            faults.extend(fault_if(
                !is_declared,
                format!("{file} imports package:{import}, which is not declared"),
            ));
        }
    }
    Ok(faults)
}

/// The packages of a Dart file's imports and exports, also conditional ones.
fn imported(text: &str) -> impl Iterator<Item = &str> {
    ["'package:", "\"package:"]
        .into_iter()
        .flat_map(|start| text.split(start).skip(1))
        .filter_map(|rest| Some(rest.split_once('/')?.0))
        .filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// Relative links lead to files of the package, since pub.dev shows no others.
fn links(package: &Package) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for file in ["CHANGELOG.md", "README.md", "example/README.md"] {
        let Some(text) = package.text(file).transpose()? else {
            continue;
        };
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (_, rest) in text
            .match_indices("](")
            .map(|(at, _)| text.split_at(at + 2))
        {
            let target = rest.split([')', '#', ' ']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let path = format!("{folder}/{target}");
            faults.extend(fault_if(
                !package.files.contains_key(path.trim_start_matches('/')),
                format!("{file} links to {target}, which is not in the package"),
            ));
        }
    }
    Ok(faults)
}

fn example(package: &Package) -> Vec<String> {
    let is_missing = !package.files.contains_key("example/README.md");
    fault_if(is_missing, "there is no example/README.md")
}

/// What DevTools requires of an extension (`DevToolsExtensionConfig.parse` in package devtools_shared), and that it has
/// the name and the version of its package. An extension that DevTools can't read is only missing in its tabs.
fn extension_config(package: &Package) -> Result<Vec<String>> {
    let Some(config) = package.text(EXTENSION_CONFIG).transpose()? else {
        return Ok(Vec::new());
    };
    let config: Value = serde_yaml_ng::from_str(config).context(EXTENSION_CONFIG)?;
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    let mut faults = Vec::new();
    for name in ["name", "version"] {
        faults.extend(fault_if(
            text(name).is_none() || text(name) != package.field(name),
            format!(
                "{name} is {:?}, and {:?} in pubspec.yaml",
                text(name),
                package.field(name)
            ),
        ));
    }
    faults.extend(fault_if(
        text("issueTracker").is_none_or(|url| !url.starts_with("https://")),
        "issueTracker is not an https URL",
    ));
    let digits = text("materialIconCodePoint").and_then(|icon| icon.strip_prefix("0x"));
    faults.extend(fault_if(
        digits.is_none_or(|digits| u32::from_str_radix(digits, 16).is_err()),
        "materialIconCodePoint is not a text such as '0xe630'",
    ));
    let requires_connection = config.get("requiresConnection");
    faults.extend(fault_if(
        requires_connection.is_some_and(|value| !value.is_boolean()),
        "requiresConnection is neither true nor false",
    ));
    faults.extend(fault_if(
        !package
            .files
            .contains_key("extension/devtools/build/index.html"),
        "there is no build/index.html",
    ));
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
name: it
issueTracker: https://example.com/it/issues
version: 1.2.3
materialIconCodePoint: '0xe630'
requiresConnection: true
";

    const PUBSPEC: &str = "\
name: it
description: A package for these tests, with a description of a length that suits pub.dev.
version: 1.2.3
repository: https://example.com/it
environment:
  sdk: ^3.10.0
dependencies:
  meta: ^1.15.0
dev_dependencies:
  test: ^1.25.0
";

    fn files() -> BTreeMap<String, Vec<u8>> {
        [
            ("pubspec.yaml", PUBSPEC),
            ("CHANGELOG.md", "## 1.2.3\n"),
            ("LICENSE", "MIT"),
            (
                "README.md",
                "See [it](example/README.md#start) and [web](https://dart.dev).\n",
            ),
            ("example/README.md", "[it](it.dart)\n"),
            ("example/it.dart", "import 'package:it/it.dart';\n"),
            ("lib/it.dart", "import 'package:meta/meta.dart';\n"),
            ("test/it_test.dart", "import 'package:test/test.dart';\n"),
        ]
        .map(|(name, text)| (name.to_owned(), text.into()))
        .into()
    }

    /// The faults of the package after `change`.
    fn faults(change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Result<Vec<String>> {
        let mut files = files();
        change(&mut files);
        let package = Package::of(files)?;
        let mut faults = links(&package)?;
        faults.extend(example(&package));
        faults.extend(extension_config(&package)?);
        for (_, rule) in RULES {
            faults.extend(rule(&package)?);
        }
        Ok(faults)
    }

    fn with_pubspec(from: &str, to: &str) -> Result<Vec<String>> {
        assert!(PUBSPEC.contains(from), "{from}");
        faults(|files| {
            files.insert("pubspec.yaml".to_owned(), PUBSPEC.replace(from, to).into());
        })
    }

    fn with_file(name: &str, text: &str) -> Result<Vec<String>> {
        faults(|files| {
            files.insert(name.to_owned(), text.into());
        })
    }

    #[test]
    fn a_package_that_follows_the_rules_has_no_faults() -> Result<()> {
        assert_eq!(faults(|_| {})?, Vec::<String>::new());
        Ok(())
    }

    #[test]
    fn what_pub_would_refuse_in_the_pubspec_is_a_fault() -> Result<()> {
        for (from, to) in [
            ("meta: ^1.15.0", "meta: 1.15.0"),
            ("meta: ^1.15.0", "meta: any"),
            ("meta: ^1.15.0", "meta: '>=1.15.0'"),
            ("meta: ^1.15.0", "meta: ^1.15.0-dev.1"),
            ("meta: ^1.15.0", "meta: {path: ../meta}"),
            ("sdk: ^3.10.0", "sdk: '>=3.10.0'"),
            ("sdk: ^3.10.0", "sdk: ^3.10.0\n  flutter: '>=3.0.0 <4.0.0'"),
            ("name: it", "name: It"),
            ("name: it", "name: other"),
            ("version: 1.2.3", "version: 1.2.4"),
            ("repository: https", "repository: git"),
            ("repository: https://example.com/it\n", ""),
            (
                "description: A package for these",
                "description: A\nauthor:",
            ),
            ("dev_dependencies", "dependency_overrides"),
            ("version", "executables: {it: it}\nversion"),
        ] {
            assert_ne!(with_pubspec(from, to)?, Vec::<String>::new(), "{to}");
        }
        assert_eq!(
            with_pubspec("meta: ^1.15.0", "meta: '>=1.15.0 <3.0.0'")?,
            Vec::<String>::new()
        );
        Ok(())
    }

    #[test]
    fn an_extension_that_devtools_would_not_show_is_a_fault() -> Result<()> {
        let faults = |config: &str, page: &str| {
            faults(|files| {
                files.insert(EXTENSION_CONFIG.to_owned(), config.into());
                files.insert(
                    format!("extension/devtools/build/{page}"),
                    b"<html>".to_vec(),
                );
            })
        };
        assert_eq!(faults(CONFIG, "index.html")?, Vec::<String>::new());
        assert_ne!(faults(CONFIG, "main.js")?, Vec::<String>::new());
        for (from, to) in [
            ("name: it", "name: that"),
            ("name: it\n", ""),
            ("version: 1.2.3", "version: 1.2.4"),
            ("version: 1.2.3", "version: 1.2"),
            (
                "issueTracker: https://example.com/it/issues",
                "issueTracker: it",
            ),
            ("'0xe630'", "sync_alt"),
            ("materialIconCodePoint", "icon"),
            ("requiresConnection: true", "requiresConnection: always"),
        ] {
            assert!(CONFIG.contains(from), "{from}");
            assert_ne!(
                faults(&CONFIG.replace(from, to), "index.html")?,
                Vec::<String>::new(),
                "{to}"
            );
        }
        Ok(())
    }

    #[test]
    fn what_pub_would_refuse_among_the_files_is_a_fault() -> Result<()> {
        let key = format!("-----BEGIN PRIVATE KEY-----\n{}\n", "M".repeat(64));
        for (name, text) in [
            ("Lib/it.dart", ""),
            (".gitignore", ""),
            ("native/.cargo/config.toml", ""),
            ("docs/page.md", ""),
            ("doc/api/nav.json", ""),
            ("extension/devtools/config.yaml", ""),
            ("key.pem", &key),
            ("lib/it.dart", "import 'package:test/test.dart';"),
            ("hook/build.dart", "import \"package:hooks/hooks.dart\";"),
            ("test/it_test.dart", "import 'package:other/other.dart';"),
            ("README.md", "See [the docs](docs/page.md)."),
        ] {
            assert_ne!(
                with_file(name, text)?,
                Vec::<String>::new(),
                "{name}: {text}"
            );
        }
        for name in ["CHANGELOG.md", "LICENSE", "README.md", "example/README.md"] {
            let faults = faults(|files| {
                files.remove(name);
            })?;
            assert_ne!(faults, Vec::<String>::new(), "{name}");
        }
        Ok(())
    }
}

//! The table of README.md and docs/platforms.md: what ran on each platform, where and when.
//!
//! Each command that runs something on a platform records the outcome in a file of its own under target/. `cargo xtask
//! platforms` makes the table of them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{process, workspace};

const PAGES: [&str; 2] = ["docs/platforms.md", "README.md"];
const BEGIN: &str = "<!-- From here on by `cargo xtask platforms --publish`. -->";
const END: &str = "<!-- Up to here. -->";
const HEAD: &str = "| platform | what | result | where | date |\n|---|---|---|---|---|\n";

/// Something that runs on a platform: a row of the table.
#[derive(Debug)]
pub(crate) struct Row {
    platform: &'static str,
    what: &'static str,
    /// The command that runs it and records the outcome.
    command: &'static str,
}

const fn row(platform: &'static str, what: &'static str, command: &'static str) -> Row {
    Row {
        platform,
        what,
        command,
    }
}

const RUST_TESTS: &str = "Rust's tests";
const DART_TESTS: &str = "Dart's tests";
const PACKAGE: &str = "the package's library, without Dart";
const LINKED: &str = "linked without the SDK, and checked";

pub(crate) const RUST: Row = row("Linux x86-64", RUST_TESTS, "test");
pub(crate) const DART: Row = row("Linux x86, 32 bits", DART_TESTS, "test");
const RUST_MACOS: Row = row("macOS arm64", RUST_TESTS, "test");
const RUST_WINDOWS: Row = row("Windows x86-64", RUST_TESTS, "test");
const DART_X64: Row = row("Linux x86-64", DART_TESTS, "test");
const DART_ARM64: Row = row("Linux arm64", DART_TESTS, "test");
const DART_MACOS: Row = row("macOS arm64", DART_TESTS, "test");
const DART_WINDOWS: Row = row("Windows x86-64", DART_TESTS, "test");
pub(crate) const RUST_WINE: Row = row("Windows x86-64, with Wine", RUST_TESTS, "windows");
pub(crate) const DART_WINE: Row = row("Windows x86, 32 bits, with Wine", DART_TESTS, "windows");
pub(crate) const RUST_ARM64: Row = row("Linux arm64", RUST_TESTS, "arm64");
pub(crate) const MODELS: Row = row("any", "models of the threads' memory order", "loom");
pub(crate) const BROWSER: Row = row("web", "Dart's tests of the web", "browser");
pub(crate) const WIDGETS: Row = row("Flutter", "the app's widget tests and pages", "check-app");
pub(crate) const ANDROID: Row = row("Android", LINKED, "cross");
pub(crate) const IOS: Row = row("iOS", LINKED, "cross");
pub(crate) const PACKAGE_X64: Row = row("Linux x86-64", PACKAGE, "drive");
pub(crate) const PACKAGE_ARM64: Row = row("Linux arm64", PACKAGE, "drive");

/// Every row, in the order of the table.
const ROWS: [Row; 18] = [
    RUST,
    PACKAGE_X64,
    DART,
    DART_X64,
    RUST_ARM64,
    PACKAGE_ARM64,
    DART_ARM64,
    RUST_WINE,
    DART_WINE,
    RUST_WINDOWS,
    DART_WINDOWS,
    RUST_MACOS,
    DART_MACOS,
    ANDROID,
    IOS,
    BROWSER,
    WIDGETS,
    MODELS,
];

/// What can run nowhere yet: platform, what, and what it needs.
const NOT_RUN: [(&str, &str, &str); 2] = [
    (
        "Android, iOS",
        "the app and its tests: `flutter test integration_test`",
        "needs a phone",
    ),
    (
        "web",
        "code compiled by dart2js or dart2wasm",
        "needs a Dart SDK",
    ),
];

/// The outcome of a run.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Outcome {
    /// Counts, or what else was seen.
    pub(crate) result: String,
    /// The system and the VM, or the compiler.
    pub(crate) place: String,
    /// In UTC, as in RFC 3339.
    date: String,
}

impl Outcome {
    pub(crate) fn new(result: impl Into<String>, place: impl Into<String>) -> Self {
        Self {
            result: result.into(),
            place: place.into(),
            date: OffsetDateTime::now_utc().date().to_string(),
        }
    }
}

/// The system of this machine, such as `Debian GNU/Linux 12 (bookworm)`.
pub(crate) fn system() -> String {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or(std::env::consts::OS.to_owned(), |name| {
        name.trim_matches('"').to_owned()
    })
}

/// Where programs run with these words before their path: this system, and the emulator if there is one.
pub(crate) fn system_with(emulator: &[&str]) -> String {
    match emulator.first() {
        Some(emulator) => format!("{}, {emulator}", system()),
        None => system(),
    }
}

/// The row of Rust's tests on this machine.
pub(crate) fn rust_here() -> Option<&'static Row> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some(&RUST),
        ("macos", "aarch64") => Some(&RUST_MACOS),
        ("windows", "x86_64") => Some(&RUST_WINDOWS),
        _ => None,
    }
}

/// The row of Dart's tests with the Dart that prints `version`, such as `… 3.7.3 (stable) (…) on "linux_ia32"`.
pub(crate) fn dart_row(version: &str) -> Option<&'static Row> {
    match version.rsplit('"').nth(1)? {
        "linux_ia32" => Some(&DART),
        "linux_x64" => Some(&DART_X64),
        "linux_arm64" => Some(&DART_ARM64),
        "macos_arm64" => Some(&DART_MACOS),
        "windows_x64" => Some(&DART_WINDOWS),
        _ => None,
    }
}

/// `Dart 3.7.3`, from what Dart prints as its version.
pub(crate) fn short_version(dart: &str) -> String {
    let number = dart.strip_prefix("Dart SDK version: ").unwrap_or(dart);
    format!("Dart {}", number.split(' ').next().unwrap_or(number))
}

/// Records `outcome` for the table. A failure to do so is printed, since it is none of the tests'.
pub(crate) fn record(row: &Row, outcome: &Outcome) {
    if let Err(error) = write(row, outcome) {
        eprintln!("warning: cannot record what ran: {error:#}");
    }
}

fn write(row: &Row, outcome: &Outcome) -> Result<()> {
    let file = file(row);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(&file, serde_json::to_vec(outcome)?)?)
}

/// The table, of what was recorded. A row without a record stays as it is in `page`.
pub(crate) fn table(page: &str) -> Result<String> {
    let mut table = HEAD.to_owned();
    for row in &ROWS {
        let start = format!(
            "| {} | {}: `cargo xtask {}` |",
            row.platform, row.what, row.command
        );
        let old = page.lines().find(|line| line.starts_with(&start));
        table += &match (read(row)?, old) {
            (Some(outcome), _) => format!(
                "{start} {} | {} | {} |\n",
                outcome.result, outcome.place, outcome.date
            ),
            (None, Some(old)) => format!("{old}\n"),
            (None, None) => format!("{start} **not run** | | |\n"),
        };
    }
    for (platform, what, missing) in NOT_RUN {
        table += &format!("| {platform} | {what} | **not run** | {missing} | |\n");
    }
    Ok(table)
}

/// Writes the table into the pages.
pub(crate) fn publish() -> Result<()> {
    for name in PAGES {
        let page = workspace::root().join(name);
        let text = fs::read_to_string(&page).with_context(|| name)?;
        let new = with_table(&text, &table(&text)?)
            .with_context(|| format!("{name} has lost its {BEGIN} or {END}"))?;
        fs::write(&page, new)?;
        process::announce(&format!("wrote {name}"));
    }
    Ok(())
}

fn with_table(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
}

fn read(row: &Row) -> Result<Option<Outcome>> {
    let file = file(row);
    if !file.exists() {
        return Ok(None);
    }
    let text = fs::read(&file)?;
    serde_json::from_slice(&text)
        .map(Some)
        .with_context(|| file.display().to_string())
}

fn file(row: &Row) -> PathBuf {
    let name = format!("{} {}.json", row.platform, row.what);
    let name = name.to_lowercase().replace([' ', ',', '\''], "_");
    workspace::target().join("tested").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_table_is_replaced() {
        let page = format!("words\n{BEGIN}\nold\n{END}\nmore words\n");
        assert_eq!(
            with_table(&page, "| new |\n"),
            Some(format!("words\n{BEGIN}\n\n| new |\n\n{END}\nmore words\n"))
        );
        assert_eq!(with_table("words", ""), None);
    }

    #[test]
    fn rows_have_files_of_their_own() {
        let mut files: Vec<_> = ROWS.iter().map(file).collect();
        files.sort();
        files.dedup();
        assert_eq!(files.len(), ROWS.len());
    }
}

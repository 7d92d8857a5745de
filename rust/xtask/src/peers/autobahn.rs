//! Autobahn's fuzzing server, with the versions of its project's container image.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use super::server::Server;
use crate::provision::python2;
use crate::{process, workspace};

/// The version of the test suite.
pub(crate) const VERSION: &str = "0.8.2";
/// The suite and all its dependencies.
const REQUIREMENTS: &str = include_str!("autobahn_requirements.txt");
const SCRIPT: &str = include_str!("autobahn.py");

/// Installs it if necessary, and returns the folder of its Python.
pub(crate) fn install() -> Result<PathBuf> {
    let folder = workspace::target()
        .join("tools/autobahntestsuite")
        .join(VERSION);
    workspace::make_folder(&folder, |partial| {
        process::announce(&format!(
            "installing Autobahn's test suite {VERSION} (Debian, PyPI)"
        ));
        python2::install(partial, &requirements())
    })?;
    Ok(folder)
}

fn requirements() -> Vec<&'static str> {
    REQUIREMENTS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect()
}

/// The server in a separate process.
pub(crate) struct FuzzingServer {
    server: Server,
    cases: Vec<String>,
    index: PathBuf,
}

impl FuzzingServer {
    /// Starts the server [installed](install) in `python` with the cases that match any of `patterns`. It writes its
    /// reports to `folder`.
    pub(crate) fn start(python: &Path, patterns: &[String], folder: &Path) -> Result<Self> {
        // Results of an earlier run must not be counted.
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let reports = folder.join("reports");
        let spec = folder.join("spec.json");
        let settings = json!({"url": "ws://127.0.0.1:0", "outdir": reports, "cases": patterns});
        fs::write(&spec, settings.to_string())?;

        let mut wstest = python2::python(python);
        wstest
            .args([
                "-c",
                SCRIPT,
                "--mode=fuzzingserver",
                "--webport=0",
                "--spec",
            ])
            .arg(&spec);
        let server = Server::start(&mut wstest)?;
        let cases = server.preamble().iter().find_map(|line| parse_cases(line));
        Ok(Self {
            server,
            cases: cases.context("the fuzzing server did not list its cases")?,
            index: reports.join("index.json"),
        })
    }

    pub(crate) fn url(&self) -> &str {
        self.server.url()
    }

    /// Its cases, in order.
    pub(crate) fn cases(&self) -> &[String] {
        &self.cases
    }

    /// The file with the results of all agents so far. It exists after the first report.
    pub(crate) fn index(&self) -> &Path {
        &self.index
    }
}

/// Reads `Cases = ['1.1.1', '1.1.2']`.
fn parse_cases(line: &str) -> Option<Vec<String>> {
    let list = line.strip_prefix("Cases = ")?;
    serde_json::from_str(&list.replace('\'', "\"")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_are_read_from_what_the_server_prints() {
        let cases = parse_cases("Cases = ['1.1.1', '10.1.1']\n");
        assert_eq!(cases, Some(vec!["1.1.1".to_owned(), "10.1.1".to_owned()]));
        assert_eq!(parse_cases("Ok, will run 517 test cases"), None);
    }
}

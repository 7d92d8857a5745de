//! Autobahn's fuzzing server, as its project's own container image has it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::server::Server;
use crate::{command, python2, workspace};

/// The version of the test suite.
pub(crate) const VERSION: &str = "0.8.2";
/// The suite and all that it imports, in the last versions for Python 2 that go with it.
const REQUIREMENTS: [&str; 23] = [
    "autobahntestsuite==0.8.2",
    "attrs==21.4.0",
    "autobahn==0.10.9",
    "cffi==1.15.1",
    "constantly==15.1.0",
    "cryptography==3.3.2",
    "enum34==1.1.10",
    "hyperlink==21.0.0",
    "idna==2.10",
    "incremental==21.3.0",
    "ipaddress==1.0.23",
    "jinja2==2.11.3",
    "linecache2==1.0.0",
    "markupsafe==1.1.1",
    "pyopenssl==20.0.1",
    "six==1.16.0",
    "traceback2==1.4.0",
    "twisted==20.3.0",
    "txaio==2.1.0",
    "typing==3.10.0.0",
    "unittest2==1.1.0",
    // Without it each byte of text and each mask is Python's own work, and all cases take hours.
    "wsaccel==0.6.2",
    "zope.interface==5.4.0",
];
const SCRIPT: &str = include_str!("fuzzing_server.py");

/// Installs it if it is not there yet; answers the folder of its Python.
pub(crate) fn install() -> Result<PathBuf> {
    let folder = workspace::target()
        .join("tools/autobahntestsuite")
        .join(VERSION);
    workspace::make_folder(&folder, |partial| {
        command::announce(&format!(
            "installing Autobahn's test suite {VERSION} (Debian, PyPI)"
        ));
        python2::install(partial, &REQUIREMENTS)
    })?;
    Ok(folder)
}

/// The server in a process of its own.
pub(crate) struct FuzzingServer {
    server: Server,
    cases: Vec<String>,
    index: PathBuf,
}

impl FuzzingServer {
    /// Starts what is [installed](install) in `python`, with the cases that match any of `patterns`; `folder` is for
    /// its reports.
    pub(crate) fn start(python: &Path, patterns: &[String], folder: &Path) -> Result<Self> {
        // What an earlier run left must not be counted.
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
        let cases = server.said().iter().find_map(|line| parse_cases(line));
        Ok(Self {
            server,
            cases: cases.context("the fuzzing server does not say which cases it has")?,
            index: reports.join("index.json"),
        })
    }

    pub(crate) fn url(&self) -> &str {
        self.server.url()
    }

    /// The cases that it runs, in order.
    pub(crate) fn cases(&self) -> &[String] {
        &self.cases
    }

    /// The results of all agents so far, if any had it write its report.
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

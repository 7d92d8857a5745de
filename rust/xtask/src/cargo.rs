//! Runs cargo, and finds what it built.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{process, workspace};

/// The cargo that runs this program, in the root of the repository.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    command.current_dir(workspace::root());
    command
}

/// A cargo profile.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Profile {
    /// Fast to build.
    Dev,
    /// Fast to run.
    Release,
}

/// Builds the program that is named last in `selection`.
pub(crate) fn build_program(selection: &[&str], profile: Profile) -> Result<PathBuf> {
    let program = selection.last().copied().unwrap_or_default();
    process::announce(&format!("building {program}"));
    let mut cargo = command();
    cargo.arg("build").args(selection);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    Artifacts::build(&mut cargo, &[])?.program(program)
}

/// The files that a run of cargo built or found up to date.
pub(crate) struct Artifacts(Vec<Message>);

/// The fields of cargo's messages that are needed here.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

impl Artifacts {
    /// Runs `cargo`. With `cargo rustc`, `rustc` are arguments for the last compiler run.
    pub(crate) fn build(cargo: &mut Command, rustc: &[String]) -> Result<Self> {
        let output = cargo
            .arg("--message-format=json-render-diagnostics")
            .args(rustc.first().map(|_| "--"))
            .args(rustc)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run cargo")?;
        if !output.status.success() {
            bail!("`{}` failed", process::command_line(cargo));
        }
        let messages =
            String::from_utf8(output.stdout).context("cargo's messages are not UTF-8")?;
        Ok(Self::parse(&messages))
    }

    fn parse(messages: &str) -> Self {
        let messages = messages.lines().map(serde_json::from_str);
        Self(messages.filter_map(Result::ok).collect())
    }

    /// The program `name`. A library may have the same name.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        self.find(name, |file| {
            let extension = file.extension().unwrap_or_default();
            extension.is_empty() || extension == "exe"
        })
    }

    /// The file of the target `name` that `is_wanted` accepts.
    pub(crate) fn find(&self, name: &str, is_wanted: impl Fn(&Path) -> bool) -> Result<PathBuf> {
        let is_named =
            |message: &&Message| message.target.as_ref().is_some_and(|it| it.name == name);
        self.0
            .iter()
            .filter(is_named)
            .flat_map(|message| message.executable.iter().chain(&message.filenames))
            .find(|file| is_wanted(file))
            .cloned()
            .with_context(|| format!("cargo did not report the file of {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_are_found_by_name_and_kind() -> Result<()> {
        let artifacts = Artifacts::parse(
            r#"
            {"reason":"compiler-artifact","target":{"name":"bytes"},"filenames":["/t/libbytes.so"],"executable":null}
            {"reason":"compiler-artifact","target":{"name":"it"},"filenames":["/t/libit.a","/t/libit.so"],"executable":null}
            {"reason":"build-finished","success":true}"#,
        );
        let is_shared = |file: &Path| file.extension().is_some_and(|it| it == "so");
        assert_eq!(artifacts.find("it", is_shared)?, Path::new("/t/libit.so"));
        assert!(artifacts.find("other", is_shared).is_err());
        Ok(())
    }
}

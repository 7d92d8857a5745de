//! `cargo xtask fuzz`: what reads the peer's bytes, and the batches for Dart, under libFuzzer with
//! the address sanitizer.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use clap::builder::PossibleValuesParser;

use crate::runtime::Runtime;
use crate::{batches, command, system, tool, workspace};

const TOOL: (&str, &str) = ("cargo-fuzz", "0.13.2");
/// The folder of the package.
const PACKAGE: &str = "tests/fuzz";
/// Each says at its top what has to hold.
const TARGETS: [&str; 6] = [
    "upgrade",
    "extensions",
    "frames",
    "messages",
    "round_trip",
    batches::TARGET,
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long each target runs.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Only this target.
    #[arg(value_parser = PossibleValuesParser::new(TARGETS))]
    target: Option<String>,
    /// Only these inputs, once: what a finding left, for example.
    #[arg(requires = "target")]
    inputs: Vec<PathBuf>,
}

/// Runs the targets one after another, until one finds something.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let fuzzer = Fuzzer::prepare()?;
    for target in TARGETS {
        if arguments.target.as_ref().is_some_and(|only| only != target) {
            continue;
        }
        if !arguments.inputs.is_empty() {
            return fuzzer.replay(target, &arguments.inputs);
        }
        let summary = fuzzer.fuzz(target, arguments.seconds)?;
        println!("fuzz: {target}: {summary}");
        if target == batches::TARGET {
            decode_in_dart()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The committed inputs of `target`.
pub(crate) fn seeds(target: &str) -> PathBuf {
    workspace::root().join(PACKAGE).join("seeds").join(target)
}

/// The inputs of `target` that reached something new, kept from run to run.
fn corpus(target: &str) -> Result<PathBuf> {
    let folder = workspace::target().join("fuzz/corpus").join(target);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Dart decodes what the encoder makes of the same inputs.
fn decode_in_dart() -> Result<()> {
    let runtime = Runtime::prepare(None)?;
    let mut test = runtime.dart_test(Path::new(batches::TEST));
    let count = batches::pass_to(&mut test, &[corpus(batches::TARGET)?])?;
    command::run(test.current_dir(workspace::root()))?;
    println!("fuzz: {}: {count} decoded in Dart", batches::TARGET);
    Ok(())
}

/// cargo-fuzz, with what it needs.
struct Fuzzer {
    programs: PathBuf,
}

impl Fuzzer {
    fn prepare() -> Result<Self> {
        system::require_nightly()?;
        system::require_cpp()?;
        let (tool, version) = TOOL;
        Ok(Self {
            programs: tool::install(tool, version)?,
        })
    }

    /// Runs `target` on `inputs`, and shows what it does.
    fn replay(&self, target: &str, inputs: &[PathBuf]) -> Result<ExitCode> {
        // Below, relative names are taken from the top of the repository.
        let inputs: Vec<_> = inputs
            .iter()
            .map(|input| {
                input
                    .canonicalize()
                    .with_context(|| input.display().to_string())
            })
            .collect::<Result<_>>()?;
        command::pass_on(self.cargo_fuzz(target).args(inputs))
    }

    /// Fuzzes `target`; answers what came of it.
    fn fuzz(&self, target: &str, seconds: u32) -> Result<Summary> {
        command::announce(&format!("fuzzing {target} for {seconds} s"));
        let mut child = self
            .cargo_fuzz(target)
            .arg(corpus(target)?)
            .arg(seeds(target))
            .arg("--")
            .arg(format!("-max_total_time={seconds}"))
            // An input that takes longer, or more memory, is a finding.
            .args(["-timeout=20", "-rss_limit_mb=1024"])
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run cargo-fuzz")?;
        let stderr = child.stderr.take().context("it is piped")?;
        let mut summary = Summary::default();
        let mut finding = None;
        for line in BufReader::new(stderr).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            eprintln!("{line}");
            summary.update(&line);
            finding = finding.or(input_written(&line));
        }
        if child.wait()?.success() {
            return Ok(summary);
        }
        match finding {
            Some(input) => bail!(
                "fuzz: {target}: a finding. Again: `cargo xtask fuzz {target} {}`",
                workspace::relative(Path::new(&input))
            ),
            None => bail!("fuzz: {target} failed"),
        }
    }

    fn cargo_fuzz(&self, target: &str) -> Command {
        let mut command = Command::new("rustup");
        command
            .args(["run", "nightly"])
            .arg(self.programs.join("cargo-fuzz"))
            .args(["run", "--features", "targets", "--fuzz-dir", PACKAGE])
            .arg("--target-dir")
            .arg(workspace::target().join("fuzz"))
            // Two thirds of the time otherwise, most of it for bytes of payload.
            .arg("--no-trace-compares")
            .arg(target)
            // Not the release profile's: it takes long, and hides where a panic comes from.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_STRIP", "none")
            .current_dir(workspace::root());
        command
    }
}

/// What libFuzzer says at its end.
#[derive(Debug, Default, PartialEq)]
struct Summary {
    executions: u64,
    coverage: u64,
}

impl Summary {
    /// Takes what there is to be learnt from a line.
    fn update(&mut self, line: &str) {
        let number_after = |word: &str| {
            let (_, rest) = line.split_once(word)?;
            rest.split_whitespace().next()?.parse().ok()
        };
        // `#8192	pulse  cov: 312 ft: 1024 corp: 97/4096b`
        self.coverage = number_after(" cov: ").unwrap_or(self.coverage);
        // `Done 12345 runs in 21 second(s)`
        if line.starts_with("Done ") {
            self.executions = number_after("Done ").unwrap_or(self.executions);
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            executions,
            coverage,
        } = self;
        write!(
            f,
            "{executions} executions, coverage {coverage}, no findings"
        )
    }
}

/// `artifact_prefix='…'; Test unit written to …/crash-1234`
fn input_written(line: &str) -> Option<String> {
    let (_, file) = line.split_once("Test unit written to ")?;
    Some(file.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_and_coverage_are_those_of_the_last_lines() {
        let mut summary = Summary::default();
        for line in [
            "INFO: Running with entropic power schedule (0xFF, 100).",
            "#2\tINITED cov: 95 ft: 96 corp: 1/1b exec/s: 0 rss: 40Mb",
            "#65536\tpulse  cov: 1234 ft: 4567 corp: 97/4096b lim: 652 exec/s: 32768 rss: 61Mb",
            "#70000\tDONE   cov: 1240 ft: 4600 corp: 98/4099b lim: 652 exec/s: 3333 rss: 61Mb",
            "Done 70000 runs in 21 second(s)",
            "",
        ] {
            summary.update(line);
        }
        assert_eq!(
            summary.to_string(),
            "70000 executions, coverage 1240, no findings"
        );
    }

    #[test]
    fn the_input_of_a_finding_is_known() {
        assert_eq!(
            input_written("artifact_prefix='/a/'; Test unit written to /a/crash-12"),
            Some("/a/crash-12".into())
        );
        assert_eq!(input_written("Done 70000 runs in 21 second(s)"), None);
    }
}

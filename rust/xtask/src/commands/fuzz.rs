//! `cargo xtask fuzz`: fuzzes the code that reads the peer's bytes, and the batches for Dart, with libFuzzer.
//!
//! Coverage is instrumented with the stable compiler, so neither cargo-fuzz nor a nightly toolchain is needed, except
//! for the address sanitizer.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use clap::builder::PossibleValuesParser;

use crate::cargo::Artifacts;
use crate::provision::{nightly, system};
use crate::runtime::Runtime;
use crate::{batches, cargo, process, workspace};

/// The fuzz targets. Each file documents what must hold.
const TARGETS: [&str; 6] = [
    "upgrade",
    "extensions",
    "frames",
    "messages",
    "round_trip",
    batches::TARGET,
];
/// Counts each edge between basic blocks. Tracing comparisons would take two thirds of the time, most of it for payload
/// bytes.
const COVERAGE: &str = "--cfg=fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Number of seconds for each target.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Also use the address sanitizer, for the unsafe code of dependencies. Needs Rust's nightly toolchain.
    #[arg(long)]
    sanitize: bool,
    /// Only this target.
    #[arg(value_parser = PossibleValuesParser::new(TARGETS))]
    target: Option<String>,
    /// Only these inputs, once; for example the file of a finding.
    #[arg(requires = "target")]
    inputs: Vec<PathBuf>,
}

/// Runs the targets one after another, until one finds something.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    system::require_cpp()?;
    for target in TARGETS {
        if arguments.target.as_ref().is_some_and(|only| only != target) {
            continue;
        }
        let program = build(target, arguments.sanitize)?;
        if !arguments.inputs.is_empty() {
            return process::pass_on(Command::new(program).args(&arguments.inputs));
        }
        let summary = fuzz(target, &program, arguments.seconds)?;
        println!("fuzz: {target}: {summary}");
        if target == batches::TARGET {
            decode_in_dart()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder of inputs of `target` that reached new code, kept between runs.
fn corpus(target: &str) -> Result<PathBuf> {
    folder("corpus", target)
}

fn folder(kind: &str, target: &str) -> Result<PathBuf> {
    let folder = workspace::target().join("fuzz").join(kind).join(target);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Encodes the same inputs in Rust, and decodes them in Dart.
fn decode_in_dart() -> Result<()> {
    let runtime = Runtime::prepare(None)?;
    let variables = batches::prepare(&[corpus(batches::TARGET)?])?;
    let mut test = runtime.dart_test(Path::new(batches::TEST));
    process::run(test.envs(variables).current_dir(workspace::root()))?;
    println!("fuzz: {}: all decoded in Dart", batches::TARGET);
    Ok(())
}

fn build(target: &str, with_sanitizer: bool) -> Result<PathBuf> {
    process::announce(&format!("building the fuzz target {target}"));
    let (mut cargo, flags) = if with_sanitizer {
        let mut cargo = nightly::command();
        nightly::require_toolchain()?;
        let folder = workspace::target().join("sanitize");
        cargo.arg("cargo").env("CARGO_TARGET_DIR", folder);
        (cargo, format!("{COVERAGE} -Zsanitizer=address"))
    } else {
        (cargo::command(), COVERAGE.to_owned())
    };
    let host = process::output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    cargo
        .args([
            "build",
            "--locked",
            "--package",
            "fuzz",
            "--profile",
            "fuzz",
        ])
        .args(["--features", "targets", "--bin", target])
        // With --target, the flags don't apply to build scripts and macros.
        .args(["--target", &host])
        .env("RUSTFLAGS", flags);
    Artifacts::build(&mut cargo, &[])?.program(target)
}

/// Fuzzes `target`, and returns a summary.
fn fuzz(target: &str, program: &Path, seconds: u32) -> Result<Summary> {
    process::announce(&format!("fuzzing {target} for {seconds} s"));
    let findings = folder("findings", target)?;
    let mut child = Command::new(program)
        .arg(corpus(target)?)
        .arg(workspace::fuzz_seeds(target))
        .arg(format!("-max_total_time={seconds}"))
        // An input that takes more time or memory is a finding.
        .args(["-timeout=20", "-rss_limit_mb=1024"])
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let stderr = child.stderr.take().context("it is piped")?;
    let mut summary = Summary::default();
    let mut finding = None;
    for line in BufReader::new(stderr).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        // Progress lines appear for each new input.
        if !is_progress(&line) {
            eprintln!("{line}");
        }
        summary.update(&line);
        finding = finding.or(input_written(&line));
    }
    if child.wait()?.success() {
        return Ok(summary);
    }
    match finding {
        Some(input) => bail!(
            "fuzz: {target}: a finding. Repeat: `cargo xtask fuzz {target} {}`",
            workspace::relative(Path::new(&input))
        ),
        None => bail!("fuzz: {target} failed"),
    }
}

/// libFuzzer's final statistics.
#[derive(Debug, Default, PartialEq)]
struct Summary {
    executions: u64,
    seconds: u64,
    /// Edges between basic blocks.
    coverage: u64,
    /// The same, distinguished by their counts.
    features: u64,
    /// Inputs in the corpus.
    inputs: u64,
}

impl Summary {
    /// Updates the values that `line` contains.
    fn update(&mut self, line: &str) {
        let number_after = |word: &str| {
            let (_, rest) = line.split_once(word)?;
            rest.split([' ', '/']).next()?.parse().ok()
        };
        // `#8192	pulse  cov: 312 ft: 1024 corp: 97/4096b`
        self.coverage = number_after(" cov: ").unwrap_or(self.coverage);
        self.features = number_after(" ft: ").unwrap_or(self.features);
        self.inputs = number_after(" corp: ").unwrap_or(self.inputs);
        // `Done 12345 runs in 21 second(s)`
        if line.starts_with("Done ") {
            self.executions = number_after("Done ").unwrap_or(self.executions);
            self.seconds = number_after(" runs in ").unwrap_or(self.seconds);
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            executions,
            seconds,
            coverage,
            features,
            inputs,
        } = self;
        let speed = executions / seconds.max(&1);
        write!(
            f,
            "{executions} executions in {seconds} s ({speed}/s), cov {coverage}, ft {features}, {inputs} inputs, \
             no findings"
        )
    }
}

/// `#4096   NEW    cov: 312 ft: 1024 …`
fn is_progress(line: &str) -> bool {
    line.starts_with('#') && (line.contains("\tNEW ") || line.contains("\tREDUCE "))
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
    fn the_summary_is_that_of_the_last_lines() {
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
            "70000 executions in 21 s (3333/s), cov 1240, ft 4600, 98 inputs, no findings"
        );
    }

    #[test]
    fn a_line_for_a_new_input_is_told_from_others() {
        assert!(is_progress("#12\tNEW    cov: 95 ft: 96 corp: 1/1b"));
        assert!(is_progress("#13\tREDUCE cov: 95 ft: 96 corp: 1/1b"));
        assert!(!is_progress("#70000\tDONE   cov: 1240 ft: 4600"));
        assert!(!is_progress("thread panicked: NEW "));
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

//! `cargo xtask faults`: runs random conversations over connections with random faults.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::runtime::Runtime;
use crate::{cargo, process, workspace};

/// The number of the core's cases for each case of a reconnecting channel, which has several connections.
const CORE_CASES_EACH: u64 = 5;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Seed of the random cases. Default: the time.
    #[arg(long)]
    seed: Option<u32>,
    /// Number of the core's cases. A fifth as many cases of reconnecting channels follow; with --reconnecting, as many.
    #[arg(long, default_value_t = 500)]
    cases: u64,
    /// Only the case with this number: of the core, or with --reconnecting of a reconnecting channel.
    #[arg(long)]
    case: Option<u64>,
    /// Only reconnecting channels.
    #[arg(long)]
    reconnecting: bool,
    /// Number of times to run that case. A failure that depends on timing may need several.
    #[arg(long, default_value_t = 1, requires = "case")]
    repeat: u64,
    /// Number of cases at the same time.
    #[arg(long)]
    jobs: Option<usize>,
}

/// Runs the cases of the core and of reconnecting channels, and fails if one of them fails.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = arguments
        .seed
        .unwrap_or_else(|| now.map_or(0, |now| now.subsec_micros()));
    let core = if arguments.reconnecting {
        ExitCode::SUCCESS
    } else {
        run_core(arguments, seed)?
    };
    if arguments.case.is_some() && !arguments.reconnecting {
        return Ok(core);
    }
    let channels = run_channels(arguments, seed)?;
    Ok(if core == ExitCode::SUCCESS {
        channels
    } else {
        core
    })
}

fn run_core(arguments: &Arguments, seed: u32) -> Result<ExitCode> {
    process::announce("faults");
    let mut cargo = cargo::command();
    cargo.args(["run", "--quiet", "--package", "faults", "--"]);
    cargo.arg("--seed").arg(seed.to_string());
    cargo.arg("--cases").arg(arguments.cases.to_string());
    if let Some(case) = arguments.case {
        cargo.arg("--case").arg(case.to_string());
        cargo.arg("--repeat").arg(arguments.repeat.to_string());
    }
    if let Some(jobs) = arguments.jobs {
        cargo.arg("--jobs").arg(jobs.to_string());
    }
    process::pass_on(&mut cargo)
}

fn run_channels(arguments: &Arguments, seed: u32) -> Result<ExitCode> {
    let runtime = Runtime::prepare(None)?;
    process::announce("faults of reconnecting channels");
    // Each case has a listener, and each connection four descriptors, since client, relay and server are one process.
    rlimit::increase_nofile_limit(u64::MAX)?;
    let cases = if arguments.reconnecting {
        arguments.cases
    } else {
        arguments.cases.div_ceil(CORE_CASES_EACH)
    };
    let mut dart = runtime.dart(&workspace::root().join("tests/faults/reconnecting/main.dart"));
    dart.arg(seed.to_string()).arg(cases.to_string());
    dart.arg(arguments.jobs.unwrap_or(16).to_string());
    if let Some(case) = arguments.case {
        dart.arg(case.to_string()).arg(arguments.repeat.to_string());
    }
    process::pass_on(&mut dart)
}

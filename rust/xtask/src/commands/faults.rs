//! `cargo xtask faults`: random conversations over random faults.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::runtime::Runtime;
use crate::{cargo, process, workspace};

/// Conversations of the core for each of a reconnecting channel, which is several connections long.
const CORE_CASES_EACH: u64 = 5;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What the cases are drawn from. Default: the time.
    #[arg(long)]
    seed: Option<u32>,
    /// How many conversations of the core; of a reconnecting channel there are a fifth as many, and as many with
    /// --reconnecting.
    #[arg(long, default_value_t = 500)]
    cases: u64,
    /// Only the case of this number: the core's, or with --reconnecting the channel's.
    #[arg(long)]
    case: Option<u64>,
    /// Only reconnecting channels.
    #[arg(long)]
    reconnecting: bool,
    /// How many times that case: what depends on the moment may not happen the first time.
    #[arg(long, default_value_t = 1, requires = "case")]
    repeat: u64,
    /// How many at the same time.
    #[arg(long)]
    jobs: Option<usize>,
}

/// Runs those of the core and those of reconnecting channels, and fails if one of them does.
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
    // Each case keeps a listener, and each connection takes four descriptors, since all is in one process.
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

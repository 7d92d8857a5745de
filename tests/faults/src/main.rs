//! Random conversations over random faults, checked against a model.
//!
//! A case connects a few times, sends, receives and closes. The client is the core, the server is an echo server, and
//! the fault proxy is between them. Everything is generated from a seed before it begins ([`case`]). The [`model`]
//! checks the result.

mod case;
mod client;
mod model;
mod panics;
mod recorder;
mod sockets;
mod stage;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::Parser;
use rust_web_socket_core::TlsOptions;
use test_server::{Authority, Validity};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::case::Case;
use crate::client::TIMEOUT;
use crate::sockets::open_sockets;
use crate::stage::{Label, Stage, Trust};

/// The maximum number of failures before the run stops.
const MAX_FAILURES: usize = 10;

/// Runs random conversations over random faults.
#[derive(Parser)]
struct Arguments {
    /// Seed of the cases. Default: the time.
    #[arg(long)]
    seed: Option<u64>,
    /// Number of cases.
    #[arg(long, default_value_t = 500)]
    cases: u64,
    /// Run only the case with this number.
    #[arg(long)]
    case: Option<u64>,
    /// Number of runs of each case, for failures that depend on timing.
    #[arg(long, default_value_t = 1)]
    repeat: u64,
    /// Number of cases that run at the same time.
    #[arg(long, default_value_t = 48)]
    jobs: usize,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = arguments
        .seed
        .unwrap_or_else(|| now.map_or(0, |now| now.as_secs()));
    let numbers = match arguments.case {
        Some(number) => number..number + 1,
        None => 0..arguments.cases,
    };
    panics::watch();
    let trust = trust()?;
    let sockets = open_sockets();
    let start = Instant::now();

    let mut running = JoinSet::new();
    let jobs = Arc::new(Semaphore::new(arguments.jobs));
    let mut summary = Summary::default();
    let cases = numbers.flat_map(|number| (0..arguments.repeat).map(move |_| number));
    for number in cases {
        let permit = Arc::clone(&jobs).acquire_owned().await?;
        let trust = trust.clone();
        running.spawn(async move {
            let _permit = permit;
            let case = Case::new(seed, number);
            let result = match Stage::new(&case, format!("case {number}"), &trust).await {
                Ok(stage) => stage.run(&case).await,
                Err(error) => Err(error.context("the case can't be run")),
            };
            (number, result)
        });
        while let Some(ended) = running.try_join_next() {
            summary.add(seed, ended?);
        }
        if summary.failed >= MAX_FAILURES {
            break;
        }
    }
    while let Some(ended) = running.join_next().await {
        summary.add(seed, ended?);
    }
    for (label, count) in &summary.labels {
        println!("{count:7} {label}");
    }
    let leaked = leaked_sockets(sockets).await;
    if leaked > 0 {
        println!("{leaked} sockets were not closed");
    }
    println!(
        "faults: {} cases, {} connections, {} failed, seed {seed}, {:.1} s",
        summary.cases,
        summary.labels.values().sum::<u64>(),
        summary.failed,
        start.elapsed().as_secs_f64()
    );
    Ok(if summary.failed == 0 && leaked == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[derive(Default)]
struct Summary {
    cases: u64,
    failed: usize,
    labels: BTreeMap<Label, u64>,
}

impl Summary {
    fn add(&mut self, seed: u64, (number, result): (u64, Result<Vec<Label>>)) {
        self.cases += 1;
        match result {
            Ok(labels) => {
                for label in labels {
                    *self.labels.entry(label).or_default() += 1;
                }
            }
            Err(error) => {
                self.failed += 1;
                println!(
                    "case {number} failed. Again: cargo xtask faults --seed {seed} --case {number}\n{error:#}\n"
                );
            }
        }
    }
}

fn trust() -> Result<Trust> {
    let authority = Authority::new()?;
    let identity = authority.issue(&["127.0.0.1"], Validity::Now)?;
    let mut options = TlsOptions::default();
    options.roots = vec![authority.certificate_pem.into_bytes()];
    options.only_these_roots = true;
    Ok(Trust { identity, options })
}

/// The number of additional open sockets, after all closing ones are closed.
async fn leaked_sockets(before: Option<usize>) -> usize {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let leaked = match (open_sockets(), before) {
            (Some(now), Some(before)) => now.saturating_sub(before),
            _ => 0,
        };
        if leaked == 0 || Instant::now() > deadline {
            return leaked;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

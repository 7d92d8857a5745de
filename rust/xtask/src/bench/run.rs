//! A run of the benchmark, from its settings to its report.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use time::OffsetDateTime;

use super::cores::Cores;
use super::machine::Machine;
use super::measurement::Measurement;
use super::record::{self, Record, Settings};
use super::report::{Line, Report};
use super::row::Row;
use super::rows::ROWS;
use super::scheme::Scheme;
use super::session::{self, Session};
use super::{page, table};
use crate::runtime::Runtime;
use crate::{process, workspace};

/// The record, for `--continue`.
const RECORD: &str = "run.json";
/// The report.
const RESULTS: &str = "results.json";

/// Why a run on a busy machine is not published.
const BUSY: &str = "not published: other programs keep this machine busy, so the figures are rough; \
                    stop them, then run `cargo xtask bench --publish` again";

/// Starts a new run with `settings`.
pub(crate) fn start(settings: Settings) -> Result<ExitCode> {
    run(settings, None)
}

/// Continues the run that was interrupted last.
pub(crate) fn resume() -> Result<ExitCode> {
    let interrupted = Record::load(&folder().join(RECORD))?;
    run(interrupted.settings.clone(), Some(interrupted))
}

fn folder() -> PathBuf {
    workspace::target().join("bench")
}

fn run(settings: Settings, interrupted: Option<Record>) -> Result<ExitCode> {
    let rows = select_rows(&settings.rows)?;
    let pace = settings.pace();

    let runtime = Runtime::prepare(settings.packages.as_deref())?;
    let mut cores = Cores::find();
    if settings.apart {
        let found = cores.context("--apart needs two cores and `taskset`")?;
        cores = Some(found.apart());
    }
    let folder = folder();
    fs::create_dir_all(&folder)?;
    session::build(&runtime)?;
    let machine = Machine::detect(&runtime, cores.clone())?;
    if settings.publish && machine.is_too_busy() {
        bail!("{BUSY}");
    }
    let mut record = match interrupted {
        Some(record) => record.continued_on(&machine)?,
        None => Record::new(today(), machine, settings.clone()),
    };
    for &scheme in &settings.schemes {
        let mut session = Session::start(scheme, &runtime, cores.clone(), &folder)?;
        session.run(&rows, pace, &mut record, |record, measurement, round| {
            record.save(&folder.join(RECORD))?;
            save(&Report::new(record, &rows, false), &folder.join(RESULTS))?;
            show(record, scheme, &rows, measurement, round);
            Ok(())
        })?;
        let report = Report::new(&record, &rows, false);
        for section in report.sections.iter().filter(|it| it.scheme == scheme) {
            println!("\n{}", table::full(section));
        }
        println!("{}", table::processor_time(&report.sections, ROWS.iter()));
    }

    record.machine.look_again();
    // So that `--continue` does not publish what was measured on a busy machine.
    record.save(&folder.join(RECORD))?;
    let report = Report::new(&record, &rows, true);
    let file = folder.join(RESULTS);
    save(&report, &file)?;
    process::announce(&format!("results in {}", workspace::relative(&file)));
    // A missed goal is a result, a failed client is not.
    if !report.is_complete() {
        if settings.publish {
            process::announce(
                "not published: a client has failed; `cargo xtask bench --continue` tries again",
            );
        }
        return Ok(ExitCode::FAILURE);
    }
    if settings.publish {
        if report.machine.is_too_busy() {
            bail!("{BUSY}");
        }
        page::publish(&report)?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn today() -> String {
    OffsetDateTime::now_utc().date().to_string()
}

fn save(report: &Report, file: &Path) -> Result<()> {
    record::write(file, &serde_json::to_vec_pretty(report)?)
}

/// Prints the rows of `measurement`, with the medians so far.
fn show(
    record: &Record,
    scheme: Scheme,
    rows: &[&'static Row],
    measurement: &Measurement,
    round: usize,
) {
    let Some(progress) = record.progress(scheme) else {
        return;
    };
    for row in rows {
        if row.measurement.command == measurement.command {
            let line = table::one_line(&Line::new(row, scheme, &progress.samples));
            println!("{scheme} {round}/{}: {line}", record.settings.rounds);
        }
    }
}

/// The rows whose names start with any of `names`; all rows if it is empty.
pub(crate) fn select_rows(names: &[String]) -> Result<Vec<&'static Row>> {
    let is_selected =
        |row: &&Row| names.is_empty() || names.iter().any(|it| row.name.starts_with(it.as_str()));
    let rows: Vec<_> = ROWS.iter().filter(is_selected).collect();
    if rows.is_empty() {
        bail!("no row is named {}, see --list", names.join(" or "));
    }
    Ok(rows)
}

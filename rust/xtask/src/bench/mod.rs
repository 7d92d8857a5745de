//! `cargo xtask bench`: this package against dart:io, web_socket_channel and the floor, in one run.

mod client;
mod contender;
mod cores;
mod goal;
mod machine;
mod measurement;
mod pace;
mod page;
mod plot;
mod record;
mod report;
mod row;
mod rows;
mod samples;
mod scheme;
mod session;
mod spread;
mod table;
mod usage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use time::OffsetDateTime;

use crate::runtime::Runtime;
use crate::{command, workspace};
use cores::Cores;
use machine::Machine;
use measurement::Measurement;
use pace::Pace;
use record::{Record, Settings};
use report::{Line, Report};
use row::Row;
use rows::ROWS;
use scheme::Scheme;
use session::Session;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How often each row is run; the medians are shown. Default: 7, and 2 with --quick.
    #[arg(long, conflicts_with = "publish")]
    rounds: Option<usize>,
    /// Short rows and few rounds, to see that everything runs.
    #[arg(long, conflicts_with = "publish")]
    quick: bool,
    /// Only ws, or only wss.
    #[arg(long, conflicts_with = "publish")]
    scheme: Option<Scheme>,
    /// Only rows whose name begins like this; may be given more than once.
    #[arg(long = "row", value_name = "NAME", conflicts_with = "publish")]
    rows: Vec<String>,
    /// The clients never use the server's core, also where they have only one then.
    #[arg(long, conflicts_with = "publish")]
    apart: bool,
    /// Go on with the run that was interrupted last, with what it was told.
    #[arg(
        long = "continue",
        conflicts_with_all = ["rounds", "quick", "scheme", "rows", "apart", "list", "publish", "packages"]
    )]
    is_continued: bool,
    /// Name the rows and end.
    #[arg(long)]
    list: bool,
    /// Write the results into docs/ and README.md as well.
    #[arg(long)]
    publish: bool,
    /// Package config whose packages replace the stand-ins; web_socket_channel is measured if it is
    /// among them.
    #[arg(long)]
    packages: Option<PathBuf>,
}

/// The run so far, as `--continue` needs it.
const RECORD: &str = "run.json";
/// What it shows.
const RESULTS: &str = "results.json";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.list {
        for row in chosen(&arguments.rows)? {
            println!("{:24} {}", row.name, row.label);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let folder = workspace::target().join("bench");
    let interrupted = match arguments.is_continued {
        true => Some(Record::load(&folder.join(RECORD))?),
        false => None,
    };
    let settings = match &interrupted {
        Some(record) => record.settings.clone(),
        None => arguments.settings()?,
    };
    let rows = chosen(&settings.rows)?;
    let pace = settings.pace();

    let runtime = Runtime::prepare(settings.packages.as_deref())?;
    let mut cores = Cores::find();
    if settings.apart {
        let found = cores.context("--apart takes two cores, and `taskset`")?;
        cores = Some(found.apart());
    }
    fs::create_dir_all(&folder)?;
    session::build(&runtime)?;
    let machine = Machine::look(&runtime, cores.clone())?;
    let mut record = match interrupted {
        Some(record) => record.checked(&machine)?,
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
            println!("\n{}", table::of(section));
        }
    }

    let report = Report::new(&record, &rows, true);
    let file = folder.join(RESULTS);
    save(&report, &file)?;
    command::announce(&format!("results in {}", workspace::relative(&file)));
    if settings.publish {
        match report.is_complete() {
            true => page::publish(&report)?,
            false => command::announce(
                "not published: a client has failed; `cargo xtask bench --continue` tries again",
            ),
        }
    }
    // A goal that is missed is a result; a client that failed is none.
    Ok(match report.is_complete() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

impl Arguments {
    fn settings(&self) -> Result<Settings> {
        let rounds = match self.quick {
            true => Pace::QUICK.rounds,
            false => Pace::FULL.rounds,
        };
        // Another shell may continue it in another folder.
        let packages = self.packages.as_ref().map(fs::canonicalize).transpose();
        Ok(Settings {
            rounds: self.rounds.unwrap_or(rounds),
            quick: self.quick,
            apart: self.apart,
            schemes: match self.scheme {
                Some(scheme) => vec![scheme],
                None => vec![Scheme::Ws, Scheme::Wss],
            },
            rows: self.rows.clone(),
            packages: packages.context("--packages")?,
            publish: self.publish,
        })
    }
}

impl Settings {
    fn pace(&self) -> Pace {
        let pace = match self.quick {
            true => Pace::QUICK,
            false => Pace::FULL,
        };
        Pace {
            rounds: self.rounds,
            ..pace
        }
    }
}

fn today() -> String {
    OffsetDateTime::now_utc().date().to_string()
}

fn save(report: &Report, file: &Path) -> Result<()> {
    record::write(file, &serde_json::to_vec_pretty(report)?)
}

/// Prints the rows that show `measurement`, with the medians so far.
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
            let line = table::in_a_line(&Line::new(row, scheme, &progress.samples));
            println!("{scheme} {round}/{}: {line}", record.settings.rounds);
        }
    }
}

fn chosen(names: &[String]) -> Result<Vec<&'static Row>> {
    let is_chosen =
        |row: &&Row| names.is_empty() || names.iter().any(|it| row.name.starts_with(it.as_str()));
    let rows: Vec<_> = ROWS.iter().filter(is_chosen).collect();
    if rows.is_empty() {
        bail!("no row is named {}: see --list", names.join(" or "));
    }
    Ok(rows)
}

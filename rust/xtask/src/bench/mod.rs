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
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::runtime::Runtime;
use crate::{command, workspace};
use cores::Cores;
use machine::Machine;
use pace::Pace;
use report::Report;
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

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let rows = chosen(&arguments.rows)?;
    if arguments.list {
        for row in &rows {
            println!("{:24} {}", row.name, row.label);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut pace = match arguments.quick {
        true => Pace::QUICK,
        false => Pace::FULL,
    };
    pace.rounds = arguments.rounds.unwrap_or(pace.rounds);
    let schemes = match arguments.scheme {
        Some(scheme) => vec![scheme],
        None => vec![Scheme::Ws, Scheme::Wss],
    };

    let runtime = Runtime::prepare(arguments.packages.as_deref())?;
    let mut cores = Cores::find();
    if arguments.apart {
        let found = cores.context("--apart takes two cores, and `taskset`")?;
        cores = Some(found.apart());
    }
    let folder = workspace::target().join("bench");
    fs::create_dir_all(&folder)?;
    session::build(&runtime)?;
    let machine = Machine::look(&runtime, cores.clone())?;
    let mut report = Report::new(machine, pace.rounds, arguments.quick);
    for scheme in schemes {
        let mut session = Session::start(scheme, &runtime, cores.clone(), &folder)?;
        session.run(&rows, pace);
        let section = session.report(&rows);
        println!("\n{}", table::of(&section));
        report.sections.push(section);
    }

    let file = folder.join("results.json");
    fs::write(&file, serde_json::to_vec_pretty(&report)?)?;
    command::announce(&format!("results in {}", workspace::relative(&file)));
    if arguments.publish {
        match report.is_complete() {
            true => page::publish(&report)?,
            false => command::announce("not published: a client has failed"),
        }
    }
    // A goal that is missed is a result; a client that failed is none.
    Ok(match report.is_complete() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
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

//! `cargo xtask bench`: this package against dart:io, web_socket_channel and raw Rust.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::bench::{self, Pace, Scheme, Settings};

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

/// Names the rows, or measures them.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.list {
        for row in bench::select_rows(&arguments.rows)? {
            println!("{:24} {}", row.name, row.label);
        }
        return Ok(ExitCode::SUCCESS);
    }
    match arguments.is_continued {
        true => bench::resume(),
        false => bench::start(arguments.settings()?),
    }
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

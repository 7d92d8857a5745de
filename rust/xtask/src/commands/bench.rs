//! `cargo xtask bench`: this package against dart:io, web_socket_channel and raw Rust.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::bench::{self, Pace, Scheme, Settings};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The number of rounds, of which the medians are shown. Default: 5, or 2 with --quick.
    #[arg(long, conflicts_with = "publish")]
    rounds: Option<usize>,
    /// Short rows and few rounds, to check that everything runs.
    #[arg(long, conflicts_with = "publish")]
    quick: bool,
    /// Only ws, or only wss.
    #[arg(long, conflicts_with = "publish")]
    scheme: Option<Scheme>,
    /// Only rows whose name starts with NAME. May be given more than once.
    #[arg(long = "row", value_name = "NAME", conflicts_with = "publish")]
    rows: Vec<String>,
    /// Never run clients on the server's core, even if only one other core is left.
    #[arg(long, conflicts_with = "publish")]
    apart: bool,
    /// Continue the run that was interrupted last, with its arguments.
    #[arg(
        long = "continue",
        conflicts_with_all = ["rounds", "quick", "scheme", "rows", "apart", "list", "publish", "packages"]
    )]
    is_continued: bool,
    /// List the rows, without measuring.
    #[arg(long)]
    list: bool,
    /// Only the frame layer, in memory, compared with tungstenite's.
    #[arg(
        long,
        conflicts_with_all = ["rounds", "quick", "scheme", "rows", "apart", "list", "is_continued", "packages"]
    )]
    frames: bool,
    /// Only what the inspector costs: without it, while nobody watches, and watched.
    #[arg(
        long,
        conflicts_with_all = ["quick", "scheme", "rows", "apart", "list", "is_continued", "packages", "frames"]
    )]
    inspector: bool,
    /// Also write the results into docs/ and README.md.
    #[arg(long)]
    publish: bool,
    /// Package config whose packages replace the stand-ins. web_socket_channel is measured if it is one of them.
    #[arg(long)]
    packages: Option<PathBuf>,
}

/// Lists the rows, or measures them.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.list {
        for row in bench::select_rows(&arguments.rows)? {
            println!("{:24} {}", row.name, row.label);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.frames {
        bench::run_frame_layer(arguments.publish)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.inspector {
        let rounds = arguments.rounds.unwrap_or(Pace::FULL.rounds);
        bench::run_inspector(rounds, arguments.publish)?;
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
        // Absolute, since the run may be continued in another directory.
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

//! The benchmark: this package against dart:io, web_socket_channel and raw Rust, in one run.

mod client;
mod contender;
mod cores;
mod goal;
mod machine;
mod measurement;
mod pace;
mod page;
mod plot;
mod processor_time;
mod record;
mod report;
mod row;
mod rows;
mod run;
mod samples;
mod scheme;
mod session;
mod spread;
mod table;

pub(crate) use pace::Pace;
pub(crate) use record::Settings;
pub(crate) use run::{resume, select_rows, start};
pub(crate) use scheme::Scheme;

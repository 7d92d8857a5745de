//! The benchmark: this package against dart:io, web_socket_channel and raw Rust, in one run.

mod client;
mod contender;
mod cores;
mod frame_layer;
mod goal;
mod inspector;
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

pub(crate) use frame_layer::run as run_frame_layer;
pub(crate) use inspector::run as run_inspector;
pub(crate) use pace::Pace;
pub(crate) use record::Settings;
pub(crate) use run::{resume, select_rows, start};
pub(crate) use scheme::Scheme;

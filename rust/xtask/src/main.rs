//! Everything that a person or CI runs, as `cargo xtask <command>`.

mod autobahn;
mod autobahn_results;
mod batches;
mod bench;
mod check_app;
mod codegen;
mod command;
mod cross;
mod dart;
mod demo;
mod faults;
mod format;
mod fuzz;
mod fuzzing_server;
mod library;
mod nginx;
mod node;
mod node_peers;
mod npm;
mod packages;
mod python2;
mod python_peers;
mod real_peers;
mod runtime;
mod sanitize;
mod sdk;
mod server;
mod size;
mod soak;
mod stage;
mod system;
mod tally;
mod test;
mod vm;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use runtime::Runtime;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Everything that a person or CI runs")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the demo: the example program against a local echo server.
    Demo(demo::Arguments),
    /// Run the tests, Rust's and Dart's.
    Test(test::Arguments),
    /// Run the client cases of Autobahn's test suite.
    Autobahn(autobahn::Arguments),
    /// Measure against dart:io and against raw Rust.
    Bench(bench::Arguments),
    /// Run random conversations over random faults of the network.
    Faults(faults::Arguments),
    /// Fuzz what reads the peer's bytes, and what Dart is sent.
    Fuzz(fuzz::Arguments),
    /// Connect, send and drop for long, or hold many connections, and look at memory and descriptors.
    Soak(soak::Arguments),
    /// Run the bridge's unsafe code under the address sanitizer and Miri.
    Sanitize(sanitize::Arguments),
    /// Generate the bindings between Rust and Dart.
    Codegen(codegen::Arguments),
    /// Format Rust and Dart.
    Format(format::Arguments),
    /// Build the native library for phones, as far as that goes without their SDKs.
    Cross(cross::Arguments),
    /// Show how large the native library is on a phone.
    Size,
    /// Check the types of the example app, against Flutter's own sources.
    CheckApp(check_app::Arguments),
    /// Put the package together as pub.dev gets it: with the Rust crates inside.
    Stage(stage::Arguments),
    /// Run a Dart program with the prepared Dart, native library and packages.
    Dart {
        /// Package config whose packages replace the stand-ins.
        #[arg(long)]
        packages: Option<PathBuf>,
        /// The program.
        file: PathBuf,
        /// What it is given.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    match task {
        Task::Demo(arguments) => demo::run(&arguments),
        Task::Test(arguments) => test::run(&arguments),
        Task::Autobahn(arguments) => autobahn::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Faults(arguments) => faults::run(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Soak(arguments) => soak::run(&arguments),
        Task::Sanitize(arguments) => sanitize::run(&arguments),
        Task::Codegen(arguments) => codegen::run(&arguments),
        Task::Format(arguments) => format::run(&arguments),
        Task::Cross(arguments) => cross::run(&arguments),
        Task::Size => size::run(),
        Task::CheckApp(arguments) => check_app::run(&arguments),
        Task::Stage(arguments) => stage::run(&arguments),
        Task::Dart {
            packages,
            file,
            arguments,
        } => {
            // The bare VM's own words for it are about a Dart SDK.
            anyhow::ensure!(file.exists(), "there is no {}", file.display());
            let runtime = Runtime::prepare(packages.as_deref())?;
            command::pass_on(runtime.dart(&file).args(arguments))
        }
    }
}

//! The commands of developers and CI: `cargo xtask <command>`.

mod batches;
mod bench;
mod cargo;
mod commands;
mod peers;
mod platforms;
mod process;
mod provision;
mod runtime;
mod tests;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The commands of developers and CI")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the demo program against a local echo server.
    Demo(commands::demo::Arguments),
    /// Run all tests, Rust's and Dart's.
    Test(commands::test::Arguments),
    /// Run Rust's tests on 64-bit ARM Linux, emulated.
    Arm64(commands::arm64::Arguments),
    /// Run the demo program and the tests on Windows, with Wine.
    Windows(commands::windows::Arguments),
    /// Run the client cases of Autobahn's test suite.
    Autobahn(commands::autobahn::Arguments),
    /// Run the tests of the web in a real browser.
    Browser(commands::browser::Arguments),
    /// Run the tests of the inspector's page in a real browser, or make its screenshots.
    Inspector(commands::inspector::Arguments),
    /// Measure against dart:io and raw Rust.
    Bench(commands::bench::Arguments),
    /// Measure what an hour of a phone app's use costs, beside dart:io.
    Battery(commands::battery::Arguments),
    /// Run random conversations over connections with random faults.
    Faults(commands::faults::Arguments),
    /// Fuzz the code that reads the peer's bytes, and the batches for Dart.
    Fuzz(commands::fuzz::Arguments),
    /// Connect, send and drop in a loop, or hold many connections; memory and descriptors must not grow.
    Soak(commands::soak::Arguments),
    /// Run the bridge's unsafe code under the address sanitizer and Miri.
    Sanitize(commands::sanitize::Arguments),
    /// Run the models of a connection's threads in every order, with loom.
    Loom(commands::loom::Arguments),
    /// Generate the bindings between Rust and Dart.
    Codegen(commands::codegen::Arguments),
    /// Run the Dart analyzer, if there is an SDK.
    Analyze,
    /// Format Rust and Dart.
    Format(commands::format::Arguments),
    /// Build the native library for phones, without their SDKs, and check it.
    Cross(commands::cross::Arguments),
    /// Build and check the native libraries of the published package.
    Prebuilt(commands::prebuilt::Arguments),
    /// Check the types of the example app, with Flutter's sources.
    CheckApp(commands::check_app::Arguments),
    /// Use the libraries of the package for Linux without Dart, through their C functions.
    Drive(commands::drive::Arguments),
    /// Use the package on a bare Debian, which has neither Rust nor a compiler.
    Bare(commands::bare::Arguments),
    /// Write the package as it is published, with the Rust crates inside.
    Stage(commands::stage::Arguments),
    /// Print what ran on each platform.
    Platforms(commands::platforms::Arguments),
    /// Check the workflows of GitHub Actions.
    Workflows,
    /// Run a Dart program with the native library and the package config.
    Dart(commands::dart::Arguments),
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
        Task::Demo(arguments) => commands::demo::run(&arguments),
        Task::Test(arguments) => commands::test::run(&arguments),
        Task::Arm64(arguments) => commands::arm64::run(&arguments),
        Task::Windows(arguments) => commands::windows::run(&arguments),
        Task::Autobahn(arguments) => commands::autobahn::run(&arguments),
        Task::Browser(arguments) => commands::browser::run(&arguments),
        Task::Inspector(arguments) => commands::inspector::run(&arguments),
        Task::Bench(arguments) => commands::bench::run(&arguments),
        Task::Battery(arguments) => commands::battery::run(&arguments),
        Task::Faults(arguments) => commands::faults::run(&arguments),
        Task::Fuzz(arguments) => commands::fuzz::run(&arguments),
        Task::Soak(arguments) => commands::soak::run(&arguments),
        Task::Sanitize(arguments) => commands::sanitize::run(&arguments),
        Task::Loom(arguments) => commands::loom::run(&arguments),
        Task::Codegen(arguments) => commands::codegen::run(&arguments),
        Task::Analyze => commands::analyze::run(),
        Task::Format(arguments) => commands::format::run(&arguments),
        Task::Cross(arguments) => commands::cross::run(&arguments),
        Task::Prebuilt(arguments) => commands::prebuilt::run(&arguments),
        Task::CheckApp(arguments) => commands::check_app::run(&arguments),
        Task::Drive(arguments) => commands::drive::run(&arguments),
        Task::Bare(arguments) => commands::bare::run(&arguments),
        Task::Stage(arguments) => commands::stage::run(&arguments),
        Task::Platforms(arguments) => commands::platforms::run(&arguments),
        Task::Workflows => commands::workflows::run(),
        Task::Dart(arguments) => commands::dart::run(&arguments),
    }
}

//! Measures one scheme, with a server and its clients.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::client::Client;
use super::contender::Contender;
use super::cores::{self, Cores};
use super::measurement::{Measurement, Repeat};
use super::pace::Pace;
use super::processor_time;
use super::record::{Progress, Record};
use super::row::Row;
use super::scheme::Scheme;
use crate::cargo::{self, Profile};
use crate::peers::server::{self, Server};
use crate::runtime::Runtime;
use crate::{process, workspace};

/// Builds the programs of a session, so that none is built between measurements.
pub(crate) fn build(runtime: &Runtime) -> Result<()> {
    server::build("echo_server", Profile::Release)?;
    build_fault_proxy()?;
    build_raw_client(runtime)?;
    Ok(())
}

/// Builds the proxy that makes a connection slow.
fn build_fault_proxy() -> Result<PathBuf> {
    let proxy = ["--package", "fault_proxy", "--bin", "fault_proxy"];
    cargo::build_program(&proxy, Profile::Release)
}

/// Builds the client without Dart for the target of the library, which determines the cost of TLS.
fn build_raw_client(runtime: &Runtime) -> Result<PathBuf> {
    let mut selection = vec!["--package", "test_server"];
    if let Some(target) = runtime.rust_target() {
        selection.extend(["--target", target]);
    }
    selection.extend(["--bin", "raw_client"]);
    cargo::build_program(&selection, Profile::Release)
}

/// The server and the clients.
pub(crate) struct Session {
    scheme: Scheme,
    server: Server,
    /// The proxies with slow lines to the server. They end when this is dropped.
    _lines: Vec<Server>,
    cores: Option<Cores>,
    contenders: BTreeMap<Contender, Command>,
    clients: BTreeMap<Contender, Client>,
    /// The calibrated repetitions of each client.
    counts: BTreeMap<(Contender, &'static str), usize>,
}

impl Session {
    pub(crate) fn start(
        scheme: Scheme,
        runtime: &Runtime,
        cores: Option<Cores>,
        folder: &Path,
    ) -> Result<Self> {
        let authority = (scheme == Scheme::Wss).then(|| folder.join("authority.pem"));
        let mut server = server::echo_server(Profile::Release, authority.as_deref())?;
        server.arg("--bare");
        let server = match &cores {
            Some(cores) => cores.pin_server(&server),
            None => server,
        };
        let server = Server::start(&mut cores::with_descriptors(&server))?;
        let mut lines = vec![start_proxy(&server, &SLOW, cores.as_ref())?];
        let slow = format!("{scheme}://{}", lines[0].url());
        let floor = build_raw_client(runtime)?;
        let is_there = |contender: &Contender| match contender {
            Contender::WebSocketChannel => runtime.provides("web_socket_channel", "io.dart"),
            _ => true,
        };
        let mut contenders = BTreeMap::new();
        for contender in Contender::ALL.into_iter().filter(is_there) {
            let mut command = program(contender, runtime, &floor);
            command.arg(server.url());
            if contender == Contender::TwoThreads {
                command.arg("--two-threads");
            }
            if !contender.is_raw() {
                // Its connections have the same numbers as those of the others, and so the same losses.
                let lossy_line = start_proxy(&server, &LOSSY, cores.as_ref())?;
                let lossy = format!("{scheme}://{}", lossy_line.url());
                lines.push(lossy_line);
                command.args(["--slow", &slow, "--lossy", &lossy]);
            }
            if let Some(file) = &authority {
                command.arg("--authority").arg(file);
            }
            contenders.insert(contender, command);
        }
        Ok(Self {
            scheme,
            cores,
            contenders,
            server,
            _lines: lines,
            clients: BTreeMap::new(),
            counts: BTreeMap::new(),
        })
    }

    /// Runs the measurements of `rows` that `record` lacks. In each round the contenders take turns. Calls
    /// `on_measured` with each measurement and round.
    pub(crate) fn run(
        &mut self,
        rows: &[&'static Row],
        pace: Pace,
        record: &mut Record,
        mut on_measured: impl FnMut(&Record, &Measurement, usize) -> Result<()>,
    ) -> Result<()> {
        let mut measurements: Vec<&'static Measurement> = Vec::new();
        for row in rows {
            // Several rows may have the same measurement.
            if !measurements
                .iter()
                .any(|it| it.command == row.measurement.command)
            {
                measurements.push(row.measurement);
            }
        }
        let contenders: Vec<_> = self.contenders.keys().copied().collect();
        record.progress_mut(self.scheme).contenders = contenders.clone();
        // Round 0 warms up and calibrates.
        for round in 0..=pace.rounds {
            // Measurements that were completed before an interruption need no warm-up.
            let last = if round == 0 { pace.rounds } else { round };
            let mut is_announced = false;
            for &measurement in &measurements {
                let progress = record.progress_mut(self.scheme);
                let mut due = contenders.clone();
                due.retain(|&contender| {
                    measurement.suits(contender) && progress.lacks(contender, measurement, last)
                });
                if due.is_empty() || !self.is_due(measurement, round, pace) {
                    continue;
                }
                if !is_announced {
                    let (scheme, rounds) = (self.scheme, pace.rounds);
                    process::announce(&format!("{scheme}, round {round} of {rounds}"));
                    is_announced = true;
                }
                for contender in due {
                    if let Err(error) = self.measure(contender, measurement, round, pace, progress)
                    {
                        let failure = format!("{}: {error:#}", self.scheme);
                        eprintln!("warning: {failure}");
                        progress.failures.push(failure);
                    }
                }
                if round > 0 {
                    on_measured(record, measurement, round)?;
                }
            }
        }
        Ok(())
    }

    fn is_due(&self, measurement: &Measurement, round: usize, pace: Pace) -> bool {
        let Repeat::OwnProcess {
            rounds,
            connections,
        } = measurement.repeat
        else {
            return true;
        };
        if connections > pace.connections
            || round == 0
            || round > rounds.min(pace.rounds_in_own_process)
        {
            return false;
        }
        // 100 files for everything else.
        let enough = cores::descriptors().is_none_or(|limit| limit >= connections + 100);
        if !enough {
            process::announce(&format!(
                "skipped `{}`, which needs more open files: raise `ulimit -Hn`",
                measurement.command
            ));
        }
        enough
    }

    fn measure(
        &mut self,
        contender: Contender,
        measurement: &'static Measurement,
        round: usize,
        pace: Pace,
        progress: &mut Progress,
    ) -> Result<()> {
        let has_own_process = matches!(measurement.repeat, Repeat::OwnProcess { .. });
        // A client that fails is not put back, so the next measurement starts another.
        let idle = match has_own_process {
            true => None,
            false => self.clients.remove(&contender),
        };
        let mut client = match idle {
            Some(client) => client,
            None => Client::start(contender, &self.contenders[&contender])?,
        };
        client.place(self.cores.as_ref(), measurement.placement)?;
        let count = self.count(&mut client, contender, measurement, pace)?;
        let line = match count {
            Some(count) => format!("{} {count}", measurement.command),
            None => measurement.command.to_owned(),
        };

        let before = (client.processor_time(), self.server_time());
        let answer = client.measure(&line)?;
        let after = (client.processor_time(), self.server_time());
        if !has_own_process {
            self.clients.insert(contender, client);
        }
        if round == 0 {
            // It is faster now than during calibration.
            if let Some(count) = self.counts.get_mut(&(contender, measurement.command)) {
                *count = answer.count_for(*count, pace.length);
            }
            return Ok(());
        }
        let mut measures = answer.measures;
        for (load, before, after) in [
            (CLIENT_LOAD, before.0, after.0),
            (SERVER_LOAD, before.1, after.1),
        ] {
            if let Some((before, after)) = before.zip(after) {
                let value = after.saturating_sub(before).as_secs_f64() / answer.time.as_secs_f64();
                measures.insert(load.to_owned(), value);
            }
        }
        if let (Some(count), Some((before, after))) = (count, before.0.zip(after.0)) {
            let time = after.saturating_sub(before).as_secs_f64() / count as f64;
            measures.insert(PROCESSOR_TIME.to_owned(), time * 1e6);
        }
        progress.add(contender, measurement, measures);
        Ok(())
    }

    /// The count for `client`, if the command has one.
    fn count(
        &mut self,
        client: &mut Client,
        contender: Contender,
        measurement: &'static Measurement,
        pace: Pace,
    ) -> Result<Option<usize>> {
        let key = (contender, measurement.command);
        match (&measurement.repeat, self.counts.get(&key)) {
            (Repeat::OwnProcess { .. }, _) => Ok(None),
            (Repeat::Times(count), _) => Ok(Some(pace.times.min(*count))),
            (Repeat::Calibrated, Some(&count)) => Ok(Some(count)),
            (Repeat::Calibrated, None) => {
                let count = calibrate(client, measurement.command, pace.length)?;
                self.counts.insert(key, count);
                Ok(Some(count))
            }
        }
    }

    fn server_time(&self) -> Option<Duration> {
        processor_time::of_process(self.server.process_id())
    }
}

/// A measure besides those of the clients: the processor time of the process, in cores.
pub(crate) const CLIENT_LOAD: &str = "client_load";
pub(crate) const SERVER_LOAD: &str = "server_load";
/// The processor time of the client's process for each repetition, in microseconds: for a message, a round trip or a
/// connect.
pub(crate) const PROCESSOR_TIME: &str = "processor_time";

/// An upload of 1 MB/s, as of a mobile network.
const SLOW: [&str; 2] = ["--upload-rate", "1000000"];

/// A mobile network at the edge of its reach. Each connection falls silent when the server has sent 32 KiB, which only
/// the measurement of that lets it do.
const LOSSY: [&str; 8] = [
    "--latency",
    "50",
    "--loss",
    "0.01",
    "--rate",
    "1000000",
    "--silent-after",
    "32768",
];

/// Starts a proxy to `server` with these options.
fn start_proxy(server: &Server, options: &[&str], cores: Option<&Cores>) -> Result<Server> {
    let (_, address) = server.url().split_once("://").context("it has a scheme")?;
    let mut proxy = Command::new(build_fault_proxy()?);
    proxy.args(["--until-stdin-closes", "--upstream", address]);
    proxy.args(options);
    Server::start(&mut match cores {
        Some(cores) => cores.pin_server(&proxy),
        None => proxy,
    })
}

/// A release build has no inspector. The VM has no release mode.
const RELEASE: &str = "-Drust_web_socket.inspector=false";

fn program(contender: Contender, runtime: &Runtime, floor: &PathBuf) -> Command {
    match contender.dart_program() {
        Some(file) => {
            let file = workspace::root().join("dart/benchmark").join(file);
            runtime.dart_with(&[RELEASE], &file)
        }
        None => Command::new(floor),
    }
}

/// The number of repetitions that take `client` `length`.
pub(crate) fn calibrate(client: &mut Client, command: &str, length: Duration) -> Result<usize> {
    let mut count = 8;
    // The first time does not count, since Dart compiles meanwhile.
    client.measure(&format!("{command} {count}"))?;
    loop {
        let answer = client.measure(&format!("{command} {count}"))?;
        let wanted = answer.count_for(count, length);
        // Close enough to extrapolate.
        if wanted <= count * 3 {
            return Ok(wanted);
        }
        count = wanted.min(count * 8);
    }
}

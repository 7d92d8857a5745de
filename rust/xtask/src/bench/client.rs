//! A measured client program: its process, commands and answers.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::contender::Contender;
use super::cores::{self, Cores, Placement};
use super::processor_time;

/// The limit for one measurement, so that a client that hangs does not block the benchmark.
const LIMIT: Duration = Duration::from_secs(5 * 60);

/// A client program, which runs measurements on command.
pub(crate) struct Client {
    contender: Contender,
    process: Child,
    input: ChildStdin,
    output: Receiver<String>,
    placement: Option<Placement>,
}

/// The values that a client has measured, by name, and the time that it took in all.
pub(crate) struct Answer {
    pub(crate) measures: BTreeMap<String, f64>,
    pub(crate) time: Duration,
}

impl Answer {
    /// The number of repetitions that take `length`, given that `count` took the measured time.
    pub(crate) fn count_for(&self, count: usize, length: Duration) -> usize {
        let seconds = self.measures.get("seconds").copied();
        let seconds = seconds.unwrap_or(self.time.as_secs_f64()).max(1e-6);
        let wanted = count as f64 * length.as_secs_f64() / seconds;
        (wanted as usize).max(1)
    }
}

impl Client {
    pub(crate) fn start(contender: Contender, command: &Command) -> Result<Self> {
        let mut process = cores::with_descriptors(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", contender.label()))?;
        let input = process.stdin.take().context("its input is piped")?;
        let output = process.stdout.take().context("its output is piped")?;
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            contender,
            process,
            input,
            output: receiver,
            placement: None,
        })
    }

    /// Moves it to the cores of `placement`.
    pub(crate) fn place(&mut self, cores: Option<&Cores>, placement: Placement) -> Result<()> {
        if let Some(cores) = cores
            && self.placement != Some(placement)
        {
            cores.place(self.process.id(), placement)?;
            self.placement = Some(placement);
        }
        Ok(())
    }

    pub(crate) fn measure(&mut self, line: &str) -> Result<Answer> {
        let name = self.contender.label();
        let start = Instant::now();
        writeln!(self.input, "{line}").with_context(|| format!("{name} has ended"))?;
        let answer = self.output.recv_timeout(LIMIT);
        let time = start.elapsed();
        let answer = answer.with_context(|| format!("{name} did not answer `{line}`"))?;
        let measures = serde_json::from_str(&answer)
            .with_context(|| format!("{name} answered `{line}` with {answer:?}"))?;
        Ok(Answer { measures, time })
    }

    /// The processor time of all its threads.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        processor_time::of_process(self.process.id())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It has nothing to save. An error means that it has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

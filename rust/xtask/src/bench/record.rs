//! The record of a run, in a file with which it can be continued.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::contender::Contender;
use super::machine::Machine;
use super::measurement::Measurement;
use super::pace::Pace;
use super::samples::Samples;
use super::scheme::Scheme;

/// The record of a run. It is kept in a file, so that an interrupted run can be continued.
#[derive(Deserialize, Serialize)]
pub(crate) struct Record {
    /// The UTC date of the run's start, as in RFC 3339.
    pub(crate) date: String,
    pub(crate) machine: Machine,
    pub(crate) settings: Settings,
    progress: BTreeMap<Scheme, Progress>,
}

/// The settings of a run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Settings {
    pub(crate) rounds: usize,
    pub(crate) quick: bool,
    pub(crate) apart: bool,
    pub(crate) schemes: Vec<Scheme>,
    /// The prefixes of row names; none for all rows.
    pub(crate) rows: Vec<String>,
    pub(crate) packages: Option<PathBuf>,
    pub(crate) publish: bool,
}

impl Settings {
    pub(crate) fn pace(&self) -> Pace {
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

/// The measured values of one scheme.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Progress {
    pub(crate) contenders: Vec<Contender>,
    pub(crate) samples: Samples,
    /// The number of rounds of each contender and measurement, by command.
    rounds: BTreeMap<Contender, BTreeMap<String, usize>>,
    /// Failed measurements, with their cause.
    pub(crate) failures: Vec<String>,
}

impl Record {
    pub(crate) fn new(date: String, machine: Machine, settings: Settings) -> Self {
        Self {
            date,
            machine,
            settings,
            progress: BTreeMap::new(),
        }
    }

    /// Reads the record of an interrupted run. Failed measurements are repeated.
    pub(crate) fn load(file: &Path) -> Result<Self> {
        let text = fs::read(file)
            .with_context(|| format!("no run to continue: cannot read {}", file.display()))?;
        let mut record: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{} has no run that can be continued", file.display()))?;
        for progress in record.progress.values_mut() {
            progress.failures.clear();
        }
        Ok(record)
    }

    /// Fails if figures of `machine` are not comparable with those of the record.
    pub(crate) fn continued_on(self, machine: &Machine) -> Result<Self> {
        let of_record = self.machine.identity();
        let now = machine.identity();
        ensure!(
            of_record == now,
            "the run to continue was of another version or machine:\n  {of_record:?}\n  now {now:?}"
        );
        Ok(self)
    }

    /// Replaces `file` atomically: an interruption leaves the old or the new one.
    pub(crate) fn save(&self, file: &Path) -> Result<()> {
        write(file, &serde_json::to_vec(self)?)
    }

    pub(crate) fn progress(&self, scheme: Scheme) -> Option<&Progress> {
        self.progress.get(&scheme)
    }

    pub(crate) fn progress_mut(&mut self, scheme: Scheme) -> &mut Progress {
        self.progress.entry(scheme).or_default()
    }
}

impl Progress {
    /// Whether `contender` lacks `measurement` in `round`; the first round is 1.
    pub(crate) fn lacks(
        &self,
        contender: Contender,
        measurement: &Measurement,
        round: usize,
    ) -> bool {
        let rounds = self.rounds.get(&contender);
        let done = rounds.and_then(|it| it.get(measurement.command));
        done.copied().unwrap_or_default() < round
    }

    /// Adds the values of another round of `contender`.
    pub(crate) fn add(
        &mut self,
        contender: Contender,
        measurement: &Measurement,
        measures: impl IntoIterator<Item = (String, f64)>,
    ) {
        for (measure, value) in measures {
            self.samples.add(contender, measurement, measure, value);
        }
        let rounds = self.rounds.entry(contender).or_default();
        *rounds.entry(measurement.command.to_owned()).or_default() += 1;
    }
}

/// Writes a temporary file first, then renames it to `file`.
pub(crate) fn write(file: &Path, text: &[u8]) -> Result<()> {
    let partial = file.with_extension("partial");
    fs::write(&partial, text).with_context(|| format!("cannot write {}", partial.display()))?;
    fs::rename(&partial, file).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::super::rows::ROWS;
    use super::*;

    fn record() -> Record {
        let settings = Settings {
            rounds: 3,
            quick: false,
            apart: false,
            schemes: vec![Scheme::Ws, Scheme::Wss],
            rows: Vec::new(),
            packages: None,
            publish: true,
        };
        Record::new("2026-11-28".to_owned(), Machine::for_test(), settings)
    }

    fn file(name: &str) -> Result<PathBuf> {
        let folder = crate::workspace::target().join("bench-test");
        fs::create_dir_all(&folder)?;
        Ok(folder.join(name))
    }

    /// Runs what `record` lacks in every round, up to `limit` measurements, and returns their number.
    fn run(record: &mut Record, limit: usize) -> usize {
        let mut count = 0;
        for scheme in record.settings.schemes.clone() {
            for round in 1..=record.settings.rounds {
                for contender in [Contender::DartIo, Contender::Ours] {
                    let progress = record.progress_mut(scheme);
                    let measurement = ROWS[0].measurement;
                    if count == limit || !progress.lacks(contender, measurement, round) {
                        continue;
                    }
                    count += 1;
                    let measures = [("p50".to_owned(), round as f64)];
                    progress.add(contender, measurement, measures);
                }
            }
        }
        count
    }

    #[test]
    fn a_run_that_is_interrupted_anywhere_is_continued_where_it_was() -> Result<()> {
        let all = 2 * 3 * 2;
        for interrupted_after in 0..=all {
            let file = file(&format!("interrupted_{interrupted_after}.json"))?;
            let mut first = record();
            assert_eq!(run(&mut first, interrupted_after), interrupted_after);
            first.save(&file)?;

            let mut second = Record::load(&file)?.continued_on(&Machine::for_test())?;
            assert!(second.settings.publish, "the settings are kept");
            assert_eq!(run(&mut second, usize::MAX), all - interrupted_after);
            for scheme in [Scheme::Ws, Scheme::Wss] {
                let progress = second.progress(scheme).context("it was measured")?;
                for contender in [Contender::DartIo, Contender::Ours] {
                    let values = progress.samples.of(contender, ROWS[0].measurement, "p50");
                    assert_eq!(values, [1.0, 2.0, 3.0], "each round once");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn what_failed_is_measured_anew_when_the_run_is_continued() -> Result<()> {
        let file = file("failed.json")?;
        let mut first = record();
        let progress = first.progress_mut(Scheme::Ws);
        progress.add(Contender::DartIo, ROWS[0].measurement, []);
        progress.failures.push("ws: it has ended".to_owned());
        first.save(&file)?;

        let second = Record::load(&file)?;
        let progress = second.progress(Scheme::Ws).context("it was measured")?;
        assert_eq!(progress.failures, [""; 0]);
        assert!(!progress.lacks(Contender::DartIo, ROWS[0].measurement, 1));
        assert!(progress.lacks(Contender::Ours, ROWS[0].measurement, 1));
        Ok(())
    }

    #[test]
    fn figures_of_another_version_or_machine_are_not_mixed() {
        let mut other = Machine::for_test();
        other.busy = Some(1.5);
        assert!(record().continued_on(&other).is_ok());
        other.rust_web_socket = "0.1.0 (another)".to_owned();
        assert!(record().continued_on(&other).is_err());
    }

    #[test]
    fn without_a_run_there_is_nothing_to_continue() -> Result<()> {
        let error = Record::load(&file("missing.json")?).err();
        let error = error.context("there is no such file")?;
        assert!(error.to_string().contains("no run to continue"), "{error}");
        Ok(())
    }
}

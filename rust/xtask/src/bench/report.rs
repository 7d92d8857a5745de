//! The results of a run: figures, and the goals that are met.

use std::collections::BTreeMap;

use serde::Serialize;

use super::contender::Contender;
use super::goal::Goal;
use super::machine::Machine;
use super::record::Record;
use super::row::Row;
use super::samples::Samples;
use super::scheme::Scheme;
use super::session::{CLIENT_LOAD, PROCESSOR_TIME, SERVER_LOAD};
use super::spread::Spread;

/// The results of a run, as in target/bench/results.json.
#[derive(Serialize)]
pub(crate) struct Report {
    /// The UTC date, as in RFC 3339.
    pub(crate) date: String,
    pub(crate) machine: Machine,
    pub(crate) rounds: usize,
    /// Whether the run had short rows and few rounds.
    pub(crate) quick: bool,
    /// Whether every row has all its rounds. Otherwise `--continue` runs the rest.
    is_finished: bool,
    pub(crate) sections: Vec<Section>,
}

/// The results of one scheme.
#[derive(Serialize)]
pub(crate) struct Section {
    pub(crate) scheme: Scheme,
    pub(crate) contenders: Vec<Contender>,
    pub(crate) lines: Vec<Line>,
    /// Failed measurements, with their cause.
    failures: Vec<String>,
}

/// The results of a row.
#[derive(Serialize)]
pub(crate) struct Line {
    #[serde(skip)]
    pub(crate) row: &'static Row,
    name: &'static str,
    unit: &'static str,
    pub(crate) figures: BTreeMap<Contender, Figures>,
    pub(crate) verdicts: Vec<Verdict>,
}

/// The values of one contender in a row.
#[derive(Serialize)]
pub(crate) struct Figures {
    /// In the row's unit.
    pub(crate) spread: Spread,
    values: Vec<f64>,
    /// The median of cores that the contender's process used.
    pub(crate) client_load: Option<f64>,
    /// The same of the server's process.
    pub(crate) server_load: Option<f64>,
    /// The median of the processor time of the contender's process for each repetition, in microseconds.
    pub(crate) processor_time: Option<f64>,
    /// Whether the connection used compression, in the rows about it.
    compressed: Option<bool>,
}

/// Whether a goal is met.
#[derive(Serialize)]
pub(crate) struct Verdict {
    pub(crate) goal: Goal,
    pub(crate) is_met: bool,
}

impl Report {
    /// The results of `rows` so far.
    pub(crate) fn new(record: &Record, rows: &[&'static Row], is_finished: bool) -> Self {
        let schemes = record.settings.schemes.iter();
        let sections = schemes.filter_map(|&scheme| {
            let progress = record.progress(scheme)?;
            Some(Section::new(
                scheme,
                progress.contenders.clone(),
                rows,
                &progress.samples,
                progress.failures.clone(),
            ))
        });
        Self {
            date: record.date.clone(),
            machine: record.machine.clone(),
            rounds: record.settings.rounds,
            quick: record.settings.quick,
            is_finished,
            sections: sections.collect(),
        }
    }

    /// Whether it is finished and no client has failed.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_finished && self.sections.iter().all(|it| it.failures.is_empty())
    }
}

impl Section {
    pub(crate) fn new(
        scheme: Scheme,
        contenders: Vec<Contender>,
        rows: &[&'static Row],
        samples: &Samples,
        failures: Vec<String>,
    ) -> Self {
        let lines = rows.iter().map(|row| Line::new(row, scheme, samples));
        Self {
            scheme,
            contenders,
            // A row without figures is left out.
            lines: lines.filter(|line| !line.figures.is_empty()).collect(),
            failures,
        }
    }
}

impl Line {
    pub(crate) fn new(row: &'static Row, scheme: Scheme, samples: &Samples) -> Self {
        let figures = Contender::ALL.into_iter().filter_map(|contender| {
            let figures = Figures::new(row, contender, samples)?;
            Some((contender, figures))
        });
        let mut line = Self {
            row,
            name: row.name,
            unit: row.unit.name,
            figures: figures.collect(),
            verdicts: Vec::new(),
        };
        line.verdicts = row
            .goals(scheme)
            .iter()
            .map(|&goal| Verdict {
                goal,
                is_met: line.meets(goal),
            })
            .collect();
        line
    }

    fn meets(&self, goal: Goal) -> bool {
        let (reached, wanted) = match goal {
            Goal::DartIo(times) => (self.times(Contender::DartIo), times),
            Goal::Floor(part) => (self.times(Contender::Floor), part),
            Goal::Ratio(ratio) => (self.median(Contender::Ours), ratio),
        };
        reached.is_some_and(|reached| reached >= wanted)
    }

    /// The median in the row's unit.
    pub(crate) fn median(&self, contender: Contender) -> Option<f64> {
        Some(self.figures.get(&contender)?.spread.median)
    }

    /// How many times better this package is than `other`. None if one of them is missing, if only one of them
    /// compresses, or if the row is a ratio.
    pub(crate) fn times(&self, other: Contender) -> Option<f64> {
        let (ours, theirs) = (
            self.figures.get(&Contender::Ours)?,
            self.figures.get(&other)?,
        );
        if self.row.unit.is_ratio() {
            return None;
        }
        if ours.is_compressed_in(self.row) != theirs.is_compressed_in(self.row) {
            return None;
        }
        Some(self.row.ratio(ours.spread.median, theirs.spread.median))
    }

    /// The processor time for each repetition, in microseconds.
    pub(crate) fn processor_time(&self, contender: Contender) -> Option<f64> {
        self.figures.get(&contender)?.processor_time
    }

    /// Whether the row is about compression and `contender` has none.
    pub(crate) fn lacks_compression(&self, contender: Contender) -> bool {
        let figures = self.figures.get(&contender);
        figures.is_some_and(|it| !it.is_compressed_in(self.row))
    }
}

impl Figures {
    fn new(row: &Row, contender: Contender, samples: &Samples) -> Option<Self> {
        let of = |measure: &str| samples.of(contender, row.measurement, measure);
        let median = |measure: &str| Spread::of(of(measure)).map(|it| it.median);
        let values: Vec<_> = of(row.measure)
            .iter()
            .map(|value| value / row.unit.divisor)
            .collect();
        Some(Self {
            spread: Spread::of(&values)?,
            values,
            client_load: median(CLIENT_LOAD),
            processor_time: median(PROCESSOR_TIME),
            server_load: median(SERVER_LOAD),
            compressed: median("compressed").map(|it| it > 0.0),
        })
    }

    /// Whether the server used more processor time than the client.
    pub(crate) fn is_bound_by_server(&self) -> bool {
        let loads = self.server_load.zip(self.client_load);
        loads.is_some_and(|(server, client)| server > client)
    }

    /// True for rows without compression, too.
    fn is_compressed_in(&self, row: &Row) -> bool {
        !row.measurement.command.contains("json") || self.compressed == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::ROWS;
    use super::*;

    /// The line of the row `name`, with these values in the clients' own units.
    fn line(name: &str, values: &[(Contender, &str, f64)]) -> Line {
        let row = ROWS.iter().find(|row| row.name == name).expect("the row");
        let mut samples = Samples::default();
        for &(contender, measure, value) in values {
            samples.add(contender, row.measurement, measure, value);
        }
        Line::new(row, Scheme::Ws, &samples)
    }

    fn met(line: &Line) -> Vec<bool> {
        line.verdicts.iter().map(|it| it.is_met).collect()
    }

    #[test]
    fn less_time_is_better_and_more_messages_are() {
        use Contender::{DartIo, Floor, Ours};
        let round_trip = |ours| {
            line(
                "round_trip_p50",
                &[
                    (DartIo, "p50", 120.0),
                    (Ours, "p50", ours),
                    (Floor, "p50", 80.0),
                ],
            )
        };
        assert_eq!(round_trip(100.0).times(DartIo), Some(1.2));
        assert_eq!(met(&round_trip(100.0)), [true, true]);
        assert_eq!(met(&round_trip(101.0)), [false, false]);
        let receive = |ours| {
            line(
                "receive_text_32",
                &[(DartIo, "messages", 1e6), (Ours, "messages", ours)],
            )
        };
        assert_eq!(receive(1.6e6).median(Ours), Some(1.6));
        assert_eq!(met(&receive(1.6e6)), [true]);
        assert_eq!(met(&receive(1.5e6)), [false]);
    }

    #[test]
    fn a_row_that_is_a_ratio_is_its_own_measure() {
        let of_one = |ours| line("busy_100_of_one", &[(Contender::Ours, "of_one", ours)]);
        assert_eq!(met(&of_one(1.0)), [true]);
        assert_eq!(met(&of_one(0.9)), [false]);
    }

    #[test]
    fn what_was_not_measured_meets_no_goal() {
        let ours = [(Contender::Ours, "messages", 1e6)];
        assert_eq!(met(&line("receive_text_32", &ours)), [false]);
    }

    #[test]
    fn who_does_not_compress_is_not_compared_with_who_does() {
        use Contender::{DartIo, Ours};
        let json = |compressed| {
            line(
                "receive_json",
                &[
                    (DartIo, "messages", 1e3),
                    (DartIo, "compressed", 1.0),
                    (Ours, "messages", 1e6),
                    (Ours, "compressed", compressed),
                ],
            )
        };
        assert_eq!(json(1.0).times(DartIo), Some(1000.0));
        assert_eq!(json(0.0).times(DartIo), None);
        assert!(json(0.0).lacks_compression(Ours));
        assert_eq!(met(&json(0.0)), [false]);
    }
}

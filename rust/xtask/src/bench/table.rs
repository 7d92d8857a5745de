//! The results as Markdown tables.

use std::fmt::Write;

use super::contender::Contender;
use super::goal::Goal;
use super::report::{Figures, Line, Section};
use super::row::Row;
use super::rows::{README_ROWS, ROWS};

/// All rows with their spreads and goals.
pub(crate) fn full(section: &Section) -> String {
    let others = section.contenders.iter();
    let columns: Vec<_> = others.filter(|it| !it.is_raw()).collect();
    let mut text = format!("| {} |", section.scheme);
    for column in &columns {
        text += &format!(" {} |", column.label());
    }
    text += " times better | goal | raw Rust | of raw Rust | goal | raw Rust, two threads | cores: dart:io, ours, server |\n";
    text += &format!("|{}\n", "---|".repeat(columns.len() + 8));
    for line in &section.lines {
        text += &format!("| {} |", line.row.label);
        for column in &columns {
            text += &format!(" {} |", value(line, **column));
        }
        let times = line.times(Contender::DartIo);
        let part = line.times(Contender::Floor);
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            " {} | {} | {} | {} | {} | {} | {} |",
            times.map_or("–".to_owned(), rounded),
            goals(line, |goal| !matches!(goal, Goal::Floor(_))),
            value(line, Contender::Floor),
            part.map_or("–".to_owned(), |part| format!("{:.0} %", part * 100.0)),
            goals(line, |goal| matches!(goal, Goal::Floor(_))),
            value(line, Contender::TwoThreads),
            loads(line),
        );
    }
    text.push('\n');
    text += &summary(section);
    text
}

/// The processor time of the whole process for each message, round trip or connect, in those of `rows`.
pub(crate) fn processor_time<'a>(
    sections: &[Section],
    rows: impl Iterator<Item = &'a Row>,
) -> String {
    let mut text = "| processor time |".to_owned();
    for section in sections {
        let scheme = section.scheme;
        text += &format!(" {scheme}: dart:io | {scheme}: rust_web_socket | times less |");
    }
    text += &format!("\n|{}\n", "---|".repeat(1 + 3 * sections.len()));
    let mut shown: Vec<&str> = Vec::new();
    for row in rows {
        // Several rows may have the same measurement.
        if shown.contains(&row.measurement.command) {
            continue;
        }
        let lines: Vec<_> = sections
            .iter()
            .map(|section| section.lines.iter().find(|line| line.row.name == row.name))
            .collect();
        let time = |line: &Line, contender| line.processor_time(contender);
        if lines
            .iter()
            .flatten()
            .all(|line| time(line, Contender::Ours).is_none())
        {
            continue;
        }
        shown.push(row.measurement.command);
        text += &format!("| {} |", row.label.trim_end_matches(", median"));
        for line in lines {
            let of = |contender| line.and_then(|line| time(line, contender));
            let (theirs, ours) = (of(Contender::DartIo), of(Contender::Ours));
            let shown = |time: Option<f64>| {
                time.map_or("–".to_owned(), |time| format!("{} µs", rounded(time)))
            };
            let times = theirs.zip(ours).map(|(theirs, ours)| theirs / ours);
            text += &format!(
                " {} | {} | {} |",
                shown(theirs),
                shown(ours),
                times.map_or("–".to_owned(), |times| format!("**{}**", rounded(times))),
            );
        }
        text.push('\n');
    }
    text
}

/// The rows of README.md.
pub(crate) fn rows_in_short() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(|row| README_ROWS.contains(&row.name))
}

/// Medians alone, with both schemes side by side.
pub(crate) fn short(sections: &[Section]) -> String {
    let mut text = "| |".to_owned();
    for section in sections {
        let scheme = section.scheme;
        text += &format!(" {scheme}: dart:io | {scheme}: rust_web_socket | times better |");
    }
    text += &format!("\n|{}\n", "---|".repeat(1 + 3 * sections.len()));
    for row in rows_in_short() {
        text += &format!("| {} |", row.label);
        for section in sections {
            let line = section.lines.iter().find(|line| line.row.name == row.name);
            let median = |contender| match line.and_then(|line| line.median(contender)) {
                Some(median) => format!("{} {}", rounded(median), row.unit.name),
                None => "–".to_owned(),
            };
            let times = line.and_then(|line| line.times(Contender::DartIo));
            text += &format!(
                " {} | {} | {} |",
                median(Contender::DartIo),
                median(Contender::Ours),
                times.map_or("–".to_owned(), |times| format!("**{}**", rounded(times))),
            );
        }
        text.push('\n');
    }
    text
}

/// The medians alone, for the terminal.
pub(crate) fn one_line(line: &Line) -> String {
    let medians = Contender::ALL.into_iter().filter_map(|contender| {
        let median = rounded(line.median(contender)?);
        Some(format!(
            "{} {median} {}",
            contender.label(),
            line.row.unit.name
        ))
    });
    let mut text = format!(
        "{}: {}",
        line.row.label,
        medians.collect::<Vec<_>>().join(", ")
    );
    if let Some(times) = line.times(Contender::DartIo) {
        text += &format!(", {} times better than dart:io", rounded(times));
    }
    text
}

fn value(line: &Line, contender: Contender) -> String {
    let Some(figures) = line.figures.get(&contender) else {
        return "–".to_owned();
    };
    let [median, min, max] = [
        figures.spread.median,
        figures.spread.min,
        figures.spread.max,
    ]
    .map(rounded);
    let unit = line.row.unit.name;
    let remark = match line.lacks_compression(contender) {
        true => ", not compressed",
        false => "",
    };
    let mark = match contender == Contender::Floor && figures.is_bound_by_server() {
        true => " †",
        false => "",
    };
    format!("{median} {unit} ({min}–{max}{remark}){mark}")
}

/// The cores that dart:io's process, ours, and the server of ours kept busy.
fn loads(line: &Line) -> String {
    let figures = |contender| line.figures.get(&contender);
    let ours = figures(Contender::Ours);
    let loads = [
        figures(Contender::DartIo).and_then(|it| it.client_load),
        ours.and_then(|it| it.client_load),
        ours.and_then(|it| it.server_load),
    ];
    let shown = loads.map(|load| load.map_or("–".to_owned(), |load| format!("{load:.1}")));
    shown.join(", ")
}

fn goals(line: &Line, of: impl Fn(Goal) -> bool) -> String {
    let verdicts = line.verdicts.iter().filter(|it| of(it.goal));
    let shown: Vec<_> = verdicts
        .map(|verdict| {
            let goal = goal_text(line, verdict.goal);
            match verdict.is_met {
                true => goal,
                false => format!("**{goal} missed**"),
            }
        })
        .collect();
    shown.join(", ")
}

fn goal_text(line: &Line, goal: Goal) -> String {
    match goal {
        Goal::DartIo(times) => format!("≥ {}", rounded(times)),
        Goal::Floor(part) => format!("≥ {:.0} %", part * 100.0),
        Goal::Ratio(ratio) => format!("≥ {} {}", rounded(ratio), line.row.unit.name),
    }
}

fn summary(section: &Section) -> String {
    let verdicts = section.lines.iter().flat_map(|line| &line.verdicts);
    let (met, all) = verdicts.fold((0, 0), |(met, all), verdict| {
        (met + usize::from(verdict.is_met), all + 1)
    });
    let mut text = format!("{met} of {all} goals are met.");
    let bound = section.lines.iter().any(|line| {
        let floor = line.figures.get(&Contender::Floor);
        floor.is_some_and(Figures::is_bound_by_server)
    });
    if bound {
        text += " † The server took more processor time than raw Rust, so the row may show the server's \
                 limit.";
    }
    text.push('\n');
    text
}

/// Rounds to three digits, which is more than the spread justifies.
pub(crate) fn rounded(value: f64) -> String {
    let digits = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        0.995.. => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::super::samples::Samples;
    use super::super::scheme::Scheme;
    use super::*;

    #[test]
    fn a_goal_that_is_missed_is_said_to_be() {
        let row = &ROWS[0];
        let mut samples = Samples::default();
        for (contender, value) in [
            (Contender::DartIo, 120.0),
            (Contender::Ours, 90.0),
            (Contender::Floor, 50.0),
        ] {
            samples.add(contender, row.measurement, row.measure, value);
        }
        let contenders = vec![Contender::DartIo, Contender::Ours, Contender::Floor];
        let section = Section::new(Scheme::Ws, contenders, &[row], &samples, Vec::new());
        let table = full(&section);
        assert!(
            table.contains(
                "| 120 µs (120–120) | 90.0 µs (90.0–90.0) | 1.33 | ≥ 1.20 | \
                 50.0 µs (50.0–50.0) | 56 % | **≥ 80 % missed** | – | –, –, – |"
            ),
            "{table}"
        );
        assert!(table.contains("1 of 2 goals are met."), "{table}");
        assert_eq!(
            one_line(&section.lines[0]),
            "round trip, 16 B text, median: dart:io 120 µs, rust_web_socket 90.0 µs, raw Rust 50.0 µs, \
             1.33 times better than dart:io"
        );
    }

    #[test]
    fn a_measurement_has_one_line_of_processor_time() {
        let rows = ["round_trip_p50", "round_trip_p99"];
        let rows = rows.map(|name| ROWS.iter().find(|row| row.name == name).expect("a row"));
        let mut samples = Samples::default();
        for (contender, time) in [(Contender::DartIo, 30.0), (Contender::Ours, 10.0)] {
            for measure in ["p50", "p99"] {
                samples.add(contender, rows[0].measurement, measure, 1.0);
            }
            samples.add(contender, rows[0].measurement, "processor_time", time);
        }
        let contenders = vec![Contender::DartIo, Contender::Ours];
        let section = Section::new(Scheme::Ws, contenders, &rows, &samples, Vec::new());
        let table = processor_time(&[section], ROWS.iter());
        assert_eq!(table.lines().count(), 3, "{table}");
        assert!(
            table.contains("| round trip, 16 B text | 30.0 µs | 10.0 µs | **3.00** |"),
            "{table}"
        );
    }

    #[test]
    fn each_scheme_has_its_own_figures_in_short() {
        let row = &ROWS[0];
        let section = |scheme, theirs, ours| {
            let mut samples = Samples::default();
            samples.add(Contender::DartIo, row.measurement, row.measure, theirs);
            samples.add(Contender::Ours, row.measurement, row.measure, ours);
            let contenders = vec![Contender::DartIo, Contender::Ours];
            Section::new(scheme, contenders, &[row], &samples, Vec::new())
        };
        let table = short(&[
            section(Scheme::Ws, 120.0, 60.0),
            section(Scheme::Wss, 300.0, 100.0),
        ]);
        let line = "| 120 µs | 60.0 µs | **2.00** | 300 µs | 100 µs | **3.00** |";
        assert!(table.contains(line), "{table}");
    }
}

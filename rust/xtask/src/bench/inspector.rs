//! What the inspector costs: the package without it, with it while nobody watches, and watched.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::client::Client;
use super::contender::Contender;
use super::pace::Pace;
use super::run::today;
use super::session::calibrate;
use super::spread::Spread;
use super::{machine, page};
use crate::cargo::Profile;
use crate::peers::server::{self, Server};
use crate::runtime::Runtime;
use crate::workspace;

/// A measurement, the name of its value, and whether more of it is better.
struct Row {
    label: &'static str,
    command: &'static str,
    measure: &'static str,
    is_rate: bool,
}

const ROWS: [Row; 5] = [
    row("round trip, 16 B text", "round_trip 16", "p50", false),
    row("receive 32 B text", "receive text 32", "messages", true),
    row("receive 1 KiB text", "receive text 1024", "messages", true),
    row("send 32 B text", "send text 32", "messages", true),
    row("connects, one after another", "connect", "per_second", true),
];

const fn row(
    label: &'static str,
    command: &'static str,
    measure: &'static str,
    is_rate: bool,
) -> Row {
    Row {
        label,
        command,
        measure,
        is_rate,
    }
}

/// The programs of dart/benchmark, with the VM's options.
const CASES: [(&str, &[&str], &str); 3] = [
    (
        "without the inspector",
        &["-Drust_web_socket.inspector=false"],
        "rust_web_socket.dart",
    ),
    ("nobody watches", &[], "rust_web_socket.dart"),
    ("watched", &[], "watched.dart"),
];

/// Measures and prints the table. If `is_published`, writes it into docs/.
pub(crate) fn run(rounds: usize, is_published: bool) -> Result<()> {
    let runtime = Runtime::prepare(None)?;
    let mut server = server::echo_server(Profile::Release, None)?;
    let server = Server::start(server.arg("--bare"))?;
    let mut clients = Vec::new();
    for (_, options, program) in CASES {
        let file = workspace::root().join("dart/benchmark").join(program);
        let mut command = runtime.dart_with(options, &file);
        command.arg(server.url());
        clients.push(Client::start(Contender::Ours, &command)?);
    }
    let mut counts = BTreeMap::new();
    let mut values = BTreeMap::<_, Vec<f64>>::new();
    for _ in 0..rounds {
        for row in &ROWS {
            for (case, client) in clients.iter_mut().enumerate() {
                let key = (row.command, case);
                let count = match counts.get(&key) {
                    Some(&count) => count,
                    None => calibrate(client, row.command, Pace::FULL.length)?,
                };
                counts.insert(key, count);
                let answer = client.measure(&format!("{} {count}", row.command))?;
                let value = answer.measures.get(row.measure);
                let value = *value.with_context(|| format!("no {}", row.measure))?;
                values.entry(key).or_default().push(value);
            }
        }
    }
    let table = table(&values);
    println!("{table}");
    if is_published {
        let text = format!(
            "Measured on {}: {}, {}. Medians of {rounds} rounds, in which the three take turns.\n\n{table}",
            today(),
            machine::processor(),
            machine::system(),
        );
        page::publish_inspector(&text)?;
    }
    Ok(())
}

/// How fast each case is, compared with the first.
fn table(values: &BTreeMap<(&'static str, usize), Vec<f64>>) -> String {
    let mut text = "| speed compared with |".to_owned();
    for (label, ..) in CASES {
        text += &format!(" {label} |");
    }
    text += &format!("\n|{}\n", "---|".repeat(CASES.len() + 1));
    for row in &ROWS {
        text += &format!("| {} |", row.label);
        let median = |case| Some(Spread::of(values.get(&(row.command, case))?)?.median);
        let first = median(0).unwrap_or(f64::NAN);
        for case in 0..CASES.len() {
            let value = median(case).unwrap_or(f64::NAN);
            let ratio = if row.is_rate {
                value / first
            } else {
                first / value
            };
            text += &format!(" {ratio:.2} |");
        }
        text += "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_compares_rates_and_times_with_the_first_case() {
        let mut values = BTreeMap::new();
        for row in &ROWS {
            for (case, value) in [100.0, 50.0, 25.0].into_iter().enumerate() {
                values.insert((row.command, case), vec![value, value, 1000.0]);
            }
        }
        let table = table(&values);
        assert!(
            table.contains("| round trip, 16 B text | 1.00 | 2.00 | 4.00 |\n"),
            "{table}"
        );
        assert!(
            table.contains("| send 32 B text | 1.00 | 0.50 | 0.25 |\n"),
            "{table}"
        );
    }
}

//! The frame layer alone, in memory: criterion's results of `rust/protocol/benches` as a table.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::run::today;
use super::{machine, page};
use crate::{cargo, process, workspace};

/// The columns, by their names in criterion.
const CONTENDERS: [&str; 2] = ["rust_web_socket", "tungstenite"];

/// One row of the table.
struct Row {
    label: String,
    /// MB/s, in the order of [`CONTENDERS`].
    throughput: Vec<f64>,
}

/// The fields of criterion's `benchmark.json` that are needed here.
#[derive(Deserialize)]
struct Benchmark {
    throughput: Throughput,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Throughput {
    bytes: f64,
}

/// The fields of its `sample.json`: for each sample its number of iterations, and their nanoseconds.
#[derive(Deserialize)]
struct Sample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// Measures and prints the table. If `is_published`, writes it into docs/.
pub(crate) fn run(is_published: bool) -> Result<()> {
    let results = workspace::target().join("criterion");
    if results.exists() {
        // A renamed row would stay in the table.
        fs::remove_dir_all(&results)?;
    }
    let mut command = cargo::command();
    command.args(["bench", "--package", "rust_web_socket_protocol"]);
    command.args(["--bench", "frames", "--", "--quiet"]);
    process::run(&mut command)?;
    let table = table(&rows(&results)?);
    println!("{table}");
    if is_published {
        let text = format!(
            "Measured on {}: {}, {}. The fastest of 100 samples, since other work only slows a sample \
             down.\n\n{table}",
            today(),
            machine::processor(),
            machine::system(),
        );
        page::publish_frame_layer(&text)?;
    }
    Ok(())
}

fn rows(results: &Path) -> Result<Vec<Row>> {
    let mut labels = Vec::new();
    for entry in fs::read_dir(results).with_context(|| results.display().to_string())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != "report" {
            labels.push(name);
        }
    }
    labels.sort_by_key(|label| order(label));
    let rows = labels.into_iter().map(|label| {
        let folder = results.join(&label);
        let throughput = CONTENDERS.iter().map(|name| throughput(&folder.join(name)));
        Ok(Row {
            throughput: throughput.collect::<Result<_>>()?,
            label,
        })
    });
    rows.collect()
}

/// Sort key of a label like `receive 64 KiB text, ASCII`: receiving first, then by size and kind.
fn order(label: &str) -> (String, u64, String) {
    let mut words = label.splitn(4, ' ');
    let mut next = || words.next().unwrap_or_default().to_owned();
    let (direction, number, unit, kind) = (next(), next(), next(), next());
    let unit = match unit.as_str() {
        "B" => 1,
        "KiB" => 1024,
        _ => 1024 * 1024,
    };
    (direction, number.parse().unwrap_or(0) * unit, kind)
}

/// The throughput in MB/s.
fn throughput(folder: &Path) -> Result<f64> {
    let read = |name: &str| {
        let file = folder.join("new").join(name);
        fs::read_to_string(&file).with_context(|| file.display().to_string())
    };
    let benchmark: Benchmark = serde_json::from_str(&read("benchmark.json")?)?;
    let sample: Sample = serde_json::from_str(&read("sample.json")?)?;
    let times = sample.times.iter().zip(&sample.iters);
    let fastest = times
        .map(|(time, iterations)| time / iterations)
        .min_by(f64::total_cmp);
    let nanoseconds = fastest.context("a benchmark without samples")?;
    ensure!(nanoseconds > 0.0, "a benchmark that took no time");
    Ok(benchmark.throughput.bytes / nanoseconds * 1000.0)
}

fn table(rows: &[Row]) -> String {
    let mut text = "| frames in memory |".to_owned();
    for name in CONTENDERS {
        text += &format!(" {name} |");
    }
    text += &format!(
        " times as fast |\n|{}\n",
        "---|".repeat(CONTENDERS.len() + 2)
    );
    for row in rows {
        text += &format!("| {} |", row.label);
        for throughput in &row.throughput {
            text += &format!(" {throughput:.0} MB/s |");
        }
        let times = match row.throughput[..] {
            [ours, theirs] => format!("{:.2}", ours / theirs),
            _ => "–".to_owned(),
        };
        text += &format!(" {times} |\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_the_order_of_direction_and_size() {
        let mut labels = [
            "send 32 B binary",
            "receive 1 MiB binary",
            "receive 64 KiB text, Chinese",
            "receive 64 KiB text, ASCII",
        ];
        labels.sort_by_key(|label| order(label));
        assert_eq!(
            labels,
            [
                "receive 64 KiB text, ASCII",
                "receive 64 KiB text, Chinese",
                "receive 1 MiB binary",
                "send 32 B binary",
            ]
        );
    }

    #[test]
    fn a_row_says_how_many_times_as_fast() {
        let row = Row {
            label: "send 32 B binary".to_owned(),
            throughput: vec![300.0, 200.0],
        };
        let table = table(&[row]);
        assert!(
            table.ends_with("| send 32 B binary | 300 MB/s | 200 MB/s | 1.50 |\n"),
            "{table}"
        );
    }
}

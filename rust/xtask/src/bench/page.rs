//! Writes the latest results into docs/benchmarks.md and README.md, between markers.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::report::Report;
use super::rows::ROWS;
use super::{plot, table};
use crate::{process, workspace};

const BEGIN: &str = "<!-- From here on by `cargo xtask bench --publish`. -->\n";
const BEGIN_FRAME_LAYER: &str =
    "<!-- From here on by `cargo xtask bench --frames --publish`. -->\n";
const BEGIN_INSPECTOR: &str =
    "<!-- From here on by `cargo xtask bench --inspector --publish`. -->\n";
const END: &str = "<!-- Up to here. -->\n";

/// Writes tables and plots into docs/, and the short table into README.md.
pub(crate) fn publish(report: &Report) -> Result<()> {
    let root = workspace::root();
    let docs = root.join("docs");
    for section in &report.sections {
        let file = docs.join(plot_file(&section.scheme.to_string()));
        fs::write(&file, plot::svg(section))?;
    }
    let runs = docs.join("benchmarks");
    fs::create_dir_all(&runs)?;
    let run = runs.join(run_file(&report.date, &report.machine.processor));
    fs::write(
        &run,
        format!(
            "# Benchmarks of {}\n\n{}",
            report.date,
            results(report, false)
        ),
    )?;
    process::announce(&format!("wrote {}", workspace::relative(&run)));
    let page = format!("{}\n{}", results(report, true), list_of_runs(&runs)?);
    replace(&docs.join("benchmarks.md"), BEGIN, &page)?;
    replace(
        &root.join("README.md"),
        BEGIN,
        &format!(
            "{}\n{}",
            table::processor_time(&report.sections, table::rows_in_short()),
            table::short(&report.sections)
        ),
    )
}

/// Writes the table of the frame layer into docs/.
pub(crate) fn publish_frame_layer(text: &str) -> Result<()> {
    let page = workspace::root().join("docs/benchmarks.md");
    replace(&page, BEGIN_FRAME_LAYER, text)
}

/// Writes the costs of the inspector into docs/.
pub(crate) fn publish_inspector(text: &str) -> Result<()> {
    let page = workspace::root().join("docs/inspector.md");
    replace(&page, BEGIN_INSPECTOR, text)
}

fn replace(page: &Path, begin: &str, results: &str) -> Result<()> {
    let name = workspace::relative(page);
    let text = fs::read_to_string(page).with_context(|| name.clone())?;
    let text = with_results(&text, begin, results)
        .with_context(|| format!("{name} has lost its {} or {}", begin.trim(), END.trim()))?;
    fs::write(page, text)?;
    process::announce(&format!("wrote {name}"));
    Ok(())
}

fn plot_file(scheme: &str) -> String {
    format!("benchmarks-{scheme}.svg")
}

/// The file of a run: one for each date and processor.
fn run_file(date: &str, processor: &str) -> String {
    let processor = processor.to_lowercase();
    let words = processor.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    format!("{date}-{}.md", words.join("-"))
}

/// Links to all published runs, the latest first.
fn list_of_runs(folder: &Path) -> Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".md").map(str::to_owned));
    }
    names.sort();
    let mut text = "## Runs\n\nEvery published run is kept, each with its machine:\n\n".to_owned();
    for name in names.iter().rev() {
        text += &format!("- [{name}](benchmarks/{name}.md)\n");
    }
    Ok(text)
}

/// Replaces the results after `begin` in `page` by `results`.
fn with_results(page: &str, begin: &str, results: &str) -> Option<String> {
    let (before, rest) = page.split_once(begin)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{begin}\n{results}\n{END}{after}"))
}

/// The tables of `report`, with plots if `has_plots`.
fn results(report: &Report, has_plots: bool) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "Measured on {}: {} rounds on {} ({} cores), {}, ",
        report.date, report.rounds, machine.processor, machine.cores, machine.system,
    );
    text += match &machine.pinned {
        Some(cores) if cores.are_shared() => {
            "the server on one core, which the clients share except in round trips"
        }
        Some(_) => "the server on a core of its own",
        None => "no program pinned to a core",
    };
    if let Some(busy) = machine.busy {
        text += &format!(", {busy:.1} cores busy with other programs");
    }
    text += &format!(
        ". rust_web_socket {}, {}, {}.\n",
        machine.rust_web_socket, machine.rust, machine.dart
    );
    text += &format!(
        "\n## Processor time\n\n{}",
        table::processor_time(&report.sections, ROWS.iter())
    );
    for section in &report.sections {
        let scheme = section.scheme.to_string();
        text += &format!("\n## {scheme}\n\n");
        if has_plots {
            let plot = plot_file(&scheme);
            text += &format!("![{scheme}: times better than dart:io]({plot})\n\n");
        }
        text += &table::full(section);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_its_date_and_processor() {
        let file = run_file("2026-11-21", "Intel(R) Xeon(R) Processor");
        assert_eq!(file, "2026-11-21-intel-r-xeon-r-processor.md");
    }

    #[test]
    fn published_runs_are_listed_from_the_latest_to_the_oldest() -> Result<()> {
        let folder = workspace::target().join("bench-test/runs");
        fs::create_dir_all(&folder)?;
        for name in ["2026-11-21-a.md", "2026-12-01-a.md", "plot.svg"] {
            fs::write(folder.join(name), "")?;
        }
        let list = list_of_runs(&folder)?;
        let links: Vec<_> = list.lines().filter(|line| line.starts_with('-')).collect();
        assert_eq!(
            links,
            [
                "- [2026-12-01-a](benchmarks/2026-12-01-a.md)",
                "- [2026-11-21-a](benchmarks/2026-11-21-a.md)",
            ]
        );
        Ok(())
    }

    #[test]
    fn only_the_results_are_replaced() {
        let page = format!("words\n{BEGIN}old\n{END}more words\n");
        let new = with_results(&page, BEGIN, "new").expect("the markers are there");
        assert_eq!(new, format!("words\n{BEGIN}\nnew\n{END}more words\n"));
        assert_eq!(with_results("words", BEGIN, "new"), None);
    }
}

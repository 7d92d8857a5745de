//! docs/benchmarks.md and README.md: what a person has written there, around the latest results.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::report::Report;
use super::{plot, table};
use crate::{process, workspace};

const BEGIN: &str = "<!-- From here on by `cargo xtask bench --publish`. -->\n";
const END: &str = "<!-- Up to here. -->\n";

/// Writes tables and plots into docs/, and the short table into README.md.
pub(crate) fn publish(report: &Report) -> Result<()> {
    let root = workspace::root();
    let docs = root.join("docs");
    for section in &report.sections {
        let file = docs.join(plot_file(&section.scheme.to_string()));
        fs::write(&file, plot::svg(section))?;
    }
    replace(&docs.join("benchmarks.md"), &results(report))?;
    replace(&root.join("README.md"), &table::short(&report.sections))
}

fn replace(page: &Path, results: &str) -> Result<()> {
    let name = workspace::relative(page);
    let text = fs::read_to_string(page).with_context(|| name.clone())?;
    let text = with_results(&text, results)
        .with_context(|| format!("{name} has lost its {} or {}", BEGIN.trim(), END.trim()))?;
    fs::write(page, text)?;
    process::announce(&format!("wrote {name}"));
    Ok(())
}

fn plot_file(scheme: &str) -> String {
    format!("benchmarks-{scheme}.svg")
}

/// `page` with `results` in place of the ones that it has.
fn with_results(page: &str, results: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{results}\n{END}{after}"))
}

fn results(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "Measured on {}: {} rounds on {} ({} cores), {}, ",
        report.date, report.rounds, machine.processor, machine.cores, machine.system,
    );
    text += match &machine.pinned {
        Some(cores) if cores.are_shared() => {
            "the server on one core, which the clients share but in round trips"
        }
        Some(_) => "the server on a core of its own",
        None => "nobody told where to run",
    };
    if let Some(busy) = machine.busy {
        text += &format!(", {busy:.1} cores busy with something else");
    }
    text += &format!(
        ". rust_web_socket {}, {}, {}.\n",
        machine.rust_web_socket, machine.rust, machine.dart
    );
    for section in &report.sections {
        let scheme = section.scheme.to_string();
        text += &format!(
            "\n## {scheme}\n\n![{scheme}: times better than dart:io]({})\n\n{}",
            plot_file(&scheme),
            table::full(section)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_results_are_replaced() {
        let page = format!("words\n{BEGIN}old\n{END}more words\n");
        let new = with_results(&page, "new").expect("the markers are there");
        assert_eq!(new, format!("words\n{BEGIN}\nnew\n{END}more words\n"));
        assert_eq!(with_results("words", "new"), None);
    }
}

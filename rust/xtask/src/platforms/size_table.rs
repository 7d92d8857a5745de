//! The table of library sizes in docs/install.md.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::targets;
use crate::workspace;

const PAGE: &str = "docs/install.md";
const BEGIN: &str =
    "<!-- From here on by `cargo xtask prebuilt --publish` and `cargo xtask cross --publish`. -->";
const END: &str = "<!-- Up to here. -->";
const HEAD: &str = "| target | size | oldest system | built |\n|---|---|---|---|\n";

/// The library of a target.
pub(crate) struct Row {
    pub(crate) target: &'static str,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) minimum_system: String,
    /// How it was built.
    pub(crate) built: String,
}

/// Writes `rows` into the page, and keeps those of other targets.
pub(crate) fn publish(rows: &[Row]) -> Result<PathBuf> {
    let page = workspace::root().join(PAGE);
    let text = fs::read_to_string(&page).with_context(|| page.display().to_string())?;
    fs::write(&page, replace(&text, rows)?)?;
    Ok(page)
}

fn replace(text: &str, rows: &[Row]) -> Result<String> {
    let missing = || format!("{PAGE} has no `{BEGIN}` … `{END}`");
    let (before, rest) = text.split_once(BEGIN).with_context(missing)?;
    let (old, after) = rest.split_once(END).with_context(missing)?;
    let mut table = HEAD.to_owned();
    for target in &targets::ALL {
        let start = format!("| `{}` |", target.triple);
        if let Some(row) = rows.iter().find(|row| row.target == target.triple) {
            table.push_str(&format!(
                "{start} {:.2} MB | {} | {} |\n",
                row.size as f64 / 1e6,
                row.minimum_system,
                row.built
            ));
        } else if let Some(line) = old.lines().find(|line| line.starts_with(&start)) {
            table.push_str(&format!("{line}\n"));
        }
    }
    Ok(format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_replaced_and_others_kept() -> Result<()> {
        let text = format!(
            "Before\n{BEGIN}\n\n{HEAD}| `x86_64-linux-android` | 1.00 MB | old | kept |\n\
             | `x86_64-unknown-linux-gnu` | 1.00 MB | old | gone |\n\n{END}\nAfter\n"
        );
        let rows = [Row {
            target: "x86_64-unknown-linux-gnu",
            size: 2_345_678,
            minimum_system: "glibc 2.17".to_owned(),
            built: "with Zig".to_owned(),
        }];
        let replaced = replace(&text, &rows)?;
        assert!(replaced.starts_with("Before\n"), "{replaced}");
        assert!(replaced.ends_with("After\n"), "{replaced}");
        assert!(replaced.contains("| kept |"), "{replaced}");
        assert!(
            replaced.contains("| `x86_64-unknown-linux-gnu` | 2.35 MB | glibc 2.17 | with Zig |"),
            "{replaced}"
        );
        assert!(!replaced.contains("gone"), "{replaced}");
        assert_eq!(replace(&replaced, &rows)?, replaced);
        Ok(())
    }
}

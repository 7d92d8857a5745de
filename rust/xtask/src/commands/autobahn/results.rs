//! The results of an agent, from Autobahn's fuzzing server.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The verdict on one case, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Ok,
    /// The standards leave it open.
    Informational,
    /// Correct, but later or less strictly than the standards require.
    NonStrict,
    Unimplemented,
    /// Wrong, or not run.
    Failed,
}

impl Verdict {
    const ALL: [Self; 5] = [
        Self::Ok,
        Self::Informational,
        Self::NonStrict,
        Self::Unimplemented,
        Self::Failed,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Informational => "informational",
            Self::NonStrict => "non-strict",
            Self::Unimplemented => "unimplemented",
            Self::Failed => "failed",
        }
    }

    /// Parses the server's name. Other names, such as `WRONG CODE` and `UNCLEAN`, are failures.
    fn parse(behavior: &str) -> Self {
        match behavior {
            "OK" => Self::Ok,
            "INFORMATIONAL" => Self::Informational,
            "NON-STRICT" => Self::NonStrict,
            "UNIMPLEMENTED" => Self::Unimplemented,
            _ => Self::Failed,
        }
    }
}

/// The fields of the server's index that are needed here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    behavior: String,
    behavior_close: String,
}

type Index = BTreeMap<String, BTreeMap<String, Entry>>;

/// The verdict of each case, in the cases' order.
pub(crate) struct Results(Vec<(String, Verdict)>);

impl Results {
    /// Reads the results of `agent` from the server's `index`, if it exists.
    pub(crate) fn read(index: &Path, agent: &str, cases: &[String]) -> Result<Self> {
        let index = if index.exists() {
            let text = fs::read_to_string(index)?;
            serde_json::from_str(&text).context("the index of the report can't be read")?
        } else {
            Index::new()
        };
        Ok(Self::of(&index, agent, cases))
    }

    fn of(index: &Index, agent: &str, cases: &[String]) -> Self {
        let entries = index.get(agent);
        let verdict = |case| match entries.and_then(|entries| entries.get(case)) {
            Some(entry) => {
                Verdict::parse(&entry.behavior).max(Verdict::parse(&entry.behavior_close))
            }
            None => Verdict::Failed,
        };
        Self(
            cases
                .iter()
                .map(|case| (case.clone(), verdict(case)))
                .collect(),
        )
    }

    /// Whether every case was run and passed.
    pub(crate) fn is_success(&self) -> bool {
        let passed = |(_, verdict): &_| *verdict <= Verdict::Informational;
        !self.0.is_empty() && self.0.iter().all(passed)
    }

    /// The number of cases, in all and of each verdict.
    pub(crate) fn summary(&self) -> String {
        let counts = Verdict::ALL
            .map(|verdict| format!("{} {}", self.with(verdict).count(), verdict.name()));
        format!("autobahn: {} cases, {}", self.0.len(), counts.join(", "))
    }

    /// A line for each verdict except ok, with its cases.
    pub(crate) fn list(&self) -> String {
        let mut list = String::new();
        for verdict in &Verdict::ALL[1..] {
            let cases: Vec<_> = self.with(*verdict).collect();
            if !cases.is_empty() {
                list += &format!("{}: {}\n", verdict.name(), cases.join(" "));
            }
        }
        list
    }

    fn with(&self, verdict: Verdict) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |it| it.1 == verdict)
            .map(|it| it.0.as_str())
    }

    /// The results of each group, which is the first number of a case.
    fn groups(&self) -> Vec<(&str, Self)> {
        let mut groups: Vec<(&str, Self)> = Vec::new();
        for (case, verdict) in &self.0 {
            let (group, _) = case.split_once('.').unwrap_or((case, ""));
            let result = (case.clone(), *verdict);
            match groups.last_mut() {
                Some((last, results)) if *last == group => results.0.push(result),
                _ => groups.push((group, Self(vec![result]))),
            }
        }
        groups
    }

    /// The count of each verdict that occurs, like `7 ok, 1 non-strict`.
    fn counts(&self) -> String {
        let counts: Vec<_> = Verdict::ALL
            .into_iter()
            .map(|verdict| (self.with(verdict).count(), verdict.name()))
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        counts.join(", ")
    }
}

/// A table in Markdown: the counts of each group, agent by agent.
pub(crate) fn table(agents: &[(&str, Results)]) -> String {
    let mut table = row(
        &["group", "cases"],
        agents.iter().map(|(agent, _)| agent.to_string()),
    );
    table += &row(&["---", "---"], agents.iter().map(|_| "---".to_owned()));
    let groups: Vec<_> = agents.iter().map(|(_, results)| results.groups()).collect();
    // All agents run the same cases.
    for (i, (group, results)) in groups.first().into_iter().flatten().enumerate() {
        let size = results.0.len().to_string();
        let title = format!("{group} {}", title(group));
        let counts = groups.iter().filter_map(|groups| groups.get(i));
        table += &row(
            &[title.trim(), &size],
            counts.map(|(_, results)| results.counts()),
        );
    }
    let size = agents.first().map_or(0, |(_, results)| results.0.len());
    let counts = agents.iter().map(|(_, results)| results.counts());
    table + &row(&["all", &size.to_string()], counts)
}

fn row(heads: &[&str], cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<_> = heads
        .iter()
        .map(|head| head.to_string())
        .chain(cells)
        .collect();
    format!("| {} |\n", cells.join(" | "))
}

/// What the suite calls a group.
fn title(group: &str) -> &'static str {
    match group {
        "1" => "framing",
        "2" => "pings and pongs",
        "3" => "reserved bits",
        "4" => "opcodes",
        "5" => "fragmentation",
        "6" => "UTF-8 handling",
        "7" => "close handling",
        "9" => "limits and performance",
        "10" => "miscellaneous",
        "12" => "compression, different payloads",
        "13" => "compression, different parameters",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(index: &str) -> Result<Results> {
        let cases = ["1.1.1", "1.1.2", "1.2.1", "10.1.1"].map(str::to_owned);
        Ok(Results::of(&serde_json::from_str(index)?, "core", &cases))
    }

    const INDEX: &str = r#"{"core": {
        "1.1.1": {"behavior": "OK", "behaviorClose": "OK", "duration": 1},
        "1.1.2": {"behavior": "INFORMATIONAL", "behaviorClose": "INFORMATIONAL"},
        "1.2.1": {"behavior": "OK", "behaviorClose": "OK"},
        "10.1.1": {"behavior": "OK", "behaviorClose": "OK"}
    }}"#;

    #[test]
    fn cases_that_are_all_right_are_a_success() -> Result<()> {
        let results = results(INDEX)?;
        assert!(results.is_success());
        assert_eq!(
            results.summary(),
            "autobahn: 4 cases, 3 ok, 1 informational, 0 non-strict, 0 unimplemented, 0 failed"
        );
        assert_eq!(results.list(), "informational: 1.1.2\n");
        Ok(())
    }

    #[test]
    fn the_worse_of_behaviour_and_close_counts() -> Result<()> {
        let results = results(
            r#"{"core": {
                "1.1.1": {"behavior": "OK", "behaviorClose": "WRONG CODE"},
                "1.1.2": {"behavior": "NON-STRICT", "behaviorClose": "OK"},
                "1.2.1": {"behavior": "UNIMPLEMENTED", "behaviorClose": "UNCLEAN"},
                "10.1.1": {"behavior": "UNIMPLEMENTED", "behaviorClose": "OK"}
            }}"#,
        )?;
        assert_eq!(
            results.list(),
            "non-strict: 1.1.2\nunimplemented: 10.1.1\nfailed: 1.1.1 1.2.1\n"
        );
        Ok(())
    }

    #[test]
    fn what_is_no_failure_need_not_be_a_success() -> Result<()> {
        for behavior in ["NON-STRICT", "UNIMPLEMENTED"] {
            assert!(!results(&INDEX.replace("INFORMATIONAL", behavior))?.is_success());
        }
        Ok(())
    }

    #[test]
    fn a_case_that_is_missing_has_failed() -> Result<()> {
        let results = results(&INDEX.replace("1.1.2", "1.1.3"))?;
        assert!(!results.is_success());
        assert_eq!(results.list(), "failed: 1.1.2\n");
        Ok(())
    }

    #[test]
    fn an_agent_without_results_has_failed() -> Result<()> {
        assert_eq!(results("{}")?.counts(), "4 failed");
        Ok(())
    }

    #[test]
    fn the_table_has_a_row_for_each_group() -> Result<()> {
        let agents = [("core", results(INDEX)?), ("dart", results("{}")?)];
        assert_eq!(
            table(&agents),
            "\
| group | cases | core | dart |
| --- | --- | --- | --- |
| 1 framing | 3 | 2 ok, 1 informational | 3 failed |
| 10 miscellaneous | 1 | 1 ok | 1 failed |
| all | 4 | 3 ok, 1 informational | 4 failed |
"
        );
        Ok(())
    }
}

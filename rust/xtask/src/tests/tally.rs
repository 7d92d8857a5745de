//! Counts of tests, as libtest, package:test and Node.js print them.

use std::fmt;
use std::ops::AddAssign;

/// The numbers of tests that passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl Tally {
    /// A failure that is not a test's: a crash, a timeout, a compile error.
    pub(crate) const FAILURE: Self = Self {
        passed: 0,
        failed: 1,
        skipped: 0,
    };

    /// Whether some tests passed and none failed.
    pub(crate) fn is_success(self) -> bool {
        self.failed == 0 && self.passed > 0
    }

    /// Reads the line with which libtest ends a binary:
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; …`.
    pub(crate) fn from_libtest(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let mut tally = Self::default();
        for count in counts.split("; ") {
            let mut words = count.split(' ');
            let field = match (words.next(), words.next()) {
                (Some(number), Some("passed")) => (&mut tally.passed, number),
                (Some(number), Some("failed")) => (&mut tally.failed, number),
                (Some(number), Some("ignored")) => (&mut tally.skipped, number),
                _ => continue,
            };
            *field.0 = field.1.parse().ok()?;
        }
        Some(tally)
    }

    /// Reads the line with which package:test ends a file that was run directly:
    /// `00:01 +12 ~1 -2: Some tests failed.`.
    pub(crate) fn from_package_test(line: &str) -> Option<Self> {
        let line = without_colors(line);
        let (progress, message) = line.split_once(": ")?;
        if !matches!(
            message,
            "All tests passed!" | "All tests skipped." | "Some tests failed."
        ) {
            return None;
        }
        let mut words = progress.split(' ');
        let (minutes, seconds) = words.next()?.split_once(':')?;
        minutes.parse::<u32>().ok()?;
        seconds.parse::<u32>().ok()?;
        let mut tally = Self::default();
        for word in words {
            let (sign, number) = word.split_at_checked(1)?;
            let number = number.parse().ok()?;
            match sign {
                "+" => tally.passed = number,
                "~" => tally.skipped = number,
                "-" => tally.failed = number,
                _ => return None,
            }
        }
        Some(tally)
    }

    /// Adds the count in one of the lines with which Node.js's spec reporter ends a file: `ℹ pass 12`.
    pub(crate) fn add_from_node(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        let ["ℹ", name, number] = words[..] else {
            return;
        };
        let field = match name {
            "pass" => &mut self.passed,
            "fail" | "cancelled" => &mut self.failed,
            "skipped" | "todo" => &mut self.skipped,
            _ => return,
        };
        *field += number.parse().unwrap_or(0);
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        match self.skipped {
            0 => Ok(()),
            skipped => write!(f, ", {skipped} skipped"),
        }
    }
}

/// `line` without ANSI colour sequences: package:test writes them into pipes too.
fn without_colors(line: &str) -> String {
    let mut pieces = line.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain.push_str(piece.split_once('m').map_or("", |(_, text)| text));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn tally(passed: u32, failed: u32, skipped: u32) -> Option<Tally> {
        Some(Tally {
            passed,
            failed,
            skipped,
        })
    }

    #[test]
    fn libtest_lines_are_counted() {
        let ok = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.05s";
        assert_eq!(Tally::from_libtest(ok), tally(3, 0, 1));
        let failed = "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 4 filtered out; finished in 1.00s";
        assert_eq!(Tally::from_libtest(failed), tally(10, 2, 0));
        assert_eq!(Tally::from_libtest("test it_works ... ok"), None);
    }

    #[test]
    fn package_test_lines_are_counted() {
        for (line, expected) in [
            ("00:01 +12: All tests passed!", tally(12, 0, 0)),
            ("12:34 +12 ~1 -2: Some tests failed.", tally(12, 2, 1)),
            ("00:00 +0 ~3: All tests skipped.", tally(0, 0, 3)),
            ("00:00 +0 -1: Some tests failed.", tally(0, 1, 0)),
            (
                "\u{1b}[32m00:01 +5\u{1b}[0m\u{1b}[31m -1\u{1b}[0m: \u{1b}[31mSome tests failed.\u{1b}[0m",
                tally(5, 1, 0),
            ),
        ] {
            assert_eq!(Tally::from_package_test(line), expected, "{line}");
        }
    }

    #[test]
    fn other_lines_of_package_test_are_not_closing_lines() {
        for line in [
            "",
            "00:00 +3: the close code is echoed",
            "No tests ran.",
            "note: All tests passed!",
            "00:00 +x: All tests passed!",
            "All tests passed!",
        ] {
            assert_eq!(Tally::from_package_test(line), None, "{line}");
        }
    }

    #[test]
    fn node_lines_are_counted() {
        let mut sum = Tally::default();
        for line in [
            "✔ pass 7 (0.4ms)",
            "ℹ tests 15",
            "ℹ suites 1",
            "ℹ pass 6",
            "ℹ fail 2",
            "ℹ cancelled 1",
            "ℹ skipped 4",
            "ℹ todo 2",
            "ℹ duration_ms 55.6",
        ] {
            sum.add_from_node(line);
        }
        assert_eq!(Some(sum), tally(6, 3, 6));
    }

    #[test]
    fn the_summary_mentions_skipped_tests_only_when_there_are_any() {
        let mut sum = Tally::FAILURE;
        sum += Tally {
            passed: 4,
            failed: 0,
            skipped: 0,
        };
        assert_eq!(sum.to_string(), "4 passed, 1 failed");
        sum.skipped = 2;
        assert_eq!(sum.to_string(), "4 passed, 1 failed, 2 skipped");
    }

    #[test]
    fn nothing_run_is_no_success() {
        assert!(!Tally::default().is_success());
        assert!(!Tally::FAILURE.is_success());
    }
}

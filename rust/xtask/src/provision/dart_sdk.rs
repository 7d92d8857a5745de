//! Finds an installed Dart SDK.

use std::path::PathBuf;
use std::process::Command;

use crate::process;

/// The oldest SDK that the package supports.
pub(crate) const MINIMUM_VERSION: (u32, u32) = (3, 10);

/// The `dart` on PATH, if it is a complete SDK and new enough.
pub(crate) fn find() -> Option<PathBuf> {
    let executable = process::find("dart")?;
    let version = process::output(Command::new(&executable).arg("--version")).ok()?;
    // A bare VM supports `--version` too, but not `pub`.
    process::output(Command::new(&executable).args(["pub", "--help"])).ok()?;
    let (major, minor) = parse_version(&version)?;
    if (major, minor) < MINIMUM_VERSION {
        eprintln!(
            "note: the Dart SDK on PATH is not used: {major}.{minor} is older than {}.{}",
            MINIMUM_VERSION.0, MINIMUM_VERSION.1
        );
        return None;
    }
    Some(executable)
}

/// Major and minor of `Dart SDK version: 3.10.1 (stable) …`.
fn parse_version(output: &str) -> Option<(u32, u32)> {
    let version = output.strip_prefix("Dart SDK version: ")?;
    let mut numbers = version.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_dart_prints() {
        let stable = "Dart SDK version: 3.10.1 (stable) (Tue Nov 18 2025) on \"linux_x64\"";
        assert_eq!(parse_version(stable), Some((3, 10)));
        let beta = "Dart SDK version: 3.11.0-200.1.beta (beta) on \"macos_arm64\"";
        assert_eq!(parse_version(beta), Some((3, 11)));
        assert_eq!(parse_version("no Dart"), None);
    }
}

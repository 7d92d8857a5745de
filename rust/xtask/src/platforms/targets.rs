//! The targets of the native library, as `dart/lib/src/hook/rust_target.dart` has them.

use anyhow::{Context, Result};
use object::Architecture;

use super::artifact::Version;

/// The system of an app.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Os {
    Android,
    Ios,
    Linux,
    Macos,
    Windows,
}

/// A target of apps.
#[derive(Debug)]
pub(crate) struct Target {
    /// The name of the library's folder, and Rust's target for a build on the app developer's machine.
    pub(crate) triple: &'static str,
    pub(crate) os: Os,
    pub(crate) architecture: Architecture,
}

/// The glibc that the libraries for Linux are built for: that of Rust's own standard library.
pub(crate) const GLIBC: Version = (2, 17);

/// Every target.
pub(crate) const ALL: [Target; 12] = [
    target("aarch64-linux-android", Os::Android, Architecture::Aarch64),
    target("armv7-linux-androideabi", Os::Android, Architecture::Arm),
    target("x86_64-linux-android", Os::Android, Architecture::X86_64),
    target("aarch64-apple-ios", Os::Ios, Architecture::Aarch64),
    target("aarch64-apple-ios-sim", Os::Ios, Architecture::Aarch64),
    target("x86_64-apple-ios", Os::Ios, Architecture::X86_64),
    target("aarch64-apple-darwin", Os::Macos, Architecture::Aarch64),
    target("x86_64-apple-darwin", Os::Macos, Architecture::X86_64),
    target(
        "aarch64-unknown-linux-gnu",
        Os::Linux,
        Architecture::Aarch64,
    ),
    target("x86_64-unknown-linux-gnu", Os::Linux, Architecture::X86_64),
    target(
        "aarch64-pc-windows-msvc",
        Os::Windows,
        Architecture::Aarch64,
    ),
    target("x86_64-pc-windows-msvc", Os::Windows, Architecture::X86_64),
];

const fn target(triple: &'static str, os: Os, architecture: Architecture) -> Target {
    Target {
        triple,
        os,
        architecture,
    }
}

/// The target `triple`.
pub(crate) fn find(triple: &str) -> Result<&'static Target> {
    ALL.iter()
        .find(|target| target.triple == triple)
        .with_context(|| {
            let known: Vec<_> = ALL.iter().map(|target| target.triple).collect();
            format!("{triple} is not one of {}", known.join(", "))
        })
}

impl Target {
    /// The name of the library's file.
    pub(crate) const fn library(&self) -> &'static str {
        match self.os {
            Os::Android | Os::Linux => "librust_web_socket.so",
            Os::Ios | Os::Macos => "librust_web_socket.dylib",
            Os::Windows => "rust_web_socket.dll",
        }
    }

    /// Whether it is a simulator on a Mac.
    pub(crate) fn is_simulator(&self) -> bool {
        matches!(self.triple, "aarch64-apple-ios-sim" | "x86_64-apple-ios")
    }

    /// The oldest system of Apple's that the library must run on: Flutter's minimum, or the first for the processor.
    /// A framework with a newer one than its app is rejected by the App Store (ITMS-90208).
    pub(crate) fn apple_minimum(&self) -> Version {
        match (self.os, self.architecture) {
            (Os::Macos, Architecture::Aarch64) => (11, 0),
            (Os::Macos, _) => (10, 15),
            (_, Architecture::Aarch64) if self.is_simulator() => (14, 0),
            _ => (13, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::workspace;

    #[test]
    fn the_hook_has_the_same_targets() -> Result<()> {
        let file = workspace::root().join("rust/bridge/rust-toolchain.toml");
        let listed = fs::read_to_string(file)?;
        let listed: Vec<_> = listed
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","))
            .collect();
        let all: Vec<_> = ALL.iter().map(|target| target.triple).collect();
        assert_eq!(listed, all);
        Ok(())
    }
}

//! What it takes to run Dart programs on this package.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::cargo::Profile;
use crate::platforms::library;
use crate::process;
use crate::provision::dart::Dart;
use crate::provision::package_config;

/// All that it takes to run a Dart program on this package.
pub(crate) struct Runtime {
    dart: Dart,
    library: PathBuf,
    packages: PathBuf,
}

impl Runtime {
    /// Finds or fetches a Dart, builds the native library for it as users get it, and says where
    /// packages are; those listed in `packages` replace the stand-ins.
    pub(crate) fn prepare(packages: Option<&Path>) -> Result<Self> {
        Self::prepare_with(packages, Profile::Release)
    }

    /// The same, with a native library of that profile.
    pub(crate) fn prepare_with(packages: Option<&Path>, profile: Profile) -> Result<Self> {
        let dart = Dart::prepare()?;
        Ok(Self {
            packages: package_config::prepare(&dart, packages)?,
            library: library::build(&dart, profile)?,
            dart,
        })
    }

    /// The target that the library is built for, if it is not this machine's own.
    pub(crate) fn rust_target(&self) -> Option<&'static str> {
        self.dart.rust_target()
    }

    /// What the Dart says it is.
    pub(crate) fn dart_version(&self) -> Result<String> {
        process::output(Command::new(self.dart.executable()).arg("--version"))
    }

    /// Whether `package` has `library`: a stand-in need not.
    pub(crate) fn provides(&self, package: &str, library: &str) -> bool {
        package_config::provides(&self.packages, package, library).unwrap_or(false)
    }

    /// The command that runs the Dart program `file`.
    pub(crate) fn dart(&self, file: &Path) -> Command {
        self.dart_with(&[], file)
    }

    /// The command that runs the Dart test `file`: with assertions, as `dart test` does.
    pub(crate) fn dart_test(&self, file: &Path) -> Command {
        self.dart_with(&["--enable-asserts"], file)
    }

    fn dart_with(&self, options: &[&str], file: &Path) -> Command {
        let mut command = Command::new(self.dart.executable());
        command
            .args(options)
            .arg(format!("--packages={}", self.packages.display()))
            .arg(file)
            .env("RUST_WEB_SOCKET_LIBRARY", &self.library);
        command
    }
}

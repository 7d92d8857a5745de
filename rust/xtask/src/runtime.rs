use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::dart::Dart;
use crate::library::Profile;
use crate::{command, library, packages};

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
            packages: packages::prepare(&dart, packages)?,
            library: library::build(&dart, profile)?,
            dart,
        })
    }

    /// Builds the benchmark's client without Dart, of the same kind as the library.
    pub(crate) fn raw_client(&self) -> Result<PathBuf> {
        library::build_raw_client(&self.dart)
    }

    /// What the Dart says it is.
    pub(crate) fn dart_version(&self) -> Result<String> {
        command::output(Command::new(self.dart.executable()).arg("--version"))
    }

    /// Whether `package` has `library`: a stand-in need not.
    pub(crate) fn provides(&self, package: &str, library: &str) -> bool {
        packages::provides(&self.packages, package, library).unwrap_or(false)
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

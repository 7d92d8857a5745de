//! Prepares what Dart programs need to run with this package.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::cargo::Profile;
use crate::platforms::library;
use crate::process;
use crate::provision::dart::Dart;
use crate::provision::package_config;

/// A Dart, the native library and a package config.
pub(crate) struct Runtime {
    dart: Dart,
    library: PathBuf,
    packages: PathBuf,
}

impl Runtime {
    /// Finds or fetches a Dart, builds the native library in release mode, and writes the package config. Packages of
    /// `packages` replace the stand-ins.
    pub(crate) fn prepare(packages: Option<&Path>) -> Result<Self> {
        let (dart, packages) = prepare_dart(packages)?;
        Ok(Self {
            library: library::build(&dart, Profile::Release)?,
            dart,
            packages,
        })
    }

    /// Does the same with the stand-ins and a library in the dev profile.
    pub(crate) fn prepare_quickly() -> Result<Self> {
        let (dart, packages) = prepare_dart(None)?;
        Ok(Self {
            library: library::build(&dart, Profile::Dev)?,
            dart,
            packages,
        })
    }

    /// Like [`Self::prepare_quickly`], and builds the echo server.
    pub(crate) fn prepare_with_echo_server() -> Result<(Self, PathBuf)> {
        let (dart, packages) = prepare_dart(None)?;
        let (library, echo_server) = library::build_with_echo_server(&dart)?;
        let runtime = Self {
            dart,
            library,
            packages,
        };
        Ok((runtime, echo_server))
    }

    /// The target of the library, if it is not this machine's.
    pub(crate) fn rust_target(&self) -> Option<&'static str> {
        self.dart.rust_target()
    }

    /// Dart's version, as it prints it.
    pub(crate) fn dart_version(&self) -> Result<String> {
        process::output(Command::new(self.dart.executable()).arg("--version"))
    }

    /// Whether `package` has `library`, which a stand-in may lack.
    pub(crate) fn provides(&self, package: &str, library: &str) -> bool {
        package_config::provides(&self.packages, package, library).unwrap_or(false)
    }

    /// The command that runs the Dart program `file`.
    pub(crate) fn dart(&self, file: &Path) -> Command {
        self.dart_with(&[], file)
    }

    /// The command that runs the Dart test `file`: with assertions, as `dart test` does.
    pub(crate) fn dart_test(&self, file: &Path) -> Command {
        self.dart_test_with(&[], file)
    }

    /// The same with options of the VM.
    pub(crate) fn dart_test_with(&self, options: &[&str], file: &Path) -> Command {
        self.dart_with(&[&["--enable-asserts"], options].concat(), file)
    }

    /// The options with which it compiles Flutter's sources.
    pub(crate) fn flutter_options(&self) -> &'static [&'static str] {
        self.dart.flutter_options()
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

/// Finds or fetches a Dart, and writes the package config for it.
fn prepare_dart(packages: Option<&Path>) -> Result<(Dart, PathBuf)> {
    let dart = Dart::prepare()?;
    let packages = package_config::prepare(&dart, packages)?;
    Ok((dart, packages))
}

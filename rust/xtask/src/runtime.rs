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
        let (dart, packages) = prepare_dart(packages)?;
        Ok(Self {
            library: library::build(&dart, Profile::Release)?,
            dart,
            packages,
        })
    }

    /// The same with the stand-ins and a library that is built quickly.
    pub(crate) fn prepare_quickly() -> Result<Self> {
        let (dart, packages) = prepare_dart(None)?;
        Ok(Self {
            library: library::build(&dart, Profile::Dev)?,
            dart,
            packages,
        })
    }

    /// Like [`Self::prepare_quickly`], with the echo server's program.
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

/// Finds or fetches a Dart, and writes the package config for it.
fn prepare_dart(packages: Option<&Path>) -> Result<(Dart, PathBuf)> {
    let dart = Dart::prepare()?;
    let packages = package_config::prepare(&dart, packages)?;
    Ok((dart, packages))
}

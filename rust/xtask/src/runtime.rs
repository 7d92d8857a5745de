//! Prepares what Dart programs need to run with this package.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::cargo::Profile;
use crate::platforms::library;
use crate::process;
use crate::provision::dart::Dart;
use crate::provision::package_config;
use crate::provision::wine::Wine;

/// A Dart, the native library and a package config. The web needs no library.
pub(crate) struct Runtime {
    dart: Dart,
    library: Option<PathBuf>,
    packages: PathBuf,
}

impl Runtime {
    /// Finds or fetches a Dart, builds the native library in release mode, and writes the package config. Packages of
    /// `packages` replace the stand-ins.
    pub(crate) fn prepare(packages: Option<&Path>) -> Result<Self> {
        let (dart, packages) = prepare_dart(packages)?;
        Ok(Self {
            library: Some(library::build(&dart, Profile::Release)?),
            dart,
            packages,
        })
    }

    /// Does the same with the stand-ins and a library in the dev profile.
    pub(crate) fn prepare_quickly() -> Result<Self> {
        let (dart, packages) = prepare_dart(None)?;
        Ok(Self {
            library: Some(library::build(&dart, Profile::Dev)?),
            dart,
            packages,
        })
    }

    /// Like [`Self::prepare_quickly`], and builds the echo server.
    pub(crate) fn prepare_with_echo_server() -> Result<(Self, PathBuf)> {
        Self::with_echo_server(Dart::prepare()?)
    }

    /// Does the same for the Dart of Windows.
    pub(crate) fn prepare_windows(wine: Wine) -> Result<(Self, PathBuf)> {
        Self::with_echo_server(Dart::prepare_windows(wine)?)
    }

    /// Like [`Self::prepare_quickly`], without a library.
    pub(crate) fn prepare_without_library() -> Result<Self> {
        let (dart, packages) = prepare_dart(None)?;
        Ok(Self {
            dart,
            library: None,
            packages,
        })
    }

    fn with_echo_server(dart: Dart) -> Result<(Self, PathBuf)> {
        let packages = package_config::prepare(&dart, None)?;
        let (library, echo_server) = library::build_with_echo_server(&dart)?;
        let runtime = Self {
            dart,
            library: Some(library),
            packages,
        };
        Ok((runtime, echo_server))
    }

    /// The path of `path` as Dart's programs see it.
    pub(crate) fn path(&self, path: &Path) -> OsString {
        self.dart.path(path)
    }

    /// A command that runs `program`, which was built for the same system as the library.
    pub(crate) fn launch(&self, program: &Path) -> Command {
        self.dart.launch(program)
    }

    /// The same with the package config `packages`.
    pub(crate) fn with_packages(self, packages: PathBuf) -> Self {
        Self { packages, ..self }
    }

    /// The target of the library, if it is not this machine's.
    pub(crate) fn rust_target(&self) -> Option<&'static str> {
        self.dart.rust_target()
    }

    /// Passes what `dart` needs to a program that runs Dart programs itself.
    pub(crate) fn pass_to(&self, command: &mut Command) {
        command.env("DART", self.dart.executable());
        command.env("DART_PACKAGES", self.path(&self.packages));
        if let Some(library) = &self.library {
            command.env("RUST_WEB_SOCKET_LIBRARY", self.path(library));
        }
    }

    /// Dart's version, as it prints it.
    pub(crate) fn dart_version(&self) -> Result<String> {
        process::output(self.dart.command().arg("--version"))
    }

    /// Whether `package` has `library`, which a stand-in may lack.
    pub(crate) fn provides(&self, package: &str, library: &str) -> bool {
        package_config::provides(&self.packages, package, library).unwrap_or(false)
    }

    /// The command that runs the Dart program `file`.
    pub(crate) fn dart(&self, file: &Path) -> Command {
        self.dart_with(&[], file)
    }

    /// The command that runs the Dart program `file` with the VM service on loopback, which requires a code.
    pub(crate) fn dart_with_service(&self, file: &Path) -> Command {
        // The SDK's development service would be one more process, which the bare VM does not have.
        self.dart_with(
            &["--disable-dart-dev", "--no-dds", "--enable-vm-service=0"],
            file,
        )
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

    /// The same with options of the VM.
    pub(crate) fn dart_with(&self, options: &[&str], file: &Path) -> Command {
        let mut command = self.dart.command();
        let mut packages = OsString::from("--packages=");
        packages.push(self.path(&self.packages));
        command.args(options).arg(packages).arg(self.path(file));
        if let Some(library) = &self.library {
            command.env("RUST_WEB_SOCKET_LIBRARY", self.path(library));
        }
        command
    }
}

/// Finds or fetches a Dart, and writes the package config for it.
fn prepare_dart(packages: Option<&Path>) -> Result<(Dart, PathBuf)> {
    let dart = Dart::prepare()?;
    let packages = package_config::prepare(&dart, packages)?;
    Ok((dart, packages))
}

//! Finds a Dart to run programs: an SDK, or the bare VM.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::wine::{self, Wine};
use super::{dart_sdk, dart_vm, system};

/// A Dart that runs programs.
pub(crate) enum Dart {
    /// A complete SDK, for this machine's own architecture.
    Sdk(PathBuf),
    /// The bare VM.
    Vm(PathBuf),
    /// The bare VM for Windows.
    Windows(PathBuf, Wine),
}

impl Dart {
    /// Finds the SDK on PATH, or fetches the VM.
    pub(crate) fn prepare() -> Result<Self> {
        match dart_sdk::find() {
            Some(executable) => Ok(Self::Sdk(executable)),
            None => Ok(Self::Vm(dart_vm::prepare()?)),
        }
    }

    /// Fetches the VM, also on a machine with an SDK.
    pub(crate) fn prepare_vm() -> Result<Self> {
        Ok(Self::Vm(dart_vm::prepare()?))
    }

    /// Fetches the VM for Windows, and what links its libraries.
    pub(crate) fn prepare_windows(wine: Wine) -> Result<Self> {
        system::require_32_bit_mingw()?;
        Ok(Self::Windows(dart_vm::prepare_windows(&wine)?, wine))
    }

    /// A command that runs it.
    pub(crate) fn command(&self) -> Command {
        self.launch(self.executable())
    }

    /// A command that runs `program`, which is for the same system.
    pub(crate) fn launch(&self, program: &Path) -> Command {
        match self {
            Self::Sdk(_) | Self::Vm(_) => Command::new(program),
            Self::Windows(_, wine) => wine.command(program),
        }
    }

    /// The path of `path` as its programs see it.
    pub(crate) fn path(&self, path: &Path) -> OsString {
        match self {
            Self::Sdk(_) | Self::Vm(_) => path.into(),
            Self::Windows(..) => wine::path(path).into(),
        }
    }

    /// The `file:` URI `uri` as its programs see it.
    pub(crate) fn uri(&self, uri: String) -> String {
        match self {
            Self::Sdk(_) | Self::Vm(_) => uri,
            Self::Windows(..) => wine::uri(&uri),
        }
    }

    /// The path of the program.
    pub(crate) fn executable(&self) -> &PathBuf {
        match self {
            Self::Sdk(executable) | Self::Vm(executable) | Self::Windows(executable, _) => {
                executable
            }
        }
    }

    /// The target of native libraries that it can load, if it is not this machine's.
    pub(crate) fn rust_target(&self) -> Option<&'static str> {
        match self {
            Self::Sdk(_) => None,
            Self::Vm(_) => Some(dart_vm::RUST_TARGET),
            Self::Windows(..) => Some(dart_vm::WINDOWS_RUST_TARGET),
        }
    }

    /// The newest language version that it supports, if it is older than an SDK's.
    pub(crate) fn newest_language(&self) -> Option<(u32, u32)> {
        match self {
            Self::Sdk(_) => None,
            Self::Vm(_) | Self::Windows(..) => Some(dart_vm::NEWEST_LANGUAGE),
        }
    }

    /// The options with which it compiles Flutter's sources. They use a feature of a newer Dart, which the VM has as an
    /// experiment.
    pub(crate) fn flutter_options(&self) -> &'static [&'static str] {
        match self {
            Self::Sdk(_) => &[],
            Self::Vm(_) | Self::Windows(..) => &["--enable-experiment=null-aware-elements"],
        }
    }
}

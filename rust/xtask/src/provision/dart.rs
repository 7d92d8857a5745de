//! Finds a Dart to run programs: an SDK, or the bare VM.

use std::path::PathBuf;

use anyhow::Result;

use super::{dart_sdk, dart_vm};

/// A Dart that runs programs.
pub(crate) enum Dart {
    /// A complete SDK, for this machine's own architecture.
    Sdk(PathBuf),
    /// The bare VM.
    Vm(PathBuf),
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

    /// The path of the program.
    pub(crate) fn executable(&self) -> &PathBuf {
        match self {
            Self::Sdk(executable) | Self::Vm(executable) => executable,
        }
    }

    /// The target of native libraries that it can load, if it is not this machine's.
    pub(crate) fn rust_target(&self) -> Option<&'static str> {
        match self {
            Self::Sdk(_) => None,
            Self::Vm(_) => Some(dart_vm::RUST_TARGET),
        }
    }

    /// The newest language version that it supports, if it is older than an SDK's.
    pub(crate) fn newest_language(&self) -> Option<(u32, u32)> {
        match self {
            Self::Sdk(_) => None,
            Self::Vm(_) => Some(dart_vm::NEWEST_LANGUAGE),
        }
    }

    /// The options with which it compiles Flutter's sources. They use a feature of a newer Dart, which the VM has as an
    /// experiment.
    pub(crate) fn flutter_options(&self) -> &'static [&'static str] {
        match self {
            Self::Sdk(_) => &[],
            Self::Vm(_) => &["--enable-experiment=null-aware-elements"],
        }
    }
}

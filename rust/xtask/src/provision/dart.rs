//! The Dart that runs programs: a complete SDK, or the bare VM.

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
    /// The SDK on PATH; without one, the VM.
    pub(crate) fn prepare() -> Result<Self> {
        match dart_sdk::find() {
            Some(executable) => Ok(Self::Sdk(executable)),
            None => Ok(Self::Vm(dart_vm::prepare()?)),
        }
    }

    /// The program itself.
    pub(crate) fn executable(&self) -> &PathBuf {
        match self {
            Self::Sdk(executable) | Self::Vm(executable) => executable,
        }
    }

    /// The target that a native library must be built for to be loaded, if it is not this
    /// machine's own.
    pub(crate) fn rust_target(&self) -> Option<&'static str> {
        match self {
            Self::Sdk(_) => None,
            Self::Vm(_) => Some(dart_vm::RUST_TARGET),
        }
    }

    /// The newest language version that packages may ask for, if it is older than an SDK's.
    pub(crate) fn newest_language(&self) -> Option<(u32, u32)> {
        match self {
            Self::Sdk(_) => None,
            Self::Vm(_) => Some(dart_vm::NEWEST_LANGUAGE),
        }
    }
}

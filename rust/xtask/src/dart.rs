use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, sdk, vm};

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
        match sdk::find() {
            Some(executable) => Ok(Self::Sdk(executable)),
            None => Ok(Self::Vm(vm::prepare()?)),
        }
    }

    /// The program itself.
    pub(crate) fn executable(&self) -> &PathBuf {
        match self {
            Self::Sdk(executable) | Self::Vm(executable) => executable,
        }
    }

    /// Its version, such as `3.10.1`.
    pub(crate) fn version(&self) -> Result<String> {
        let output = command::output(Command::new(self.executable()).arg("--version"))?;
        let version = output.strip_prefix("Dart SDK version: ");
        let version = version.and_then(|version| version.split(' ').next());
        version.map(str::to_owned).with_context(|| output.clone())
    }

    /// The target that a native library must be built for to be loaded, if it is not this
    /// machine's own.
    pub(crate) fn rust_target(&self) -> Option<&'static str> {
        match self {
            Self::Sdk(_) => None,
            Self::Vm(_) => Some(vm::RUST_TARGET),
        }
    }

    /// The newest language version that packages may ask for, if it is older than an SDK's.
    pub(crate) fn newest_language(&self) -> Option<(u32, u32)> {
        match self {
            Self::Sdk(_) => None,
            Self::Vm(_) => Some(vm::LANGUAGE),
        }
    }
}

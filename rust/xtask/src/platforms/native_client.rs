//! `tests/native/client.c`: a program that uses the library through its C functions, without Dart.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::targets::{GLIBC, Os, Target};
use super::tested;
use crate::provision::{system, zig};
use crate::{process, workspace};

/// The program, for one target.
pub(crate) struct NativeClient {
    file: PathBuf,
    emulator: &'static [&'static str],
}

impl NativeClient {
    /// Compiles it for `target`, and finds what runs it here; otherwise the error says why it can't run.
    pub(crate) fn prepare(target: &Target) -> Result<Self> {
        let (architecture, _) = target.triple.split_once('-').unwrap_or_default();
        let emulator: &[&str] = match (target.os, env::consts::OS, architecture) {
            (Os::Linux, "linux", own) if own == env::consts::ARCH => &[],
            (Os::Linux, "linux", "aarch64") => system::require_arm64_emulator()?,
            _ => bail!("this machine can't run programs for {}", target.triple),
        };
        Ok(Self {
            file: compile(architecture)?,
            emulator,
        })
    }

    /// The program's file.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Where it runs.
    pub(crate) fn place(&self) -> String {
        tested::system_with(self.emulator)
    }

    /// The command that sends messages to the server at `url` with `library`.
    pub(crate) fn command(&self, library: &Path, url: &str) -> Command {
        let mut words: Vec<_> = self.emulator.iter().map(OsStr::new).collect();
        words.extend([self.file.as_os_str(), library.as_os_str(), url.as_ref()]);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        command
    }
}

/// Compiled for the same glibc as the libraries, so that it runs wherever they do.
fn compile(architecture: &str) -> Result<PathBuf> {
    let folder = workspace::target().join("native-client");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("client-{architecture}"));
    let mut zig = zig::c_compiler()?;
    zig.arg("-target")
        .arg(format!("{architecture}-linux-gnu.{}.{}", GLIBC.0, GLIBC.1))
        .args(["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&file)
        .arg(workspace::root().join("tests/native/client.c"))
        .args(["-ldl", "-lpthread"]);
    process::run(&mut zig)?;
    Ok(file)
}

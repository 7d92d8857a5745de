//! Links the shared library for Android without the NDK.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::library::{self, Kind};
use super::phone::{self, Target};
use crate::process;

/// The system libraries that a build with the NDK links to.
const SYSTEM_LIBRARIES: [&str; 6] = ["c", "dl", "gcc", "log", "m", "unwind"];

/// Builds the library for `target` into `folder`, and strips it as an app's build does.
pub(crate) fn build_stripped(target: &Target, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let environment = phone::environment(target)?;
    let library = library::build_for(
        target.rust,
        Kind::Shared,
        &link_arguments(target.clang, folder)?,
        &environment,
    )?;
    let stripped = folder.join("librust_web_socket.so");
    process::run(
        Command::new("llvm-strip")
            .arg("--strip-unneeded")
            .arg(&library)
            .arg("-o")
            .arg(&stripped),
    )?;
    Ok(stripped)
}

/// The smallest alignment of the loaded segments of `library`, in bytes.
pub(crate) fn alignment(library: &Path) -> Result<u64> {
    let headers = process::output(Command::new("llvm-readelf").arg("-lW").arg(library))?;
    smallest_alignment(&headers).context("llvm-readelf shows no segment")
}

/// Links with lld and empty system libraries, and leaves their symbols unresolved.
fn link_arguments(clang: &str, folder: &Path) -> Result<Vec<String>> {
    for name in SYSTEM_LIBRARIES {
        let file = folder.join(format!("lib{name}.a"));
        if !file.exists() {
            process::run(Command::new("llvm-ar").arg("rcs").arg(file))?;
        }
    }
    let arguments = [
        format!("--target={clang}"),
        "-fuse-ld=lld".to_owned(),
        "-nostdlib".to_owned(),
        format!("-L{}", folder.display()),
        "-Wl,--unresolved-symbols=ignore-all".to_owned(),
    ];
    Ok(arguments
        .iter()
        .map(|argument| format!("-Clink-arg={argument}"))
        .collect())
}

/// The smallest alignment of the loaded segments in readelf's `headers`.
fn smallest_alignment(headers: &str) -> Option<u64> {
    headers
        .lines()
        .filter(|line| line.trim_start().starts_with("LOAD "))
        .filter_map(|line| line.split_whitespace().last()?.strip_prefix("0x"))
        .filter_map(|hexadecimal| u64::from_str_radix(hexadecimal, 16).ok())
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alignment_is_that_of_the_loaded_segments() {
        let headers = "\
            Program Headers:\n  \
            Type           Offset   VirtAddr           PhysAddr           FileSiz  MemSiz   Flg Align\n  \
            PHDR           0x000040 0x0000000000000040 0x0000000000000040 0x000230 0x000230 R   0x8\n  \
            LOAD           0x000000 0x0000000000000000 0x0000000000000000 0x0b2464 0x0b2464 R   0x4000\n  \
            LOAD           0x0b2480 0x00000000000b6480 0x00000000000b6480 0x15d470 0x15d470 R E 0x1000\n";
        assert_eq!(smallest_alignment(headers), Some(0x1000));
        assert_eq!(smallest_alignment("no segments"), None);
    }
}

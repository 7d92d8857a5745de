//! `cargo xtask size`: what the native library adds to an app on most Android phones.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::library::{self, Kind};
use crate::{command, cross, workspace};

/// What it may be, in bytes.
const LIMIT: u64 = 2_500_000;
/// The pages of newer devices, in bytes; Google Play refuses libraries that are not aligned to them.
const PAGE: u64 = 16 * 1024;
/// The libraries that a build with the NDK links to.
const SYSTEM_LIBRARIES: [&str; 6] = ["c", "dl", "gcc", "log", "m", "unwind"];

/// Links the library, strips it as an app's build does, and prints its size.
pub(crate) fn run() -> Result<ExitCode> {
    let target = &cross::ANDROID_ARM64;
    let folder = workspace::target().join("size");
    fs::create_dir_all(&folder)?;
    let environment = cross::environment(target)?;
    let library = library::build_for(
        target.rust,
        Kind::Shared,
        &link_arguments(target.clang, &folder)?,
        &environment,
    )?;
    let stripped = folder.join("librust_web_socket.so");
    command::run(
        Command::new("llvm-strip")
            .arg("--strip-unneeded")
            .arg(&library)
            .arg("-o")
            .arg(&stripped),
    )?;

    let size = fs::metadata(&stripped)?.len();
    let headers = command::output(Command::new("llvm-readelf").arg("-lW").arg(&stripped))?;
    let alignment = smallest_alignment(&headers).context("llvm-readelf shows no segment")?;
    println!(
        "{}, {}, stripped: {size} bytes (limit: {LIMIT}), aligned to {} KiB",
        workspace::relative(&stripped),
        target.rust,
        alignment / 1024
    );
    println!("Linked without the NDK: its unwinder, which is part of a real build, is not in it.");
    let mut code = ExitCode::SUCCESS;
    if size > LIMIT {
        eprintln!("error: the library is larger than {LIMIT} bytes");
        code = ExitCode::FAILURE;
    }
    if alignment < PAGE {
        eprintln!("error: its segments are not aligned to pages of 16 KiB");
        code = ExitCode::FAILURE;
    }
    Ok(code)
}

/// Links with lld, and leaves what the system's libraries have unresolved: empty ones stand in for them.
fn link_arguments(clang: &str, folder: &Path) -> Result<Vec<String>> {
    for name in SYSTEM_LIBRARIES {
        let file = folder.join(format!("lib{name}.a"));
        if !file.exists() {
            command::run(Command::new("llvm-ar").arg("rcs").arg(file))?;
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

/// The smallest alignment of the segments that `headers`, from readelf, says are loaded.
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

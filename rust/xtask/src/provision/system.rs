//! Programs and libraries that must be on the machine. As root on Debian, missing ones are installed; otherwise the
//! error has the command to run.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::apt;
use crate::process::{self, find};

/// Makes sure that npm and node are installed.
pub(crate) fn require_npm() -> Result<()> {
    if find("npm").is_some() {
        return Ok(());
    }
    apt::install(&["npm"], "npm")?;
    find("npm").map(drop).context("npm is still not on PATH")
}

/// Makes sure that Python 3 can create virtual environments.
pub(crate) fn require_python_venv() -> Result<()> {
    let imports = ["-c", "import ensurepip, venv"];
    if process::output(Command::new("python3").args(imports)).is_ok() {
        return Ok(());
    }
    apt::install(&["python3-venv"], "Python 3 with venv")
}

/// Makes sure that 32-bit x86 programs can be linked and run.
pub(crate) fn require_32_bit_c() -> Result<()> {
    let found = |file: &str| {
        let answer = process::output(
            Command::new("cc")
                .arg("-m32")
                .arg(format!("-print-file-name={file}")),
        );
        // gcc prints the bare name of a missing file.
        answer.is_ok_and(|path| Path::new(&path).is_absolute())
    };
    if find("cc").is_some()
        && found("crt1.o")
        && found("libgcc.a")
        && Path::new("/lib/ld-linux.so.2").exists()
    {
        return Ok(());
    }
    apt::install(
        &["gcc", "gcc-multilib"],
        "the 32-bit C library and compiler",
    )
}

/// Makes sure that C can be compiled and linked for other systems.
pub(crate) fn require_clang() -> Result<()> {
    if ["clang", "ld.lld", "llvm-ar", "llvm-readelf", "llvm-strip"]
        .iter()
        .all(|program| find(program).is_some())
    {
        return Ok(());
    }
    apt::install(&["clang", "lld", "llvm"], "clang, lld and LLVM's tools")
}

/// Makes sure that C can be compiled and linked for 64-bit Windows.
pub(crate) fn require_mingw() -> Result<()> {
    if find("x86_64-w64-mingw32-gcc").is_some() {
        return Ok(());
    }
    apt::install(&["gcc-mingw-w64-x86-64"], "mingw-w64")
}

/// Does the same for 32-bit Windows.
pub(crate) fn require_32_bit_mingw() -> Result<()> {
    if find("i686-w64-mingw32-gcc").is_some() {
        return Ok(());
    }
    apt::install(&["gcc-mingw-w64-i686"], "mingw-w64 for 32-bit Windows")
}

/// Makes sure that programs for Linux on 64-bit ARM can be run. Returns the words before such a program's path, none on a
/// machine that needs no emulator.
pub(crate) fn require_arm64_emulator() -> Result<&'static [&'static str]> {
    if cfg!(all(target_os = "linux", target_arch = "aarch64")) {
        return Ok(&[]);
    }
    if find("qemu-aarch64").is_none()
        || !Path::new("/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1").exists()
    {
        apt::install(
            &["libc6-arm64-cross", "qemu-user"],
            "an emulator and the C library for 64-bit ARM",
        )?;
    }
    Ok(&["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"])
}

/// Makes sure that a Debian can be unpacked.
pub(crate) fn require_debootstrap() -> Result<()> {
    if find("debootstrap").is_some() {
        return Ok(());
    }
    apt::install(&["debootstrap"], "debootstrap")
}

/// Makes sure that C++ can be compiled.
pub(crate) fn require_cpp() -> Result<()> {
    if find("c++").is_some() {
        return Ok(());
    }
    apt::install(&["g++"], "a C++ compiler")
}

/// Makes sure that Rust's standard library for `target` is installed.
pub(crate) fn require_rust_target(target: &str) -> Result<()> {
    let folder = process::output(Command::new("rustc").args([
        "--print",
        "target-libdir",
        "--target",
        target,
    ]))?;
    if Path::new(&folder).is_dir() {
        return Ok(());
    }
    if find("rustup").is_none() {
        bail!("Rust's standard library for {target} is missing, and there is no rustup to add it");
    }
    process::announce(&format!("adding the Rust target {target}"));
    process::run(Command::new("rustup").args(["target", "add", target]))
}

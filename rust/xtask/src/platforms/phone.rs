//! Compiles for phones without Android's NDK and Apple's SDK. The Rust code needs only Rust's standard library. The C
//! code (in ring, and Dart's API) needs no more of a C library than `include/` declares.

use std::ffi::OsString;
use std::fs;

use anyhow::{Context, Result};

use crate::provision::system;
use crate::workspace;

/// A target of Rust, and clang's name for it.
pub(crate) struct Target {
    pub(crate) rust: &'static str,
    pub(crate) clang: &'static str,
}

/// Flutter's minimum version of Android. clang's names of the targets have it as well.
pub(crate) const API_LEVEL: u32 = 24;

/// The targets that the library is compiled for.
pub(crate) const TARGETS: [Target; 4] = [
    Target {
        rust: "aarch64-linux-android",
        clang: "aarch64-linux-android24",
    },
    Target {
        rust: "armv7-linux-androideabi",
        clang: "armv7a-linux-androideabi24",
    },
    Target {
        rust: "x86_64-linux-android",
        clang: "x86_64-linux-android24",
    },
    Target {
        rust: "aarch64-apple-ios",
        clang: "arm64-apple-ios13.0",
    },
];

/// The headers that the C sources include besides clang's, with the declarations that they use.
const HEADERS: &str = "rust/xtask/src/platforms/include";

/// clang's name for Rust's target `rust`.
pub(crate) fn clang_target(rust: &str) -> Result<&'static str> {
    let target = TARGETS.iter().find(|target| target.rust == rust);
    Ok(target.with_context(|| rust.to_owned())?.clang)
}

/// The environment variables that cargo needs for `target`.
pub(crate) fn environment(target: &Target) -> Result<Vec<(String, OsString)>> {
    system::require_clang()?;
    let suffix = target.rust.replace('-', "_");
    let mut flags = OsString::from(format!(
        "--target={} -Wno-overriding-t-option -nostdlibinc -isystem ",
        target.clang
    ));
    flags.push(workspace::root().join(HEADERS));
    let mut environment = vec![
        (format!("CC_{suffix}"), "clang".into()),
        (format!("AR_{suffix}"), "llvm-ar".into()),
        (format!("CFLAGS_{suffix}"), flags),
        // Set even if nothing is linked, since cargo recompiles for another linker.
        (
            format!("CARGO_TARGET_{}_LINKER", suffix.to_uppercase()),
            "clang".into(),
        ),
    ];
    if target.rust.contains("apple") {
        // Otherwise the crate cc asks Xcode for it.
        let sdk = workspace::target().join("cross/iPhoneOS.sdk");
        fs::create_dir_all(&sdk)?;
        environment.push(("SDKROOT".to_owned(), sdk.into()));
    }
    Ok(environment)
}

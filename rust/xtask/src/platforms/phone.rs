//! Compiling for phones on a machine that has neither Android's NDK nor Apple's SDK: Rust's part needs only Rust's
//! standard library, and the few lines of C (in ring, and Dart's API) no more of a C library than `include/` declares.

use std::ffi::OsString;
use std::fs;

use anyhow::Result;

use crate::provision::system;
use crate::workspace;

/// A target of Rust's, and how clang names it.
pub(crate) struct Target {
    pub(crate) rust: &'static str,
    pub(crate) clang: &'static str,
}

/// The phones that most people have. Flutter's oldest Android is 24.
pub(crate) const ANDROID_ARM64: Target = Target {
    rust: "aarch64-linux-android",
    clang: "aarch64-linux-android24",
};

/// Those that the library is compiled for.
pub(crate) const TARGETS: [Target; 4] = [
    ANDROID_ARM64,
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

/// What the C sources include beyond clang's own headers, with what they use of it.
const HEADERS: &str = "rust/xtask/src/platforms/include";

/// What cargo's environment must have for `target`.
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
        // Also for what is not linked: cargo compiles anew for another linker.
        (
            format!("CARGO_TARGET_{}_LINKER", suffix.to_uppercase()),
            "clang".into(),
        ),
    ];
    if target.rust.contains("apple") {
        // What the C compiler's front end (the crate cc) asks Xcode for otherwise.
        let sdk = workspace::target().join("cross/iPhoneOS.sdk");
        fs::create_dir_all(&sdk)?;
        environment.push(("SDKROOT".to_owned(), sdk.into()));
    }
    Ok(environment)
}

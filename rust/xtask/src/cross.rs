//! `cargo xtask cross`: the native library for phones, on a machine that has neither Android's NDK nor Apple's SDK.
//! Without those nothing can be linked, but everything can be compiled: Rust's part needs only Rust's standard
//! library, and the few lines of C (in ring, and Dart's API) no more of a C library than is declared here.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::library::{self, Kind};
use crate::{system, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this target.
    #[arg(long)]
    target: Option<String>,
}

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

const TARGETS: [Target; 4] = [
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
const HEADERS: [(&str, &str); 6] = [
    (
        "TargetConditionals.h",
        "#define TARGET_OS_MAC 1\n#define TARGET_OS_IPHONE 1\n#define TARGET_OS_IOS 1\n",
    ),
    ("assert.h", "#define assert(condition) ((void)0)\n"),
    ("inttypes.h", "#include <stdint.h>\n"),
    ("stdio.h", "int printf(const char *, ...);\n"),
    ("stdlib.h", "#include <stddef.h>\n"),
    (
        "string.h",
        "#include <stddef.h>\n\
         int memcmp(const void *, const void *, size_t);\n\
         void *memcpy(void *, const void *, size_t);\n\
         void *memmove(void *, const void *, size_t);\n\
         void *memset(void *, int, size_t);\n\
         int strcmp(const char *, const char *);\n",
    ),
];

/// A function that Dart calls: what has it is the library.
const FUNCTION: &str = "rust_web_socket_send_pack";

/// Builds a static library for each target, and says of each what that has shown.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let wanted = arguments.target.as_deref();
    let targets: Vec<_> = TARGETS
        .iter()
        .filter(|target| wanted.is_none_or(|wanted| wanted == target.rust))
        .collect();
    if targets.is_empty() {
        let known = TARGETS.map(|target| target.rust).join(", ");
        bail!("--target must be one of {known}");
    }
    let mut shown = Vec::new();
    for target in targets {
        let library = library::build_for(target.rust, Kind::Static, &[], &environment(target)?)?;
        check(&library)?;
        let size = fs::metadata(&library)?.len();
        shown.push(format!(
            "{:24} compiled and put into a static library ({:.1} MB); not linked, not run",
            target.rust,
            size as f64 / 1e6
        ));
    }
    println!("{}", shown.join("\n"));
    println!(
        "C was compiled by clang against declarations of our own, not against the NDK's or Apple's headers."
    );
    Ok(ExitCode::SUCCESS)
}

/// What cargo's environment must have for `target`.
pub(crate) fn environment(target: &Target) -> Result<Vec<(String, OsString)>> {
    system::require_clang()?;
    let folder = workspace::target().join("cross");
    let include = folder.join("include");
    fs::create_dir_all(&include)?;
    for (name, text) in HEADERS {
        write_if_new(&include.join(name), text)?;
    }
    let suffix = target.rust.replace('-', "_");
    let mut flags = OsString::from(format!(
        "--target={} -Wno-overriding-t-option -nostdlibinc -isystem ",
        target.clang
    ));
    flags.push(&include);
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
        let sdk = folder.join("iPhoneOS.sdk");
        fs::create_dir_all(&sdk)?;
        environment.push(("SDKROOT".to_owned(), sdk.into()));
    }
    Ok(environment)
}

/// A file that is written anew would have cargo compile everything that depends on it.
fn write_if_new(file: &PathBuf, text: &str) -> Result<()> {
    if fs::read_to_string(file).is_ok_and(|written| written == text) {
        return Ok(());
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Makes sure that `library` has what Dart calls.
fn check(library: &Path) -> Result<()> {
    // Not by llvm-nm: a distribution's can't read the bitcode that a newer rustc leaves beside the code.
    let bytes = fs::read(library).with_context(|| library.display().to_string())?;
    let name = FUNCTION.as_bytes();
    ensure!(
        bytes.windows(name.len()).any(|window| window == name),
        "{} lacks {FUNCTION}",
        library.display()
    );
    Ok(())
}

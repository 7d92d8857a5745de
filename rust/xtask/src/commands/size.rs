//! `cargo xtask size`: checks the size of the native library for most Android phones.

use std::fs;
use std::process::ExitCode;

use anyhow::Result;

use crate::platforms::{android, phone};
use crate::workspace;

/// The size limit, in bytes.
const LIMIT: u64 = 2_500_000;
/// The page size of newer devices, in bytes. Google Play rejects libraries that are not aligned to it.
const PAGE: u64 = 16 * 1024;

/// Builds the library as an app ships it, and fails if it is too large or wrongly aligned.
pub(crate) fn run() -> Result<ExitCode> {
    let target = &phone::ANDROID_ARM64;
    let library = android::build_stripped(target, &workspace::target().join("size"))?;
    let size = fs::metadata(&library)?.len();
    let alignment = android::alignment(&library)?;
    println!(
        "{}, {}, stripped: {size} bytes (limit: {LIMIT}), aligned to {} KiB",
        workspace::relative(&library),
        target.rust,
        alignment / 1024
    );
    println!("Linked without the NDK, so the unwinder of a real build is missing.");
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

//! Link arguments that the platforms' stores and tools require. They are here so that they apply to every caller of
//! cargo: the package's build hook, Gradle, Xcode or a person.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |key: &str| env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    if target("OS") == "android" {
        // Android 15 runs on devices with pages of 16 KiB, and Google Play rejects libraries that are not aligned to
        // them: https://developer.android.com/guide/practices/page-sizes. Newer NDKs align them by default.
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,max-page-size=16384");
    }
    if target("VENDOR") == "apple" {
        // Dart and Flutter rewrite the library's install name to where they bundle it, which may be longer.
        println!("cargo::rustc-link-arg-cdylib=-Wl,-headerpad_max_install_names");
    }
}

//! Link arguments that the platforms' stores and tools ask for. They stand here, so that they hold whoever calls
//! cargo: the package's build hook, Gradle, Xcode or a person.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |key: &str| env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    if target("OS") == "android" {
        // Android 15 runs on devices with pages of 16 KiB, and Google Play refuses libraries that are not aligned to
        // them: https://developer.android.com/guide/practices/page-sizes. Newer NDKs do so by themselves.
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,max-page-size=16384");
    }
    if target("VENDOR") == "apple" {
        // Dart and Flutter rewrite the library's install name to where they bundle it, which may be longer.
        println!("cargo::rustc-link-arg-cdylib=-Wl,-headerpad_max_install_names");
    }
}

//! Builds the library that apps load, for each target that this machine has the tools for.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::phone;
use super::targets::{GLIBC, Os, Target};
use crate::cargo::Artifacts;
use crate::provision::pinned::Toolchain;
use crate::provision::{system, zig};
use crate::{process, workspace};

/// How a library is built on this machine.
pub(crate) enum Means {
    /// With Zig's linker and its stubs of glibc.
    Zig,
    /// With mingw-w64. Not with Zig: its linker exports every symbol of a DLL, those of ring among them.
    Mingw,
    /// With Microsoft's linker.
    Msvc,
    /// With the compilers in this folder of Android's NDK.
    Ndk(PathBuf),
    Xcode,
}

impl Means {
    /// How to build for `target` here; otherwise the reason why it can't be.
    pub(crate) fn of(target: &Target) -> Result<Self, String> {
        match (target.os, env::consts::OS) {
            (Os::Linux, _) if process::find("python3").is_some() => Ok(Self::Zig),
            (Os::Linux, _) => Err("Zig comes from PyPI, which needs Python 3".to_owned()),
            (Os::Windows, "windows") => Ok(Self::Msvc),
            (Os::Windows, _) if target.triple.starts_with("x86_64") => Ok(Self::Mingw),
            (Os::Windows, _) => Err("it needs Windows with Visual Studio's C++ tools".to_owned()),
            (Os::Android, _) => ndk().map(Self::Ndk).ok_or_else(|| {
                "it needs Android's NDK: set ANDROID_NDK_HOME. `cargo xtask cross` links it without one, which shows \
                 what it needs and its size; no device could load that"
                    .to_owned()
            }),
            (Os::Ios | Os::Macos, "macos") => Ok(Self::Xcode),
            (Os::Ios | Os::Macos, _) => Err("it needs a Mac with Xcode".to_owned()),
        }
    }

    /// Rust's target that the library for `target` is built for.
    pub(crate) fn rust_target(&self, target: &Target) -> &'static str {
        match self {
            // The ABI of C functions is that of -msvc, so the same app loads it.
            Self::Mingw => "x86_64-pc-windows-gnu",
            _ => target.triple,
        }
    }
}

/// Builds the library for `target` from the crates in `sources`, and returns its path.
pub(crate) fn build(
    target: &Target,
    means: &Means,
    toolchain: &Toolchain,
    sources: &Path,
) -> Result<PathBuf> {
    let rust_target = means.rust_target(target);
    toolchain.require_target(rust_target)?;
    let mut cargo = match means {
        Means::Zig => {
            let mut cargo = zig::cargo(|program| toolchain.command(program))?;
            cargo
                // The last word of the command's name.
                .args(["zigbuild", "--target"])
                .arg(format!("{rust_target}.{}.{}", GLIBC.0, GLIBC.1));
            cargo
        }
        _ => {
            let mut cargo = toolchain.command("cargo");
            cargo.args(["build", "--target", rust_target]);
            cargo
        }
    };
    cargo
        .args(["--release", "--locked", "--manifest-path"])
        .arg(sources.join("rust/bridge/Cargo.toml"))
        .arg("--target-dir")
        .arg(workspace::target().join("prebuilt/build"))
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            rust_flags(means, sources).join("\x1f"),
        )
        .envs(environment(means, target)?);
    process::announce(&format!("building the library for {}", target.triple));
    Artifacts::build(&mut cargo, &[])?.find("rust_web_socket", |file| {
        file.file_name()
            .is_some_and(|name| name == target.library())
    })
}

/// The compiler's arguments.
fn rust_flags(means: &Means, sources: &Path) -> Vec<String> {
    let mut flags = Vec::new();
    for (folder, name) in local_folders(sources) {
        let folder = folder.to_str().map(str::to_owned);
        flags.extend(folder.map(|folder| format!("--remap-path-prefix={folder}={name}")));
    }
    if let Means::Xcode = means {
        flags.push(format!("-Clink-arg={INSTALL_NAME}"));
    }
    flags
}

/// The argument of Apple's linker for the name that Flutter gives the library in an app. The default is the path of the
/// file on this machine.
pub(crate) const INSTALL_NAME: &str =
    "-Wl,-install_name,@rpath/rust_web_socket.framework/rust_web_socket";

/// The folders whose paths the compiler would put into the library, and what it puts there instead. So a library does
/// not depend on where it was built, and does not tell.
fn local_folders(sources: &Path) -> Vec<(PathBuf, &'static str)> {
    let mut folders = vec![
        (workspace::root(), "rust_web_socket"),
        (sources.to_owned(), "rust_web_socket"),
    ];
    let home = env::home_dir().unwrap_or_default();
    let tool = |variable: &str, folder: &str| {
        env::var_os(variable).map_or_else(|| home.join(folder), PathBuf::from)
    };
    folders.push((tool("CARGO_HOME", ".cargo"), "cargo"));
    folders.push((tool("RUSTUP_HOME", ".rustup"), "rustup"));
    folders
}

/// Fails if `library` contains a path of this machine.
pub(crate) fn check_paths(library: &Path, sources: &Path) -> Result<()> {
    let bytes = fs::read(library)?;
    for (folder, _) in local_folders(sources) {
        let Some(folder) = folder.to_str() else {
            continue;
        };
        ensure!(
            !bytes
                .windows(folder.len())
                .any(|window| window == folder.as_bytes()),
            "{} contains the path {folder}",
            library.display()
        );
    }
    Ok(())
}

/// The environment variables for cargo, the compiler of C and the linker.
fn environment(means: &Means, target: &Target) -> Result<Vec<(String, OsString)>> {
    let mut variables = Vec::new();
    match means {
        Means::Zig | Means::Msvc => {}
        Means::Mingw => system::require_mingw()?,
        Means::Ndk(tools) => {
            let suffix = target.triple.replace('-', "_");
            let clang = phone::clang_target(target.triple)?;
            let clang = tools.join(format!("{clang}-clang{}", script_suffix()));
            variables.push((format!("CC_{suffix}"), clang.clone().into()));
            variables.push((format!("AR_{suffix}"), tools.join("llvm-ar").into()));
            variables.push((
                format!("CARGO_TARGET_{}_LINKER", suffix.to_uppercase()),
                clang.into(),
            ));
        }
        Means::Xcode => {
            let variable = match target.os {
                Os::Ios => "IPHONEOS_DEPLOYMENT_TARGET",
                _ => "MACOSX_DEPLOYMENT_TARGET",
            };
            let (major, minor) = target.apple_minimum();
            variables.push((variable.to_owned(), format!("{major}.{minor}").into()));
        }
    }
    Ok(variables)
}

/// The suffix of the NDK's compilers, which are scripts.
const fn script_suffix() -> &'static str {
    if cfg!(windows) { ".cmd" } else { "" }
}

/// The folder of compilers in the NDK: of the first of the usual variables that names one, otherwise the newest beside
/// the SDK.
fn ndk() -> Option<PathBuf> {
    let named = [
        "ANDROID_NDK_HOME",
        "ANDROID_NDK_ROOT",
        "ANDROID_NDK_LATEST_HOME",
    ]
    .into_iter()
    .filter_map(env::var_os)
    .map(PathBuf::from);
    let beside = ["ANDROID_HOME", "ANDROID_SDK_ROOT"]
        .into_iter()
        .filter_map(env::var_os)
        .filter_map(|sdk| newest(&PathBuf::from(sdk).join("ndk")));
    named.chain(beside).find_map(|ndk| compilers(&ndk))
}

/// The folder of the newest NDK in `folder`, by its number.
fn newest(folder: &Path) -> Option<PathBuf> {
    let number = |path: &PathBuf| -> Vec<u32> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.split('.').filter_map(|it| it.parse().ok()).collect()
    };
    let entries = fs::read_dir(folder).ok()?;
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
    folders.max_by_key(number)
}

/// The folder of compilers in `ndk`.
fn compilers(ndk: &Path) -> Option<PathBuf> {
    let hosts = fs::read_dir(ndk.join("toolchains/llvm/prebuilt")).ok()?;
    hosts
        .filter_map(|host| Some(host.ok()?.path().join("bin")))
        .find(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> Result<PathBuf> {
        let folder = workspace::target().join("build-test").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    #[test]
    fn the_newest_ndk_is_taken_by_its_number() -> Result<()> {
        let folder = folder("ndk")?;
        for version in ["9.1.2", "27.0.12077973", "28.2.13676358"] {
            fs::create_dir_all(folder.join(version))?;
        }
        assert_eq!(newest(&folder), Some(folder.join("28.2.13676358")));
        Ok(())
    }

    #[test]
    fn a_library_with_a_path_of_this_machine_is_refused() -> Result<()> {
        let folder = folder("paths")?;
        let library = folder.join("library.so");
        fs::write(&library, "at cargo/registry/src/lib.rs")?;
        check_paths(&library, &folder)?;
        fs::write(&library, format!("at {}/src/lib.rs", folder.display()))?;
        assert!(check_paths(&library, &folder).is_err());
        Ok(())
    }
}

//! Programs and libraries that must be on the machine. What is missing is installed where that
//! needs no question (root on Debian); otherwise the error says what to run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use anyhow::{Context, Result, bail};

use crate::{command, workspace};

/// The file of `program` on PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(&file))
        .find(|candidate| candidate.is_file())
}

/// Makes sure that npm is there, and node with it.
pub(crate) fn require_npm() -> Result<()> {
    if find("npm").is_some() {
        return Ok(());
    }
    apt_install(&["npm"], "npm")?;
    find("npm").map(drop).context("npm is still not on PATH")
}

/// Makes sure that Python 3 can make virtual environments.
pub(crate) fn require_python_venv() -> Result<()> {
    let imports = ["-c", "import ensurepip, venv"];
    if command::output(Command::new("python3").args(imports)).is_ok() {
        return Ok(());
    }
    apt_install(&["python3-venv"], "Python 3 with venv")
}

/// Makes sure that 32-bit x86 programs can be linked and run.
pub(crate) fn require_32_bit_c() -> Result<()> {
    let found = |file: &str| {
        let answer = command::output(
            Command::new("cc")
                .arg("-m32")
                .arg(format!("-print-file-name={file}")),
        );
        // A file that is not there is answered with its bare name.
        answer.is_ok_and(|path| Path::new(&path).is_absolute())
    };
    if find("cc").is_some()
        && found("crt1.o")
        && found("libgcc.a")
        && Path::new("/lib/ld-linux.so.2").exists()
    {
        return Ok(());
    }
    apt_install(
        &["gcc", "gcc-multilib"],
        "the 32-bit C library and compiler",
    )
}

/// Makes sure that C can be compiled for other systems, and linked for them.
pub(crate) fn require_clang() -> Result<()> {
    if ["clang", "ld.lld", "llvm-ar", "llvm-readelf", "llvm-strip"]
        .iter()
        .all(|program| find(program).is_some())
    {
        return Ok(());
    }
    apt_install(&["clang", "lld", "llvm"], "clang, lld and LLVM's tools")
}

/// Makes sure that C++ can be compiled.
pub(crate) fn require_cpp() -> Result<()> {
    if find("c++").is_some() {
        return Ok(());
    }
    apt_install(&["g++"], "a C++ compiler")
}

/// Makes sure that Rust's standard library for `target` is there.
pub(crate) fn require_rust_target(target: &str) -> Result<()> {
    let folder = command::output(Command::new("rustc").args([
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
    command::announce(&format!("adding the Rust target {target}"));
    command::run(Command::new("rustup").args(["target", "add", target]))
}

/// The file of `program`: the machine's own, else that of the Debian package `package`, unpacked
/// under target/, since installing a server starts it. None on a machine that has neither.
pub(crate) fn server_program(program: &str, package: &str) -> Result<Option<PathBuf>> {
    // Where servers lie on Debian, which is on the PATH of root only.
    let sbin = Path::new("/usr/sbin").join(program);
    if let Some(own) = find(program).or_else(|| sbin.is_file().then_some(sbin)) {
        return Ok(Some(own));
    }
    let folder = workspace::target().join("tools/debian").join(package);
    if !folder.exists() && !may_install() {
        return Ok(None);
    }
    workspace::make_folder(&folder, |partial| apt_unpack(package, partial))?;
    let unpacked = ["usr/sbin", "usr/bin"].map(|it| folder.join(it).join(program));
    let found = unpacked.into_iter().find(|it| it.is_file());
    found
        .map(Some)
        .with_context(|| format!("the Debian package {package} has no {program}"))
}

fn apt_install(packages: &[&str], missing: &str) -> Result<()> {
    let packages_shown = packages.join(" ");
    if !may_install() {
        bail!(
            "missing: {missing}. On Debian: `sudo apt-get install --no-install-recommends \
             {packages_shown}`"
        );
    }
    command::announce(&format!("installing {packages_shown}"));
    apt_update()?;
    command::run(
        apt_get()
            .args(["install", "-y", "--no-install-recommends"])
            .args(packages),
    )
}

/// Unpacks a package into `folder`, and installs nothing.
fn apt_unpack(package: &str, folder: &Path) -> Result<()> {
    command::announce(&format!("fetching {package} from Debian"));
    apt_update()?;
    command::run(apt_get().args(["download", package]).current_dir(folder))?;
    let archive = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|it| it == "deb"))
        .with_context(|| format!("apt-get download {package} left no archive"))?;
    let mut dpkg = Command::new("dpkg-deb");
    command::run(dpkg.arg("-x").arg(&archive).arg(folder))?;
    Ok(fs::remove_file(archive)?)
}

/// Whether packages can be had without a question: as root on Debian.
fn may_install() -> bool {
    Path::new("/etc/debian_version").exists()
        && find("apt-get").is_some()
        && command::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

fn apt_update() -> Result<()> {
    static UPDATE: Once = Once::new();

    let mut updated = Ok(());
    UPDATE.call_once(|| updated = command::run(apt_get().arg("update")));
    updated
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

//! Debian packages: installed, or unpacked under target/.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

/// The keys that sign every Debian.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The path of `program`: the machine's, otherwise from the Debian package `package`. It is unpacked under target/,
/// since installing a server starts it. None on a machine without either.
pub(crate) fn server_program(program: &str, package: &str) -> Result<Option<PathBuf>> {
    // Debian's folder of servers, which is only on root's PATH.
    let sbin = Path::new("/usr/sbin").join(program);
    if let Some(own) = process::find(program).or_else(|| sbin.is_file().then_some(sbin)) {
        return Ok(Some(own));
    }
    let folder = workspace::target().join("tools/debian").join(package);
    if !folder.exists() && !may_install() {
        return Ok(None);
    }
    workspace::make_folder(&folder, |partial| unpack(package, partial))?;
    let unpacked = ["usr/sbin", "usr/bin"].map(|it| folder.join(it).join(program));
    let found = unpacked.into_iter().find(|it| it.is_file());
    found
        .map(Some)
        .with_context(|| format!("the Debian package {package} has no {program}"))
}

/// Installs `packages`. The error names `missing` if that is not possible.
pub(crate) fn install(packages: &[&str], missing: &str) -> Result<()> {
    let packages_shown = packages.join(" ");
    if !may_install() {
        bail!(
            "missing: {missing}. On Debian: `sudo apt-get install --no-install-recommends \
             {packages_shown}`"
        );
    }
    process::announce(&format!("installing {packages_shown}"));
    update()?;
    process::run(
        apt_get()
            .args(["install", "-y", "--no-install-recommends"])
            .args(packages),
    )
}

/// Unpacks a package into `folder` without installing it.
fn unpack(package: &str, folder: &Path) -> Result<()> {
    process::announce(&format!("fetching {package} from Debian"));
    update()?;
    process::run(apt_get().args(["download", package]).current_dir(folder))?;
    let archive = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|it| it == "deb"))
        .with_context(|| format!("apt-get download {package} left no archive"))?;
    let mut dpkg = Command::new("dpkg-deb");
    process::run(dpkg.arg("-x").arg(&archive).arg(folder))?;
    Ok(fs::remove_file(archive)?)
}

/// Whether [`unpack_from`] works here, which needs no root.
pub(crate) fn may_unpack() -> bool {
    (OS, ARCH) == ("linux", "x86_64") && Path::new(KEYRING).exists()
}

/// Unpacks `packages` of another Debian into `folder`, where a package may be `NAME:i386` or `NAME=VERSION`. The machine's
/// packages and apt sources do not change.
pub(crate) fn unpack_from(suite: &str, packages: &[&str], folder: &Path) -> Result<()> {
    let apt = folder.join("apt");
    let archives = apt.join("archives");
    fs::create_dir_all(&archives)?;
    fs::create_dir_all(apt.join("lists/partial"))?;
    let sources = apt.join("sources.list");
    let mirror = mirror()?;
    fs::write(
        &sources,
        format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n"),
    )?;
    let apt_get = || {
        let mut command = Command::new("apt-get");
        command
            .current_dir(&archives)
            .args(["-o", "APT::Sandbox::User=root"])
            .args(["-o", "APT::Architectures::=amd64"])
            .args(["-o", "APT::Architectures::=i386"]);
        for (option, path) in [
            ("Dir::Etc::SourceList", &sources),
            ("Dir::Etc::SourceParts", &PathBuf::from("/dev/null")),
            ("Dir::State::Lists", &apt.join("lists")),
            ("Dir::Cache", &apt.join("cache")),
        ] {
            command
                .arg("-o")
                .arg(format!("{option}={}", path.display()));
        }
        command
    };
    process::run(apt_get().args(["update", "--quiet"]))?;
    process::run(apt_get().args(["download", "--quiet"]).args(packages))?;
    for archive in fs::read_dir(&archives)? {
        process::run(
            Command::new("dpkg")
                .arg("--extract")
                .arg(archive?.path())
                .arg(folder),
        )?;
    }
    Ok(fs::remove_dir_all(&apt)?)
}

/// The URL of this machine's Debian mirror.
pub(crate) fn mirror() -> Result<String> {
    let mut apt_get = apt_get();
    apt_get.args([
        "indextargets",
        "--format",
        "$(SITE)",
        "Created-By: Packages",
    ]);
    let sites = process::output(&mut apt_get)?;
    let mirror = sites
        .lines()
        .find(|site| site.trim_end_matches('/').ends_with("/debian"));
    mirror
        .map(str::to_owned)
        .context("apt has no source of Debian packages")
}

/// Whether packages can be installed without asking: as root on Debian.
pub(crate) fn may_install() -> bool {
    Path::new("/etc/debian_version").exists()
        && process::find("apt-get").is_some()
        && process::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

fn update() -> Result<()> {
    static UPDATE: Once = Once::new();

    let mut updated = Ok(());
    UPDATE.call_once(|| updated = process::run(apt_get().arg("update")));
    updated
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

//! Wine, which runs Windows programs: Debian's packages, unpacked under target/. Nothing is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::{apt, system};
use crate::{process, workspace};

/// The version of the packages.
pub(crate) const VERSION: &str = "Wine 8.0";

const SUITE: &str = "bookworm";
/// Wine for each architecture, and the libraries that it loads. With FreeType but without fontconfig it crashes when a
/// program ends.
const PACKAGES: [&str; 21] = [
    "wine64",
    "wine32:i386",
    "libwine",
    "libwine:i386",
    "libz-mingw-w64",
    "libunwind8",
    "libunwind8:i386",
    "liblzma5",
    "liblzma5:i386",
    "libfreetype6",
    "libfreetype6:i386",
    "libpng16-16",
    "libpng16-16:i386",
    "libbrotli1",
    "libbrotli1:i386",
    "zlib1g",
    "zlib1g:i386",
    "libfontconfig1",
    "libfontconfig1:i386",
    "libexpat1",
    "libexpat1:i386",
];
const LIBRARIES: [&str; 4] = [
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/i386-linux-gnu",
    "lib/x86_64-linux-gnu",
    "lib/i386-linux-gnu",
];

/// The architectures: mingw's prefix, Wine's folder of builtin libraries, the folder of Windows.
const ARCHITECTURES: [(&str, &str, &str); 2] = [
    (
        "x86_64-w64-mingw32",
        "x86_64-linux-gnu/wine/x86_64-windows",
        "system32",
    ),
    (
        "i686-w64-mingw32",
        "i386-linux-gnu/wine/i386-windows",
        "syswow64",
    ),
];

/// A Wine with its own Windows drive, for 32-bit and 64-bit programs.
pub(crate) struct Wine {
    /// A script that runs the program it is given.
    launcher: PathBuf,
}

impl Wine {
    /// Fetches it if necessary.
    pub(crate) fn prepare() -> Result<Self> {
        let folder = workspace::target().join("wine");
        let (packages, drive) = (folder.join(SUITE), folder.join("drive"));
        // The loader of 32-bit Linux programs.
        system::require_32_bit_c()?;
        system::require_mingw()?;
        system::require_32_bit_mingw()?;
        workspace::make_folder(&packages, |partial| {
            ensure!(
                apt::may_unpack(),
                "Wine is only fetched on 64-bit x86 Debian"
            );
            process::announce("fetching Wine from Debian");
            unpack(partial)
        })?;
        let launcher = folder.join("launch");
        workspace::make_folder(&drive, |partial| {
            process::announce("setting up a Windows drive");
            write_launcher(&launcher, &packages, partial)?;
            fill_drive(&launcher, &packages, partial)
        })?;
        write_launcher(&launcher, &packages, &drive)?;
        Ok(Self { launcher })
    }

    /// A command that runs the Windows program `program`. Its working folder and arguments are as those of any other.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.launcher);
        command.arg(program);
        command
    }

    /// The program that runs a Windows program, which is its first argument.
    pub(crate) fn launcher(&self) -> &Path {
        &self.launcher
    }
}

/// The path of `path` as Windows programs see it.
pub(crate) fn path(path: &Path) -> String {
    format!("Z:{}", path.display().to_string().replace('/', "\\"))
}

/// The `file:` URI `uri` as Windows programs see it.
pub(crate) fn uri(uri: &str) -> String {
    uri.replacen("file:///", "file:///Z:/", 1)
}

fn unpack(folder: &Path) -> Result<()> {
    apt::unpack_from(SUITE, &PACKAGES, folder)?;
    // Debian's is a script with absolute paths.
    let wine = folder.join("usr/lib/wine");
    fs::copy(wine.join("wineserver64"), wine.join("wineserver"))?;
    for (prefix, builtin, _) in ARCHITECTURES {
        let library = folder.join("usr").join(prefix).join("lib/zlib1.dll");
        fs::copy(
            library,
            folder.join("usr/lib").join(builtin).join("zlib1.dll"),
        )?;
    }
    Ok(())
}

fn write_launcher(file: &Path, packages: &Path, drive: &Path) -> Result<()> {
    let libraries: Vec<_> = LIBRARIES
        .iter()
        .map(|it| packages.join(it).display().to_string())
        .collect();
    let script = format!(
        "#!/bin/sh\n\
         # Runs a Windows program. Written by `cargo xtask windows`.\n\
         export WINEPREFIX='{}' WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=\n\
         export LD_LIBRARY_PATH='{}'\n\
         exec '{}' \"$@\"\n",
        drive.display(),
        libraries.join(":"),
        packages.join("usr/lib/wine/wine").display(),
    );
    fs::write(file, script)?;
    process::run(Command::new("chmod").arg("+x").arg(file))
}

/// Creates a Windows drive, with the libraries that Wine does not put there.
fn fill_drive(launcher: &Path, packages: &Path, drive: &Path) -> Result<()> {
    for (prefix, builtin, system) in ARCHITECTURES {
        let library = packages.join("usr/lib").join(builtin).join("zlib1.dll");
        let system = drive.join("drive_c/windows").join(system);
        fs::create_dir_all(&system)?;
        fs::copy(library, system.join("zlib1.dll"))?;
        process::run(
            Command::new(format!("{prefix}-gcc"))
                .args(["-shared", "-O1", "-s", "-Wl,--kill-at", "-o"])
                .arg(system.join("bcryptprimitives.dll"))
                .arg(workspace::root().join("rust/xtask/src/provision/bcryptprimitives.c"))
                .arg("-ladvapi32"),
        )?;
    }
    process::run(Command::new(launcher).args(["wineboot", "--init"]))?;
    // The server writes the registry when it ends. It has the folder's old name until then.
    process::run(
        Command::new(packages.join("usr/lib/wine/wineserver"))
            .arg("--wait")
            .env("WINEPREFIX", drive),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_a_drive_of_windows() {
        assert_eq!(path(Path::new("/one/two.dart")), r"Z:\one\two.dart");
        assert_eq!(uri("file:///one/two/"), "file:///Z:/one/two/");
    }
}

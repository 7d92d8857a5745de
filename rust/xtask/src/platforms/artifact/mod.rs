//! What a built library says of itself: its format and architecture, the symbols that it exports and imports, and the
//! oldest system that loads it.

mod rules;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use object::macho::Platform;
use object::read::macho::{MachHeader, MachOFile};
use object::read::{ImportFlags, NameOrOrdinal};
use object::{Architecture, BinaryFormat, File, Object, ObjectSegment};

use super::phone;
use super::targets::Os;

pub(crate) use rules::{Purpose, check, required_reasons, size_limit};

/// A shared library that was read from a file.
#[derive(Debug)]
pub(crate) struct Artifact {
    pub(crate) size: u64,
    format: BinaryFormat,
    architecture: Architecture,
    exports: BTreeSet<String>,
    /// The imported symbols. On Windows each is `LIBRARY:SYMBOL`. `weak SYMBOL` may be missing in the system.
    imports: BTreeSet<String>,
    /// The libraries that the system must load first.
    libraries: BTreeSet<String>,
    /// The newest version of glibc that a symbol needs.
    glibc: Option<Version>,
    /// The smallest alignment of the loaded segments, in bytes.
    alignment: u64,
    /// The oldest version of Apple's system that loads it.
    apple: Option<(Platform, Version)>,
}

/// Before the name of a symbol that may be missing.
const WEAK: &str = "weak ";

/// A major and a minor number.
pub(crate) type Version = (u32, u32);

impl Artifact {
    /// Reads the library in `file`.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let bytes = fs::read(file).with_context(|| file.display().to_string())?;
        Self::parse(&bytes).with_context(|| file.display().to_string())
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let file = File::parse(bytes)?;
        let mut exports = BTreeSet::new();
        for export in file.exports()? {
            exports.insert(symbol(&file, &export?.name())?);
        }
        let mut imports = BTreeSet::new();
        let mut glibc = None;
        for import in file.imports()? {
            let import = import?;
            let name = symbol(&file, &import.name())?;
            if let ImportFlags::Elf {
                version: Some(version),
                ..
            } = import.flags()
            {
                glibc = glibc.max(glibc_version(&String::from_utf8_lossy(version)));
            }
            imports.insert(match file.format() {
                BinaryFormat::Pe => {
                    let library = String::from_utf8_lossy(import.library());
                    format!("{}:{name}", library.to_lowercase())
                }
                _ if import.is_weak() => format!("{WEAK}{name}"),
                _ => name,
            });
        }
        let mut libraries = BTreeSet::new();
        for library in file.import_libraries()? {
            let name = String::from_utf8_lossy(library?.name()).into_owned();
            libraries.insert(match file.format() {
                // The names are compared without regard to case.
                BinaryFormat::Pe => name.to_lowercase(),
                _ => name,
            });
        }
        Ok(Self {
            size: bytes.len().try_into()?,
            format: file.format(),
            architecture: file.architecture(),
            exports,
            imports,
            libraries,
            glibc,
            alignment: file
                .segments()
                .map(|segment| segment.align())
                .min()
                .context("it has no segment")?,
            apple: match &file {
                File::MachO32(file) => apple_version(file)?,
                File::MachO64(file) => apple_version(file)?,
                _ => None,
            },
        })
    }

    /// The oldest system that loads the library, for people: `glibc 2.17`. Android's and Windows' is not in the file.
    pub(crate) fn minimum_system(&self, os: Os) -> String {
        match (os, self.glibc, self.apple) {
            (Os::Linux, Some((major, minor)), _) => format!("glibc {major}.{minor}"),
            (Os::Ios, _, Some((_, (major, minor)))) => format!("iOS {major}.{minor}"),
            (Os::Macos, _, Some((_, (major, minor)))) => format!("macOS {major}.{minor}"),
            (Os::Android, ..) => format!("Android API level {}", phone::API_LEVEL),
            // Rust's and Flutter's.
            (Os::Windows, ..) => "Windows 10".to_owned(),
            _ => "unknown".to_owned(),
        }
    }
}

/// The name of a symbol as it is in the source.
fn symbol(file: &File<'_>, name: &NameOrOrdinal<impl AsRef<[u8]>>) -> Result<String> {
    let name = match name {
        NameOrOrdinal::Name(name) => String::from_utf8_lossy(name.as_ref()).into_owned(),
        NameOrOrdinal::Ordinal(ordinal) => format!("#{ordinal}"),
    };
    if file.format() != BinaryFormat::MachO {
        return Ok(name);
    }
    Ok(mach_o_symbol(&name).to_owned())
}

/// The C name of a symbol in Mach-O: without the underscore, and without the variant of x86-64, as in
/// `_fstat$INODE64`.
fn mach_o_symbol(name: &str) -> &str {
    // The linker's own dyld_stub_binder has no underscore.
    let name = name.strip_prefix('_').unwrap_or(name);
    name.split_once('$').map_or(name, |(name, _)| name)
}

/// The version in `GLIBC_2.17`. None for other libraries' versions.
fn glibc_version(text: &str) -> Option<Version> {
    let mut numbers = text.strip_prefix("GLIBC_")?.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

fn apple_version<'data, Mach: MachHeader>(
    file: &MachOFile<'data, Mach>,
) -> Result<Option<(Platform, Version)>> {
    let Some((command, _)) = file.build_version()? else {
        bail!("it has no minimum version of the system");
    };
    let minimum = command.minos.get(file.endian()).0;
    let version = (minimum >> 16, minimum >> 8 & 0xff);
    Ok(Some((command.platform.get(file.endian()), version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_the_newest_version_that_a_symbol_needs() {
        let versions = [
            "GLIBC_2.2.5",
            "GLIBC_2.17",
            "GLIBC_2.9",
            "GCC_3.0",
            "GLIBC_PRIVATE",
        ];
        let newest = versions.into_iter().filter_map(glibc_version).max();
        assert_eq!(newest, Some((2, 17)));
    }

    #[test]
    fn names_in_mach_o_are_those_of_c() {
        assert_eq!(mach_o_symbol("_fstat$INODE64"), "fstat");
        assert_eq!(mach_o_symbol("___error"), "__error");
        assert_eq!(mach_o_symbol("dyld_stub_binder"), "dyld_stub_binder");
    }

    #[test]
    fn a_program_describes_itself() -> Result<()> {
        let program = Artifact::read(&std::env::current_exe()?)?;
        assert!(!program.imports.is_empty());
        assert!(!program.libraries.is_empty());
        assert!(program.alignment >= 4096);
        Ok(())
    }

    #[test]
    fn what_is_no_library_is_an_error() {
        assert!(Artifact::parse(b"not a library").is_err());
    }
}

//! What must hold for a library before anyone gets it.

use std::collections::BTreeSet;

use object::{Architecture, BinaryFormat, macho};

use super::super::targets::{Os, Target};
use super::{Artifact, WEAK};

/// Why a library was built.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Purpose {
    /// Apps load it.
    Shipped,
    /// It was linked without the SDK, so what the SDK links into a library is missing. Nobody loads it.
    Checked,
}

/// The functions that Dart looks up, and no others.
const EXPORTS: &str = include_str!("exports.txt");

/// The symbols and libraries that a library may need from the system.
const IMPORTS_ANDROID: &str = include_str!("imports_android.txt");
const IMPORTS_APPLE: &str = include_str!("imports_apple.txt");
const IMPORTS_MACOS: &str = include_str!("imports_macos.txt");
const IMPORTS_LINUX: &str = include_str!("imports_linux.txt");
const IMPORTS_WINDOWS: &str = include_str!("imports_windows.txt");

/// Apple's functions that an app must give a reason for.
const REQUIRED_REASON: &str = include_str!("required_reason.txt");

/// The unwinder, which the SDKs link into a library or have in the system.
const UNWINDER: [&str; 2] = ["_Unwind_", "__gnu_unwind_"];

/// The page size of newer Android devices, in bytes. Google Play rejects 64-bit libraries that are not aligned to it.
const ANDROID_PAGE: u64 = 16 * 1024;

/// The largest library that is accepted for `target`, in bytes.
pub(crate) fn size_limit(target: &Target, purpose: Purpose) -> u64 {
    match (target.os, target.architecture, purpose) {
        // Phones: it is what the package adds to an app. The NDK adds LLVM's unwinder.
        (Os::Android, Architecture::Aarch64 | Architecture::Arm, Purpose::Checked) => 2_600_000,
        (Os::Android, Architecture::Aarch64 | Architecture::Arm, Purpose::Shipped) => 2_700_000,
        _ => 3_000_000,
    }
}

/// What is wrong with `artifact` as the library for `target`; empty if nothing is.
pub(crate) fn check(target: &Target, artifact: &Artifact, purpose: Purpose) -> Vec<String> {
    let mut faults = Vec::new();
    if (artifact.format, artifact.architecture) != (format(target.os), target.architecture) {
        faults.push(format!(
            "it is a library for {:?} in the format {:?}, not for {:?} in {:?}",
            artifact.architecture,
            artifact.format,
            target.architecture,
            format(target.os)
        ));
        // The rest would only repeat that.
        return faults;
    }
    compare_exports(artifact, &mut faults);
    compare_imports(target, artifact, purpose, &mut faults);
    check_system(target, artifact, &mut faults);
    let limit = size_limit(target, purpose);
    if artifact.size > limit {
        faults.push(format!("it has {} bytes, more than {limit}", artifact.size));
    }
    faults
}

fn compare_exports(artifact: &Artifact, faults: &mut Vec<String>) {
    let ours: BTreeSet<_> = lines(EXPORTS).collect();
    for name in artifact.exports.iter().map(String::as_str) {
        if !ours.contains(name) {
            faults.push(format!(
                "it exports {name}, which exports.txt does not list"
            ));
        }
    }
    for name in ours {
        if !artifact.exports.contains(name) {
            faults.push(format!("it does not export {name}"));
        }
    }
}

fn compare_imports(
    target: &Target,
    artifact: &Artifact,
    purpose: Purpose,
    faults: &mut Vec<String>,
) {
    let (file, lists) = match target.os {
        Os::Android => ("imports_android.txt", &[IMPORTS_ANDROID][..]),
        Os::Ios => ("imports_apple.txt", &[IMPORTS_APPLE][..]),
        Os::Macos => ("imports_macos.txt", &[IMPORTS_APPLE, IMPORTS_MACOS][..]),
        Os::Linux => ("imports_linux.txt", &[IMPORTS_LINUX][..]),
        Os::Windows => ("imports_windows.txt", &[IMPORTS_WINDOWS][..]),
    };
    let allowed: BTreeSet<_> = lists.iter().flat_map(|list| lines(list)).collect();
    for name in &artifact.imports {
        let plain = name.strip_prefix(WEAK).unwrap_or(name);
        let is_allowed = allowed.contains(name.as_str()) || allowed.contains(plain);
        let of_the_sdk =
            purpose == Purpose::Checked && UNWINDER.iter().any(|it| name.starts_with(it));
        if !is_allowed && !of_the_sdk {
            faults.push(format!("it needs {name}, which {file} does not list"));
        }
    }
    for name in &artifact.libraries {
        if !allowed.contains(format!("library {name}").as_str()) {
            faults.push(format!(
                "it needs the library {name}, which {file} does not list"
            ));
        }
    }
    for reason in required_reasons(target, artifact) {
        if !reason.is_declared {
            faults.push(format!(
                "it needs {}, for which Apple wants a reason ({}), and docs/stores.md does not name it",
                reason.function, reason.category
            ));
        }
    }
}

/// A function that Apple wants a reason for.
pub(crate) struct RequiredReason {
    pub(crate) function: &'static str,
    pub(crate) category: &'static str,
    /// Whether docs/stores.md names the category for the app's privacy manifest.
    pub(crate) is_declared: bool,
}

/// The functions in `artifact` that Apple wants a reason for: on iOS, not on macOS.
pub(crate) fn required_reasons(target: &Target, artifact: &Artifact) -> Vec<RequiredReason> {
    if target.os != Os::Ios {
        return Vec::new();
    }
    lines(REQUIRED_REASON)
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some(RequiredReason {
                function: words.next()?,
                category: words.next()?,
                is_declared: words.next() == Some("declared"),
            })
        })
        .filter(|reason| artifact.imports.contains(reason.function))
        .collect()
}

fn check_system(target: &Target, artifact: &Artifact, faults: &mut Vec<String>) {
    match target.os {
        Os::Android => {
            if target.architecture != Architecture::Arm && artifact.alignment < ANDROID_PAGE {
                faults.push(format!(
                    "its segments are aligned to {} bytes, not to Android's pages of 16 KiB",
                    artifact.alignment
                ));
            }
        }
        Os::Linux => {
            let floor = super::super::targets::GLIBC;
            if artifact.glibc.is_some_and(|needed| needed > floor) {
                let (major, minor) = artifact.glibc.unwrap_or_default();
                faults.push(format!(
                    "it needs glibc {major}.{minor}, newer than {}.{}",
                    floor.0, floor.1
                ));
            }
        }
        Os::Ios | Os::Macos => {
            let expected = (apple_platform(target), target.apple_minimum());
            if artifact.apple != Some(expected) {
                faults.push(format!(
                    "it says {:?}, not {:?}, of Apple's platform and its oldest version",
                    artifact.apple, expected
                ));
            }
        }
        Os::Windows => {}
    }
}

fn apple_platform(target: &Target) -> macho::Platform {
    match (target.os, target.is_simulator()) {
        (Os::Ios, true) => macho::PLATFORM_IOSSIMULATOR,
        (Os::Ios, false) => macho::PLATFORM_IOS,
        _ => macho::PLATFORM_MACOS,
    }
}

fn format(os: Os) -> BinaryFormat {
    match os {
        Os::Android | Os::Linux => BinaryFormat::Elf,
        Os::Ios | Os::Macos => BinaryFormat::MachO,
        Os::Windows => BinaryFormat::Pe,
    }
}

/// The lines of a list, without comments.
fn lines(list: &str) -> impl Iterator<Item = &str> {
    list.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::super::Version;
    use super::*;
    use crate::platforms::targets;

    fn artifact(format: BinaryFormat, architecture: Architecture) -> Artifact {
        Artifact {
            size: 2_000_000,
            format,
            architecture,
            exports: lines(EXPORTS).map(str::to_owned).collect(),
            imports: BTreeSet::new(),
            libraries: BTreeSet::new(),
            glibc: None,
            alignment: 0x4000,
            apple: None,
        }
    }

    fn android() -> (&'static Target, Artifact) {
        let target = targets::find("aarch64-linux-android").expect("it is a target");
        (target, artifact(BinaryFormat::Elf, Architecture::Aarch64))
    }

    fn linux() -> (&'static Target, Artifact) {
        let target = targets::find("x86_64-unknown-linux-gnu").expect("it is a target");
        (target, artifact(BinaryFormat::Elf, Architecture::X86_64))
    }

    fn ios(platform: macho::Platform, version: Version) -> (&'static Target, Artifact) {
        let target = targets::find("aarch64-apple-ios").expect("it is a target");
        let mut artifact = artifact(BinaryFormat::MachO, Architecture::Aarch64);
        artifact.apple = Some((platform, version));
        (target, artifact)
    }

    fn faults((target, artifact): &(&Target, Artifact)) -> Vec<String> {
        check(target, artifact, Purpose::Shipped)
    }

    #[track_caller]
    fn assert_fault(case: &(&Target, Artifact), part: &str) {
        let faults = faults(case);
        assert!(
            matches!(&faults[..], [fault] if fault.contains(part)),
            "{faults:?}"
        );
    }

    #[test]
    fn a_library_as_it_should_be_has_no_fault() {
        assert_eq!(faults(&android()), [""; 0]);
        assert_eq!(faults(&linux()), [""; 0]);
        assert_eq!(faults(&ios(macho::PLATFORM_IOS, (13, 0))), [""; 0]);
    }

    #[test]
    fn another_architecture_is_a_fault() {
        let (target, _) = android();
        let other = artifact(BinaryFormat::Elf, Architecture::X86_64);
        assert_fault(&(target, other), "X86_64");
    }

    #[test]
    fn an_export_that_is_not_ours_is_a_fault() {
        let mut case = android();
        case.1.exports.insert("ring_core_bn_mul_mont".to_owned());
        assert_fault(&case, "it exports ring_core_bn_mul_mont");
    }

    #[test]
    fn a_missing_export_is_a_fault() {
        let mut case = android();
        case.1.exports.remove("rust_web_socket_send_pack");
        assert_fault(&case, "it does not export rust_web_socket_send_pack");
    }

    #[test]
    fn an_import_beyond_the_list_is_a_fault() {
        let mut case = linux();
        case.1.imports.insert("system".to_owned());
        assert_fault(&case, "it needs system, which imports_linux.txt");
    }

    #[test]
    fn what_may_only_be_weak_is_a_fault_if_it_is_not() {
        let mut case = android();
        case.1.imports.insert("weak getrandom".to_owned());
        case.1.imports.insert("weak read".to_owned());
        assert_eq!(faults(&case), [""; 0]);
        // Android has it since API level 28.
        case.1.imports.insert("getrandom".to_owned());
        assert_fault(&case, "it needs getrandom");
    }

    #[test]
    fn a_library_beyond_the_list_is_a_fault() {
        let mut case = linux();
        case.1.libraries.insert("libssl.so.3".to_owned());
        assert_fault(&case, "the library libssl.so.3");
    }

    #[test]
    fn the_unwinder_may_only_be_missing_without_an_sdk() {
        let mut case = android();
        case.1.imports.insert("_Unwind_Resume".to_owned());
        assert_fault(&case, "_Unwind_Resume");
        assert_eq!(check(case.0, &case.1, Purpose::Checked), [""; 0]);
    }

    #[test]
    fn small_pages_are_a_fault_on_android() {
        let mut case = android();
        case.1.alignment = 0x1000;
        assert_fault(&case, "16 KiB");
    }

    #[test]
    fn a_new_glibc_is_a_fault() {
        let mut case = linux();
        case.1.glibc = Some((2, 34));
        assert_fault(&case, "glibc 2.34");
    }

    #[test]
    fn another_minimum_version_is_a_fault_on_ios() {
        assert_fault(&ios(macho::PLATFORM_IOS, (10, 0)), "oldest version");
        assert_fault(
            &ios(macho::PLATFORM_IOSSIMULATOR, (13, 0)),
            "oldest version",
        );
    }

    #[test]
    fn a_function_that_apple_wants_a_reason_for_must_be_declared() {
        let mut case = ios(macho::PLATFORM_IOS, (13, 0));
        case.1.imports.insert("fstat".to_owned());
        assert_eq!(faults(&case), [""; 0]);
        case.1.imports.insert("mach_absolute_time".to_owned());
        let faults = faults(&case);
        assert!(
            faults.iter().any(|it| it.contains("SystemBootTime")),
            "{faults:?}"
        );
    }

    #[test]
    fn a_library_beyond_the_limit_is_a_fault() {
        let mut case = android();
        case.1.size = size_limit(case.0, Purpose::Shipped) + 1;
        assert_fault(&case, "bytes, more than");
    }
}

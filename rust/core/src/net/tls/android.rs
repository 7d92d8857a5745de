//! Android's roots: those of the system, and those that the user or a company has added. `roots.rs` calls it, on a
//! thread that may block.

use std::path::Path;

use rustls::pki_types::TrustAnchor;

use super::{
    folder::{self, LeftOut, MAX_ROOTS},
    roots::ReadUserRoots,
};

/// Where the system's roots are. The first is updated without the system, from Android 14 on.
#[cfg(target_os = "android")]
const SYSTEM: [&str; 2] = [
    "/apex/com.android.conscrypt/cacerts",
    "/system/etc/security/cacerts",
];

/// The system's roots.
#[cfg(target_os = "android")]
pub(super) fn system_roots() -> Vec<TrustAnchor<'static>> {
    first_of(&SYSTEM.map(Path::new))
}

/// The roots that were added for the user of this process. `other` reads them if their folder is not readable, which
/// depends on the device.
#[cfg(target_os = "android")]
pub(super) fn user_roots(other: Option<ReadUserRoots>) -> Vec<TrustAnchor<'static>> {
    use std::os::unix::fs::MetadataExt;

    // The owner of this folder is the process's user. Android has 100000 of them for each person.
    let person = std::fs::metadata("/proc/self").map_or(0, |process| process.uid() / 100_000);
    added(
        Path::new(&format!("/data/misc/user/{person}/cacerts-added")),
        other,
    )
}

/// The roots in the first folder that has any.
fn first_of(folders: &[&Path]) -> Vec<TrustAnchor<'static>> {
    for path in folders {
        match folder::roots(path) {
            Ok(roots) if !roots.is_empty() => return roots,
            Ok(_) => log::debug!("There are no roots in {}", path.display()),
            Err(error) => log::debug!("No roots are read from {}: {error}", path.display()),
        }
    }
    log::warn!("Android's roots can't be read; Mozilla's are trusted");
    Vec::new()
}

/// The roots in the folder `path`, or else those that `other` reads.
fn added(path: &Path, other: Option<ReadUserRoots>) -> Vec<TrustAnchor<'static>> {
    let error = match folder::roots(path) {
        Ok(roots) => return roots,
        Err(error) => error,
    };
    log::debug!("No roots are read from {}: {error}", path.display());
    let read = other.map_or_else(|| Err(error.to_string()), |other| other(MAX_ROOTS));
    let certificates = match read {
        Ok(certificates) => certificates,
        Err(error) => {
            log::warn!("The roots that the user added can't be read: {error}");
            return Vec::new();
        }
    };
    let (mut roots, mut left_out) = (Vec::new(), LeftOut::default());
    for (index, certificate) in certificates.iter().take(MAX_ROOTS).enumerate() {
        folder::add(
            &mut roots,
            certificate,
            &format!("root {index}"),
            &mut left_out,
        );
    }
    left_out.log("the user's roots");
    roots
}

#[cfg(all(test, unix))]
mod tests {
    use test_server::Authority;

    use super::{super::folder::tests::Folder, *};

    fn authority() -> Authority {
        Authority::new().expect("an authority")
    }

    #[test]
    fn the_first_folder_with_roots_is_read() {
        let (new, old) = (Folder::new(), Folder::new());
        let old = old
            .with("old.0", authority().certificate_pem)
            .with("old.1", authority().certificate_pem);
        let missing = new.0.join("missing");
        assert_eq!(first_of(&[&missing, &old.0]).len(), 2);
        assert_eq!(first_of(&[&new.0, &old.0]).len(), 2);
        let new = new.with("new.0", authority().certificate_pem);
        assert_eq!(first_of(&[&new.0, &old.0]).len(), 1);
        assert_eq!(first_of(&[&missing]).len(), 0);
    }

    #[test]
    fn the_users_folder_is_preferred_to_the_other_source() {
        let folder = Folder::new().with("root.0", authority().certificate_der);
        let other: ReadUserRoots = |_| panic!("the folder is readable");
        assert_eq!(added(&folder.0, Some(other)).len(), 1);
    }

    #[test]
    fn the_other_source_is_asked_if_the_folder_is_not_readable() {
        let folder = Folder::new();
        let missing = folder.0.join("missing");
        let two: ReadUserRoots = |_| {
            let half = authority().certificate_der[..100].to_vec();
            Ok(vec![authority().certificate_der, half, Vec::new()])
        };
        assert_eq!(added(&missing, Some(two)).len(), 1);
        let fails: ReadUserRoots = |_| Err("there is no Java VM".to_owned());
        assert_eq!(added(&missing, Some(fails)).len(), 0);
        assert_eq!(added(&missing, None).len(), 0);
    }

    #[test]
    fn ten_thousand_roots_of_the_other_source_are_limited() {
        let missing = Folder::new().0.join("missing");
        let many: ReadUserRoots = |_| Ok(vec![authority().certificate_der; 10_000]);
        assert_eq!(added(&missing, Some(many)).len(), MAX_ROOTS);
    }
}

//! Root certificates in a folder with one file for each, as on Android: PEM, which may have text around it, or DER.
//! `android.rs` calls it, on a thread that may block.

use std::{
    fs::{self, DirEntry, File},
    io::{self, Read},
    path::Path,
};

use rustls::pki_types::{CertificateDer, TrustAnchor, pem::PemObject};

/// The maximum number of entries that are read, and of roots from one source. Android has 150.
pub(super) const MAX_ROOTS: usize = 1000;
/// The maximum size of one file. Android's have 2 to 8 KiB.
const MAX_FILE: u64 = 64 * 1024;
/// The maximum size of all files together.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Reads the roots in `folder`. What can't be read or parsed is left out and logged. Fails if the folder can't be listed.
pub(super) fn roots(folder: &Path) -> io::Result<Vec<TrustAnchor<'static>>> {
    let mut left_out = LeftOut::default();
    let roots = read_all(folder, &mut left_out)?;
    left_out.log(&folder.display().to_string());
    Ok(roots)
}

fn read_all(folder: &Path, left_out: &mut LeftOut) -> io::Result<Vec<TrustAnchor<'static>>> {
    let (mut roots, mut bytes) = (Vec::new(), 0);
    for (index, entry) in fs::read_dir(folder)?.enumerate() {
        if index == MAX_ROOTS || roots.len() >= MAX_ROOTS || bytes > MAX_BYTES {
            left_out.add("the rest", "at most 1000 files and 8 MiB are read");
            break;
        }
        let entry = match entry {
            Ok(entry) => entry,
            // The next one may fail as well, without end.
            Err(error) => {
                left_out.add("the rest", &error.to_string());
                break;
            }
        };
        let name = entry.file_name();
        let name = name.to_string_lossy();
        match read(&entry) {
            Ok(file) => {
                bytes += file.len();
                add(&mut roots, &file, &name, left_out);
            }
            Err(error) => left_out.add(&name, &error.to_string()),
        }
    }
    roots.truncate(MAX_ROOTS);
    Ok(roots)
}

/// Reads one file. Whatever is not a file is refused before it is opened, since opening a FIFO blocks.
fn read(entry: &DirEntry) -> io::Result<Vec<u8>> {
    let path = entry.path();
    if !fs::metadata(&path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(&path)?
        .take(MAX_FILE + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(io::Error::other("it is larger than 64 KiB"));
    }
    Ok(bytes)
}

/// Adds the certificates in `file`, which has the name `name`.
pub(super) fn add(
    roots: &mut Vec<TrustAnchor<'static>>,
    file: &[u8],
    name: &str,
    left_out: &mut LeftOut,
) {
    let has_section = file
        .windows(b"-----BEGIN".len())
        .any(|bytes| bytes == b"-----BEGIN");
    if !has_section {
        return match anchor(&CertificateDer::from(file)) {
            Ok(root) => roots.push(root),
            Err(error) => left_out.add(name, &error),
        };
    }
    let mut found = false;
    for certificate in CertificateDer::pem_slice_iter(file) {
        found = true;
        let root = certificate
            .map_err(|error| error.to_string())
            .and_then(|certificate| anchor(&certificate));
        match root {
            Ok(root) => roots.push(root),
            Err(error) => left_out.add(name, &error),
        }
    }
    if !found {
        left_out.add(name, "it has no certificate");
    }
}

fn anchor(certificate: &CertificateDer<'_>) -> Result<TrustAnchor<'static>, String> {
    match webpki::anchor_from_trusted_cert(certificate) {
        Ok(anchor) => Ok(anchor.to_owned()),
        Err(error) => Err(format!("it is not a certificate: {error}")),
    }
}

/// What is left out of a source of roots.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    count: usize,
    first: String,
}

impl LeftOut {
    pub(super) fn add(&mut self, name: &str, reason: &str) {
        if self.count == 0 {
            self.first = format!("{name}: {reason}");
        }
        self.count += 1;
    }

    /// Logs one record, whatever their number.
    pub(super) fn log(&self, source: &str) {
        if let Some(message) = self.message(source) {
            log::warn!("{message}");
        }
    }

    fn message(&self, source: &str) -> Option<String> {
        (self.count > 0).then(|| {
            format!(
                "{} of the roots in {source} are not trusted, the first: {}",
                self.count, self.first
            )
        })
    }
}

#[cfg(all(test, unix))]
pub(super) mod tests {
    use std::{path::PathBuf, process::Command, sync::atomic::AtomicU32};

    use test_server::Authority;

    use super::*;

    /// A folder that is deleted in the end.
    pub(crate) struct Folder(pub(crate) PathBuf);

    impl Folder {
        pub(crate) fn new() -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let name = format!("roots_{}_{count}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).expect("a folder");
            Self(path)
        }

        pub(crate) fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
            fs::write(self.0.join(name), bytes).expect("written");
            self
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn authority() -> Authority {
        Authority::new().expect("an authority")
    }

    fn count(folder: &Folder) -> usize {
        roots(&folder.0).expect("a folder").len()
    }

    /// The log record about what is left out.
    fn record(folder: &Folder) -> Option<String> {
        let mut left_out = LeftOut::default();
        read_all(&folder.0, &mut left_out).expect("a folder");
        left_out.message("folder")
    }

    #[test]
    fn pem_with_text_around_it_and_der_are_read() {
        let (text, before, der) = (authority(), authority(), authority());
        let after = format!("{}Certificate:\n    Data:\n", text.certificate_pem);
        let before = format!(
            "0 = root\nSHA1 Fingerprint=\u{e9}\n{}",
            before.certificate_pem
        );
        let folder = Folder::new()
            .with("00673b5b.0", after)
            .with("04f60c28.0", before)
            .with("0d69c7e1.0", der.certificate_der);
        assert_eq!(count(&folder), 3);
        assert_eq!(record(&folder), None);
    }

    #[test]
    fn what_is_not_a_certificate_is_left_out() {
        let good = authority();
        let pem = good.certificate_pem.as_bytes();
        let der = &good.certificate_der;
        let folder = Folder::new()
            .with("good.0", pem)
            .with("half.0", &pem[..pem.len() / 2])
            .with("half.1", &der[..der.len() / 2])
            .with("empty.0", "")
            .with("text.0", "no certificate")
            .with(
                "key.0",
                "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
            )
            .with(
                "base64.0",
                "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
            )
            .with("large.0", vec![b'0'; 65 * 1024]);
        fs::create_dir(folder.0.join("folder.0")).expect("a folder");
        std::os::unix::fs::symlink("nowhere", folder.0.join("link.0")).expect("a link");
        assert_eq!(count(&folder), 1);
        let record = record(&folder).expect("a record");
        assert!(record.starts_with("9 of the roots in folder"), "{record}");
    }

    #[test]
    fn a_fifo_is_not_opened() {
        let folder = Folder::new().with("good.0", authority().certificate_pem);
        let made = Command::new("mkfifo").arg(folder.0.join("fifo.0")).status();
        assert!(made.expect("mkfifo").success());
        // Opening it would block, since nothing writes to it.
        assert_eq!(count(&folder), 1);
        let expected =
            "1 of the roots in folder are not trusted, the first: fifo.0: it is not a file";
        assert_eq!(record(&folder).as_deref(), Some(expected));
    }

    #[test]
    fn ten_thousand_files_are_not_all_read() {
        let folder = Folder::new().with("root.0", authority().certificate_der);
        for index in 0..10_000 {
            let link = folder.0.join(format!("{index:08x}.0"));
            fs::hard_link(folder.0.join("root.0"), link).expect("a link");
        }
        assert_eq!(count(&folder), MAX_ROOTS);
        let record = record(&folder).expect("a record");
        assert!(record.contains("at most 1000 files"), "{record}");
    }

    #[test]
    fn a_file_with_many_certificates_has_the_same_limits() {
        let der = authority().certificate_pem.repeat(100);
        assert!(der.len() as u64 <= MAX_FILE);
        let mut folder = Folder::new();
        for index in 0..20 {
            folder = folder.with(&format!("{index}.0"), &der);
        }
        assert_eq!(count(&folder), MAX_ROOTS);
    }

    #[test]
    fn a_folder_that_can_not_be_listed_is_an_error() {
        let folder = Folder::new().with("file", "");
        assert!(roots(&folder.0.join("missing")).is_err());
        assert!(roots(&folder.0.join("file")).is_err());
    }
}

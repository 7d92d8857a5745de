//! The certificates that are trusted unless the options say otherwise: Mozilla's, and those of the platform's store.

use std::sync::OnceLock;

use rustls::RootCertStore;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::TlsOptions;

/// Mozilla's list with the platform's store, once that has been read.
static DEFAULT_ROOTS: OnceLock<RootCertStore> = OnceLock::new();

/// The roots beside those of the options, unless the platform's store is still to be read for them.
pub(super) fn known_roots(options: &TlsOptions) -> Option<&'static RootCertStore> {
    static NONE: RootCertStore = RootCertStore { roots: Vec::new() };
    if options.only_these_roots || options.dangerous_accept_any_certificate {
        Some(&NONE)
    } else {
        DEFAULT_ROOTS.get()
    }
}

/// Reads the platform's store on a thread that may block, once in the process. Who no longer waits for it leaves it to
/// the next connect.
pub(super) async fn default_roots() -> &'static RootCertStore {
    // The read that has begun: one thread is enough, however many connects wait or are cancelled.
    static READ: tokio::sync::Mutex<Option<JoinHandle<RootCertStore>>> =
        tokio::sync::Mutex::const_new(None);
    let mut read = READ.lock().await;
    if let Some(roots) = DEFAULT_ROOTS.get() {
        return roots;
    }
    let result = read
        .get_or_insert_with(|| spawn_blocking(read_default_roots))
        .await;
    *read = None;
    DEFAULT_ROOTS.get_or_init(|| result.unwrap_or_else(|_| mozilla_roots()))
}

/// Mozilla's list, and the platform's store where it can be read: on Linux, macOS and Windows. On Android and iOS
/// rustls-native-certs finds nothing of the system's.
fn read_default_roots() -> RootCertStore {
    let mut roots = mozilla_roots();
    if cfg!(not(any(target_os = "android", target_os = "ios"))) {
        // A store that can't be read is as good as none, and a certificate in it that nobody understands verifies
        // nothing.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    roots
}

pub(super) fn mozilla_roots() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}

//! The default root certificates: Mozilla's list and those of the platform's store. Roots of the options are added in
//! `config.rs`. [`Tls`](super::Tls) calls it.

use std::sync::OnceLock;

use rustls::RootCertStore;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::TlsOptions;

/// The default roots, once the platform's store has been read.
static DEFAULT_ROOTS: OnceLock<RootCertStore> = OnceLock::new();

/// The roots besides those in the options. `None` if the platform's store has to be read first.
pub(super) fn known_roots(options: &TlsOptions) -> Option<&'static RootCertStore> {
    static NONE: RootCertStore = RootCertStore { roots: Vec::new() };
    if options.only_these_roots || options.dangerous_accept_any_certificate {
        Some(&NONE)
    } else {
        DEFAULT_ROOTS.get()
    }
}

/// Reads the platform's store on a thread that may block, once per process. If a connect is cancelled, the next one
/// continues to wait for the same read.
pub(super) async fn default_roots() -> &'static RootCertStore {
    // The running read. All connects wait for the same one.
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

/// Mozilla's list, and on Linux, macOS and Windows the platform's store, if it can be read. rustls-native-certs does
/// not support the stores of Android and iOS.
fn read_default_roots() -> RootCertStore {
    let mut roots = mozilla_roots();
    if cfg!(not(any(target_os = "android", target_os = "ios"))) {
        // A store that can't be read counts as empty. Certificates that can't be parsed are skipped.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    roots
}

pub(super) fn mozilla_roots() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}

#[cfg(all(test, windows))]
mod tests {
    #[test]
    fn the_users_root_store_is_read() {
        let read = rustls_native_certs::load_native_certs();
        assert!(read.errors.is_empty(), "{:?}", read.errors);
        assert!(!read.certs.is_empty());
        let roots = super::read_default_roots();
        assert!(roots.len() >= super::mozilla_roots().len());
    }
}

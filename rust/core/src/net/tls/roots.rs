//! The default root certificates: Mozilla's list and those of the platform's store. Roots of the options are added in
//! `config.rs`. [`Tls`](super::Tls) calls it.

use std::sync::OnceLock;

use rustls::RootCertStore;
use tokio::{
    sync::Mutex,
    task::{JoinHandle, spawn_blocking},
};

use crate::TlsOptions;

/// Reads the root certificates that the user or a company has added on Android, in DER: at most as many as the argument
/// says. It is called on a thread that may block. The error says why it can't.
pub type ReadUserRoots = fn(usize) -> Result<Vec<Vec<u8>>, String>;

static READ_USER_ROOTS: OnceLock<ReadUserRoots> = OnceLock::new();

/// Sets how [`TlsOptions::user_roots`] are read on Android if their folder is not readable. Later calls have no effect.
/// The owner passes a function because reading them takes calls of Java, and this crate has no `unsafe` code.
pub fn set_user_roots_reader(read: ReadUserRoots) {
    let _ = READ_USER_ROOTS.set(read);
}

/// Roots that are read once per process.
struct Store {
    roots: OnceLock<RootCertStore>,
    /// The running read. All connects wait for the same one.
    read: Mutex<Option<JoinHandle<RootCertStore>>>,
}

impl Store {
    const fn new() -> Self {
        Self {
            roots: OnceLock::new(),
            read: Mutex::const_new(None),
        }
    }
}

static DEFAULT: Store = Store::new();
/// The default roots, and those that the user or a company has added.
static WITH_USER_ROOTS: Store = Store::new();

fn store(options: &TlsOptions) -> &'static Store {
    if reads_user_roots(options) {
        &WITH_USER_ROOTS
    } else {
        &DEFAULT
    }
}

/// Elsewhere the platform's store contains them.
fn reads_user_roots(options: &TlsOptions) -> bool {
    cfg!(target_os = "android") && options.user_roots
}

/// The roots besides those in the options. `None` if the platform's store has to be read first.
pub(super) fn known_roots(options: &TlsOptions) -> Option<&'static RootCertStore> {
    static NONE: RootCertStore = RootCertStore { roots: Vec::new() };
    if options.only_these_roots
        || options.dangerous_accept_any_certificate
        || options.platform_verifies()
    {
        Some(&NONE)
    } else {
        store(options).roots.get()
    }
}

/// Reads the platform's store on a thread that may block, once per process. If a connect is cancelled, the next one
/// continues to wait for the same read.
pub(super) async fn default_roots(options: &TlsOptions) -> &'static RootCertStore {
    let store = store(options);
    let mut read = store.read.lock().await;
    if let Some(roots) = store.roots.get() {
        return roots;
    }
    let with_user_roots = reads_user_roots(options);
    let result = read
        .get_or_insert_with(|| spawn_blocking(move || read_roots(with_user_roots)))
        .await;
    *read = None;
    store.roots.get_or_init(|| {
        result.unwrap_or_else(|error| {
            log::error!("The platform's roots can't be read, Mozilla's are trusted: {error}");
            mozilla_roots()
        })
    })
}

/// Mozilla's list, and the platform's store if it can be read.
fn read_roots(with_user_roots: bool) -> RootCertStore {
    let mut roots = mozilla_roots();
    add_platform_roots(&mut roots, with_user_roots);
    roots
}

#[cfg(target_os = "android")]
fn add_platform_roots(roots: &mut RootCertStore, with_user_roots: bool) {
    roots.extend(super::android::system_roots());
    if with_user_roots {
        roots.extend(super::android::user_roots(READ_USER_ROOTS.get().copied()));
    }
}

/// iOS has no list of its roots.
#[cfg(target_os = "ios")]
fn add_platform_roots(_: &mut RootCertStore, _: bool) {}

#[cfg(not(any(target_os = "android", target_os = "ios")))]
fn add_platform_roots(roots: &mut RootCertStore, _: bool) {
    let native = rustls_native_certs::load_native_certs();
    let (_, skipped) = roots.add_parsable_certificates(native.certs);
    if skipped > 0 {
        log::warn!("{skipped} of the platform's roots are not trusted: they are not certificates");
    }
    if let Some(first) = native.errors.first() {
        let count = native.errors.len();
        log::warn!("The platform's roots are not complete: {count} errors, the first: {first}");
    }
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
        let roots = super::read_roots(false);
        assert!(roots.len() >= super::mozilla_roots().len());
    }
}

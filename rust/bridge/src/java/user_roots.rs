//! The root certificates that the user or a company has added, from Android's key store of trusted roots.

use std::ffi::CStr;

use super::env::{Env, attached};

/// Android's key store with all trusted roots.
#[cfg(target_os = "android")]
const STORE: &CStr = c"AndroidCAStore";
/// How the aliases of added roots begin. Those of the system begin with `system:`.
const ADDED: &str = "user:";

/// Reads at most `limit` added roots, in DER. It blocks, and needs Android 12 (API 31).
#[cfg(target_os = "android")]
pub(crate) fn read(limit: usize) -> Result<Vec<Vec<u8>>, String> {
    read_from(super::LIBRARY, STORE, limit)
}

/// Reads from the key store of the type `store`, in the Java VM that `library` knows.
pub(super) fn read_from(
    library: &CStr,
    store: &CStr,
    limit: usize,
) -> Result<Vec<Vec<u8>>, String> {
    attached(library, |java| certificates(java, store, limit))
}

fn certificates(java: &Env, store: &CStr, limit: usize) -> Result<Vec<Vec<u8>>, String> {
    let key_store = java.class(c"java/security/KeyStore")?;
    let certificate = java.class(c"java/security/cert/Certificate")?;
    let enumeration = java.class(c"java/util/Enumeration")?;
    let get_instance = java.static_method(
        &key_store,
        c"getInstance",
        c"(Ljava/lang/String;)Ljava/security/KeyStore;",
    )?;
    let load = java.method(&key_store, c"load", c"(Ljava/io/InputStream;[C)V")?;
    let aliases = java.method(&key_store, c"aliases", c"()Ljava/util/Enumeration;")?;
    let get_certificate = java.method(
        &key_store,
        c"getCertificate",
        c"(Ljava/lang/String;)Ljava/security/cert/Certificate;",
    )?;
    let has_more = java.method(&enumeration, c"hasMoreElements", c"()Z")?;
    let next = java.method(&enumeration, c"nextElement", c"()Ljava/lang/Object;")?;
    let get_encoded = java.method(&certificate, c"getEncoded", c"()[B")?;

    let store = java.new_string(store)?;
    let store = java.call(None, &get_instance, &[Some(&store)])?;
    java.call_void(&store, &load, &[None, None])?;
    let aliases = java.call(Some(&store), &aliases, &[])?;
    let mut certificates = Vec::new();
    let mut unreadable = 0;
    let mut first = String::new();
    while certificates.len() < limit && java.call_boolean(&aliases, &has_more)? {
        let alias = java.call(Some(&aliases), &next, &[])?;
        if alias.is_null() || !java.string(&alias)?.starts_with(ADDED) {
            continue;
        }
        let encoded = java
            .call(Some(&store), &get_certificate, &[Some(&alias)])
            .and_then(|certificate| {
                if certificate.is_null() {
                    return Err("it was removed meanwhile".to_owned());
                }
                let encoded = java.call(Some(&certificate), &get_encoded, &[])?;
                java.bytes(&encoded)
            });
        match encoded {
            Ok(encoded) => certificates.push(encoded),
            Err(error) if unreadable == 0 => (unreadable, first) = (1, error),
            Err(_) => unreadable += 1,
        }
    }
    if unreadable > 0 {
        log::warn!("{unreadable} roots that the user added can't be read, the first: {first}");
    }
    Ok(certificates)
}

//! Java's system properties, which have the proxy settings on Android.

use std::ffi::{CStr, CString};

use super::env::attached;

/// The system properties of these names, without those that are not set. It blocks, and needs Android 12 (API 31).
#[cfg(target_os = "android")]
pub(crate) fn read(names: &[&str]) -> Result<Vec<(String, String)>, String> {
    read_from(super::LIBRARY, names)
}

/// Reads from the Java VM that `library` knows.
pub(super) fn read_from(library: &CStr, names: &[&str]) -> Result<Vec<(String, String)>, String> {
    attached(library, |java| {
        let system = java.class(c"java/lang/System")?;
        let get = java.static_method(
            &system,
            c"getProperty",
            c"(Ljava/lang/String;)Ljava/lang/String;",
        )?;
        let mut properties = Vec::new();
        for &name in names {
            let key = CString::new(name).map_err(|error| error.to_string())?;
            let key = java.new_string(&key)?;
            let value = java.call(None, &get, &[Some(&key)])?;
            if !value.is_null() {
                properties.push((name.to_owned(), java.string(&value)?));
            }
        }
        Ok(properties)
    })
}

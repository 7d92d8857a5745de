//! The proxy settings of iOS and macOS.

use std::io;

use core_foundation::{
    array::CFArray,
    base::{CFType, TCFType},
    boolean::CFBoolean,
    dictionary::{CFDictionary, CFDictionaryRef},
    number::CFNumber,
    string::CFString,
};

#[link(name = "CFNetwork", kind = "framework")]
unsafe extern "C" {
    fn CFNetworkCopySystemProxySettings() -> CFDictionaryRef;
}

/// The dictionary of `CFNetworkCopySystemProxySettings`, as text. The items of a list are separated by commas.
pub(crate) fn proxy_settings() -> io::Result<Vec<(String, String)>> {
    // SAFETY: it may be called on any thread.
    let settings = unsafe { CFNetworkCopySystemProxySettings() };
    if settings.is_null() {
        return Err(io::Error::other("CFNetwork has no proxy settings"));
    }
    // SAFETY: it is a dictionary, which the caller owns.
    let settings: CFDictionary = unsafe { CFDictionary::wrap_under_create_rule(settings) };
    let (keys, values) = settings.get_keys_and_values();
    let pairs = keys.into_iter().zip(values).filter_map(|(key, value)| {
        // SAFETY: keys and values are objects, which the dictionary keeps.
        let [key, value] = [key, value].map(|it| unsafe { CFType::wrap_under_get_rule(it) });
        Some((text(&key)?, text(&value)?))
    });
    Ok(pairs.collect())
}

/// The text of a setting. Others are dictionaries, for single network interfaces.
fn text(value: &CFType) -> Option<String> {
    if let Some(text) = value.downcast::<CFString>() {
        return Some(text.to_string());
    }
    if let Some(number) = value.downcast::<CFNumber>() {
        return number.to_i64().map(|number| number.to_string());
    }
    if let Some(boolean) = value.downcast::<CFBoolean>() {
        return Some(i32::from(bool::from(boolean)).to_string());
    }
    let items = value.downcast::<CFArray>()?;
    let items = items.iter().filter_map(|item| {
        // SAFETY: items are objects, which the list keeps.
        text(&unsafe { CFType::wrap_under_get_rule(*item) })
    });
    Some(items.collect::<Vec<_>>().join(","))
}

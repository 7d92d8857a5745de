//! Calls of Java, by JNI, for what Android has behind Java only. It needs no class of the app's.
//!
//! `env` attaches a thread to the Java VM and wraps the calls, `properties` and `user_roots` use them. Compiled for
//! Android, and tested with a desktop's Java VM; not run on Android.

mod env;
mod properties;
#[cfg(test)]
mod tests;
mod user_roots;

#[cfg(target_os = "android")]
pub(crate) use properties::read as properties;
#[cfg(target_os = "android")]
pub(crate) use user_roots::read as user_roots;

/// The library with `JNI_GetCreatedJavaVMs`. Apps may open it from Android 12 (API 31) on, and a library that links to
/// it can't be loaded before.
#[cfg(target_os = "android")]
const LIBRARY: &std::ffi::CStr = c"libnativehelper.so";

//! Builds the native library for each platform, and the package with it.

pub(crate) mod android;
pub(crate) mod library;
pub(crate) mod package;
pub(crate) mod phone;

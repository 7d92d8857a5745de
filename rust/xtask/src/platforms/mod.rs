//! The native library for each platform, and the package that carries it.

pub(crate) mod android;
pub(crate) mod library;
pub(crate) mod package;
pub(crate) mod phone;

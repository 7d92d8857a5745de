//! Builds the native library for each platform, and the package with it.

pub(crate) mod artifact;
pub(crate) mod build;
pub(crate) mod library;
pub(crate) mod manifest;
pub(crate) mod native_client;
pub(crate) mod package;
pub(crate) mod phone;
pub(crate) mod size_table;
pub(crate) mod targets;
pub(crate) mod tested;
pub(crate) mod validators;

//! Finds, installs or downloads Dart, Node.js, Python, Debian packages, toolchains and tools.

pub(crate) mod apt;
pub(crate) mod cargo_tools;
pub(crate) mod chromium;
pub(crate) mod dart;
pub(crate) mod dart_formatter;
pub(crate) mod dart_sdk;
mod dart_vm;
pub(crate) mod nightly;
pub(crate) mod node;
pub(crate) mod npm;
pub(crate) mod package_config;
pub(crate) mod pinned;
pub(crate) mod playwright;
pub(crate) mod pypi;
pub(crate) mod python2;
pub(crate) mod system;
pub(crate) mod wine;
pub(crate) mod zig;

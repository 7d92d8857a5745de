//! One module for each command of `cargo xtask`, with its arguments.

pub(crate) mod analyze;
pub(crate) mod arm64;
pub(crate) mod autobahn;
pub(crate) mod bare;
pub(crate) mod battery;
pub(crate) mod bench;
pub(crate) mod browser;
pub(crate) mod check_app;
pub(crate) mod codegen;
pub(crate) mod cross;
pub(crate) mod dart;
pub(crate) mod demo;
pub(crate) mod drive;
pub(crate) mod faults;
pub(crate) mod format;
pub(crate) mod fuzz;
pub(crate) mod inspector;
pub(crate) mod loom;
pub(crate) mod platforms;
pub(crate) mod prebuilt;
pub(crate) mod sanitize;
pub(crate) mod soak;
pub(crate) mod stage;
pub(crate) mod test;
pub(crate) mod windows;
pub(crate) mod workflows;

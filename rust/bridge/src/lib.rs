//! The interface between Dart and [`rust_web_socket_core`]. It has no logic of the protocol or the client.
//!
//! - [`api`]: control. Small calls that happen a few times per connection; flutter_rust_bridge generates their bindings
//!   (`frb_generated.rs` here, `dart/lib/src/rust/` there) with `cargo xtask codegen`.
//! - [`ffi`]: the data path. A few C functions and one native port per connection, written by hand, since a generated
//!   call or event costs 2 to 5 µs, and each message would need one.
//!
//! All `unsafe` code that is not generated is in [`ffi`], in `java`, which calls Java on Android, and in `apple`, which
//! calls Apple's frameworks.

pub mod api;
#[cfg(target_vendor = "apple")]
mod apple;
mod buffer_pool;
pub mod ffi;
mod handles;
#[cfg(any(target_os = "android", all(test, target_os = "linux")))]
mod java;
// This crate's lints do not apply to generated code.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::unwrap_used
)]
mod frb_generated;
mod logger;
mod runtime;
mod system_proxy;

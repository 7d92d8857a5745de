//! What Dart sees of [`rust_web_socket_core`].
//!
//! - [`api`]: control. Small calls that happen a few times in a connection's life; flutter_rust_bridge generates
//!   their bindings (`frb_generated.rs` here, `dart/lib/src/rust/` there) with `cargo xtask codegen`.
//! - [`ffi`]: the data path. A handful of C functions and one native port a connection, written by hand, since a
//!   generated call or event costs 2 to 5 µs, and there is one of either for each message otherwise.
//!
//! All `unsafe` code that is not generated lives in [`ffi`].

pub mod api;
pub mod ffi;
mod handles;
// Generated code is not held to this crate's lints.
mod buffer_pool;
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

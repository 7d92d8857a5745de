//! The data path between Dart and the core. All hand-written `unsafe` code of the project is here, and in `apple` and
//! `java`.
//!
//! Dart to Rust, [`outgoing`]: leaf calls of 0.1 µs each, and the `scratch` in which small messages are packed. Rust to
//! Dart, [`port`]: one message on the connection's native port for each batch. The Dart halves are
//! `dart/lib/src/native/outgoing.dart` and `incoming.dart`.

mod batch;
pub mod outgoing;
mod pack;
pub mod port;
mod scratch;
#[cfg(test)]
mod tests;
mod utf16;
#[cfg(test)]
mod vm;

/// Incremented with every change of what these functions take, return or post, and of the fields of a generated type.
/// The generated bindings have a hash of their own, which covers their functions and not those fields.
const DATA_PATH_VERSION: u32 = 7;

/// The version of the data path, which Dart checks before any other call.
#[unsafe(no_mangle)]
pub extern "C" fn rust_web_socket_data_path_version() -> u32 {
    DATA_PATH_VERSION
}

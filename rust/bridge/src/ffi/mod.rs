//! The data path: the only hand-written `unsafe` code of the project.
//!
//! Dart to Rust, [`outgoing`]: leaf calls, 0.1 µs each, and the `scratch` that small messages are packed in. Rust to
//! Dart, [`port`]: one message on the connection's native port for each batch. The Dart halves are `dart/lib/src/native/outgoing.dart` and `incoming.dart`.

mod batch;
pub mod outgoing;
mod pack;
pub mod port;
mod scratch;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vm;

/// Goes up with every change of what these functions take, answer or post. The generated bindings are checked by a
/// hash of their own.
const DATA_PATH_VERSION: u32 = 5;

/// What Dart checks before it calls anything else.
#[unsafe(no_mangle)]
pub extern "C" fn rust_web_socket_data_path_version() -> u32 {
    DATA_PATH_VERSION
}

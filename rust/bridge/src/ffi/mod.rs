//! The data path: the only hand-written `unsafe` code of the project.
//!
//! Dart to Rust, [`outgoing`]: leaf calls, 0.1 µs each. Rust to Dart, [`port`]: one message on the connection's
//! native port for each batch. The Dart halves are `dart/lib/src/native/outgoing.dart` and `incoming.dart`.

pub mod outgoing;
pub mod port;

//! The clients that are measured.

use serde::{Deserialize, Serialize};

/// A client that is measured.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Contender {
    DartIo,
    WebSocketChannel,
    Ours,
    /// A client in Rust, without Dart.
    Floor,
    /// The same, with one thread for the connection and another for its messages, as this package has.
    TwoThreads,
}

impl Contender {
    /// All contenders, in the order of a round.
    pub(crate) const ALL: [Self; 5] = [
        Self::DartIo,
        Self::WebSocketChannel,
        Self::Ours,
        Self::Floor,
        Self::TwoThreads,
    ];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::DartIo => "dart:io",
            Self::WebSocketChannel => "web_socket_channel",
            Self::Ours => "rust_web_socket",
            Self::Floor => "raw Rust",
            Self::TwoThreads => "raw Rust, two threads",
        }
    }

    /// Its Dart program in dart/benchmark, if it has one.
    pub(crate) fn dart_program(self) -> Option<&'static str> {
        match self {
            Self::DartIo => Some("dart_io.dart"),
            Self::WebSocketChannel => Some("web_socket_channel.dart"),
            Self::Ours => Some("rust_web_socket.dart"),
            Self::Floor | Self::TwoThreads => None,
        }
    }

    /// Whether it is a client in Rust, without Dart.
    pub(crate) fn is_raw(self) -> bool {
        self.dart_program().is_none()
    }
}

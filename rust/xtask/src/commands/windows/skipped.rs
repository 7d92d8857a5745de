//! What can't run under Wine, by name, each with the reason.

use std::fmt::Write as _;

use crate::tests::Tally;

const UNIX_PROGRAM: &str =
    "it talks with a program of Linux through pipes, which Wine does not pass on";
const REFUSED_AT_ONCE: &str =
    "Wine refuses a connection at once, and then dart:io throws an OSError";
const FIN_FIRST: &str = "Wine sends a FIN before a reset";
const LARGE_BUFFERS: &str =
    "Wine's sockets take megabytes at once, and Windows has no TCP_NOTSENT_LOWAT";

const SLOW: &str = "its 80,000 pings and pongs can take Wine longer than 30 seconds";

/// Dart files.
const DART_FILES: [(&str, &str); 5] = [
    ("tests/dart/compression_node_peers_test.dart", UNIX_PROGRAM),
    (
        "tests/dart/compression_python_peers_test.dart",
        UNIX_PROGRAM,
    ),
    ("tests/dart/nginx_test.dart", UNIX_PROGRAM),
    ("tests/dart/node_peers_test.dart", UNIX_PROGRAM),
    ("tests/dart/protocols_test.dart", UNIX_PROGRAM),
];

/// Tests of other Dart files: the file, the name, the reason.
const DART_TESTS: [(&str, &str, &str); 2] = [
    (
        "tests/dart/io_web_socket_test.dart",
        "as dart:io: no server is a SocketException dart:io",
        REFUSED_AT_ONCE,
    ),
    (
        "tests/dart/timer_pair_test.dart",
        "a client that is written for dart:io says that no server listens with its own",
        REFUSED_AT_ONCE,
    ),
];

/// Rust's tests: parts of their names.
const RUST_TESTS: [(&str, &str); 6] = [
    (
        "a_reset_is_an_error_of_the_read_and_of_each_write",
        FIN_FIRST,
    ),
    (
        "an_http_proxy_that_resets_the_connection_is_an_error",
        FIN_FIRST,
    ),
    ("a_slow_upload_does_not_fail_the_connection", LARGE_BUFFERS),
    (
        "bytes_buffered_by_tls_do_not_extend_the_pong_timeout",
        LARGE_BUFFERS,
    ),
    (
        "a_peer_that_pings_without_reading_gets_the_latest_pong",
        SLOW,
    ),
    (
        "a_close_is_sent_between_the_fragments_when_the_connection_fails",
        LARGE_BUFFERS,
    ),
];

/// Why the Dart file `name` is not run.
pub(super) fn dart_file(name: &str) -> Option<&'static str> {
    let file = DART_FILES.iter().find(|(file, _)| *file == name);
    file.map(|(_, reason)| *reason)
}

/// The tests of the Dart file `name` that are not run, as the stand-in for package:test reads them.
pub(super) fn dart_tests(name: &str) -> String {
    let mut lines = String::new();
    for (file, test, reason) in DART_TESTS {
        if file == name {
            let _ = writeln!(lines, "{test}\t{reason}");
        }
    }
    lines
}

/// The arguments of Rust's tests that leave out what is not run.
pub(super) fn rust_arguments() -> impl Iterator<Item = &'static str> {
    RUST_TESTS.iter().flat_map(|(test, _)| ["--skip", test])
}

/// Prints Rust's tests that are not run and match `filter`, and counts them.
pub(super) fn rust_tally(filter: Option<&str>) -> Tally {
    let mut tally = Tally::default();
    for (test, reason) in RUST_TESTS {
        if filter.is_none_or(|filter| test.contains(filter)) {
            println!("test {test} ... skipped: {reason}");
            tally.skipped += 1;
        }
    }
    tally
}

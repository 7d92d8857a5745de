//! The servers that Dart tests connect to and Node.js runs: `tests/peers/*.js` and
//! `tests/peers/protocols`.

use std::path::PathBuf;

use anyhow::Result;

use crate::provision::{apt, node, npm};
use crate::workspace;

/// Environment variable with the path, package, version.
const PACKAGES: [(&str, &str, &str); 2] = [
    ("NODEJS_WEBSOCKET", "nodejs-websocket", "1.7.2"),
    ("WS", "ws", "8.23.0"),
];

/// Finds or fetches Node.js and the packages. Returns the environment variables with their paths.
pub(crate) fn prepare() -> Result<Vec<(&'static str, PathBuf)>> {
    let mut variables = vec![("NODE", node::prepare()?)];
    for (variable, package, version) in PACKAGES {
        let folder = workspace::target().join("tools").join(package);
        let what = "a server to test with";
        variables.push((variable, npm::fetch(package, version, &folder, what)?));
    }
    Ok(variables)
}

/// The same for the servers of protocols over WebSockets: `tests/peers/protocols`. nats-server, a
/// Debian package, is missing where that can't be had.
pub(crate) fn prepare_protocols() -> Result<Vec<(&'static str, PathBuf)>> {
    let folder = workspace::root().join("tests/peers/protocols");
    let installed = workspace::target().join("tools/protocols");
    let what = "servers of protocols to test with";
    let mut variables = vec![
        ("NODE", node::prepare()?),
        ("NODE_PATH", npm::install(&folder, &installed, what)?),
    ];
    match apt::server_program("nats-server", "nats-server")? {
        Some(program) => variables.push(("NATS_SERVER", program)),
        None => eprintln!(
            "skipped: the tests with nats-server, which is not on PATH (nor is this Debian as \
             root, where it can be fetched)"
        ),
    }
    Ok(variables)
}

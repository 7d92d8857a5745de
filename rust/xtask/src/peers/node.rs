//! The servers from npm that Dart tests connect to: `tests/peers/*.js`.

use std::path::PathBuf;

use anyhow::Result;

use crate::provision::{node, npm};
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

//! The servers from npm that Dart tests talk with: `tests/peers/*.js`.

use std::path::PathBuf;

use anyhow::Result;

use crate::provision::{node, npm};
use crate::workspace;

/// The environment variable that says where a package is, the package and its version.
const PACKAGES: [(&str, &str, &str); 2] = [
    ("NODEJS_WEBSOCKET", "nodejs-websocket", "1.7.2"),
    ("WS", "ws", "8.23.0"),
];

/// Finds or fetches Node.js and the packages, and names the environment variables that say where
/// they are.
pub(crate) fn prepare() -> Result<Vec<(&'static str, PathBuf)>> {
    let mut variables = vec![("NODE", node::prepare()?)];
    for (variable, package, version) in PACKAGES {
        let folder = workspace::target().join("tools").join(package);
        let what = "a server to test with";
        variables.push((variable, npm::fetch(package, version, &folder, what)?));
    }
    Ok(variables)
}

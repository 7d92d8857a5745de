//! The servers from npm that a Dart test talks with: `tests/peers/*.js`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{node, npm, workspace};

/// The environment variable that says where a package is, the package and its version.
const PACKAGES: [(&str, &str, &str); 2] = [
    ("NODEJS_WEBSOCKET", "nodejs-websocket", "1.7.2"),
    ("WS", "ws", "8.23.0"),
];

/// Node.js and the packages.
pub(crate) struct NodePeers {
    variables: Vec<(&'static str, PathBuf)>,
}

impl NodePeers {
    /// Finds or fetches them.
    pub(crate) fn prepare() -> Result<Self> {
        let mut variables = vec![("NODE", node::prepare()?)];
        for (variable, package, version) in PACKAGES {
            let folder = workspace::target().join("tools").join(package);
            let what = "a server to test with";
            variables.push((variable, npm::fetch(package, version, &folder, what)?));
        }
        Ok(Self { variables })
    }

    /// Tells `command` where they are.
    pub(crate) fn pass_to(&self, command: &mut Command) {
        command.envs(self.variables.iter().map(|(name, path)| (name, path)));
    }
}

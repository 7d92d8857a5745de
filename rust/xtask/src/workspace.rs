//! Where things lie.

use std::env;
use std::path::{Path, PathBuf};

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    // Set by cargo for the running program, so that a repository that was moved is found too.
    let xtask = env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&xtask)
        .ancestors()
        .nth(2)
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// Where everything goes that is built or fetched.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}

/// `path` as a reader of the terminal wants it: from the top of the repository.
pub(crate) fn relative(path: &Path) -> String {
    let root = root();
    path.strip_prefix(&root)
        .unwrap_or(path)
        .display()
        .to_string()
}

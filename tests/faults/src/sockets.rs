//! Counts this process's open sockets, to find leaks.

use std::fs;

/// The number of open sockets of this process. `None` if the system does not list them.
pub(crate) fn open_sockets() -> Option<usize> {
    let entries = fs::read_dir("/proc/self/fd").ok()?;
    let is_socket = |entry: &fs::DirEntry| {
        // A descriptor may have been closed meanwhile.
        let target = fs::read_link(entry.path()).unwrap_or_default();
        target.to_string_lossy().starts_with("socket:")
    };
    Some(entries.flatten().filter(is_socket).count())
}

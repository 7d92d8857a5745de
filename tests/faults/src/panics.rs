//! Records panics, since a runtime does not report those of its tasks.

use std::panic;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The names of threads and the messages of their panics.
static PANICS: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// A debug assertion of rustls fails when it sends an alert for an invalid record after a close_notify (rustls issue
/// 959). Release builds send the alert, and the read fails as expected.
const KNOWN: &str = "assertion failed: !self.sent_fatal_alert";

/// Records every panic of the process instead of printing it.
pub(crate) fn watch() {
    panic::set_hook(Box::new(|panic| {
        let current = thread::current();
        let name = current.name().unwrap_or_default().to_owned();
        let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
        panics.push((name, panic.to_string()));
    }));
}

/// Removes and returns the panics of the threads with this name.
pub(crate) fn take(name: &str) -> Vec<String> {
    let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    let (its, others) = panics.drain(..).partition(|(thread, _)| thread == name);
    *panics = others;
    let its: Vec<(String, String)> = its;
    let its = its.into_iter().map(|(_, panic)| panic);
    its.filter(|panic| !panic.contains(KNOWN)).collect()
}

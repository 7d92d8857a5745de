//! A runtime keeps a task that panics to itself, so panics are written down here.

use std::panic;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Names of threads, and what their panics said.
static PANICS: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// A debug assertion of rustls takes a close_notify that was sent before for a fatal alert, when it is to send one
/// for a record that is broken (rustls issue 959). Release builds send the alert, and the read fails as it should.
const KNOWN: &str = "assertion failed: !self.sent_fatal_alert";

/// Has every panic of the process written down, instead of printed.
pub(crate) fn watch() {
    panic::set_hook(Box::new(|panic| {
        let current = thread::current();
        let name = current.name().unwrap_or_default().to_owned();
        let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
        panics.push((name, panic.to_string()));
    }));
}

/// The panics of the threads of this name since the last time.
pub(crate) fn take(name: &str) -> Vec<String> {
    let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    let (its, others) = panics.drain(..).partition(|(thread, _)| thread == name);
    *panics = others;
    let its: Vec<(String, String)> = its;
    let its = its.into_iter().map(|(_, panic)| panic);
    its.filter(|panic| !panic.contains(KNOWN)).collect()
}

//! The table of connections that Dart holds by handle. `api` and `ffi` look connections up here.

use std::sync::{Arc, LazyLock};

use parking_lot::{Mutex, RwLock};
use rust_web_socket_core::{ConnectError, Connection, Ending, Handshake};
use slotmap::{DefaultKey, Key, KeyData, SlotMap};

/// The connections by handle. A handle is an index with a generation, so a stale handle finds nothing.
static CONNECTIONS: LazyLock<RwLock<SlotMap<DefaultKey, Option<Arc<Live>>>>> =
    LazyLock::new(RwLock::default);

/// A connection that Dart holds.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) connection: Connection,
    pub(crate) outcome: Arc<Mutex<Outcome>>,
}

/// The details of a connection's events, for Dart to get after a signal.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) handshake: Option<Handshake>,
    pub(crate) failure: Option<ConnectError>,
    pub(crate) ending: Option<Ending>,
}

/// Reserves a handle, so that its finalizer can be attached before the connection exists.
pub(crate) fn reserve() -> i64 {
    let key = CONNECTIONS.write().insert(None);
    key.data().as_ffi().cast_signed()
}

/// Sets the connection of a reserved handle. The connection is released at once if the handle was removed.
pub(crate) fn fill(handle: i64, live: Live) {
    let live = Arc::new(live);
    if let Some(place) = CONNECTIONS.write().get_mut(key(handle)) {
        *place = Some(live);
    }
}

/// The connection of a handle, if it exists.
pub(crate) fn get(handle: i64) -> Option<Arc<Live>> {
    CONNECTIONS.read().get(key(handle)).cloned().flatten()
}

/// Removes and releases a connection.
pub(crate) fn remove(handle: i64) {
    // Drop it without the lock, since it may be the last reference.
    let live = CONNECTIONS.write().remove(key(handle));
    drop(live);
}

/// The number of connections.
pub(crate) fn count() -> usize {
    CONNECTIONS.read().values().flatten().count()
}

fn key(handle: i64) -> DefaultKey {
    KeyData::from_ffi(handle.cast_unsigned()).into()
}

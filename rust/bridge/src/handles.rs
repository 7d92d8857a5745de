//! The table of connections that Dart holds by handle.

use std::sync::{Arc, LazyLock};

use parking_lot::{Mutex, RwLock};
use rust_web_socket_core::{ConnectError, Connection, Ending, Handshake};
use slotmap::{DefaultKey, Key, KeyData, SlotMap};

/// The connections that Dart holds. A handle is an index with a generation, so a stale one finds nothing.
static CONNECTIONS: LazyLock<RwLock<SlotMap<DefaultKey, Option<Arc<Live>>>>> =
    LazyLock::new(RwLock::default);

/// A connection that Dart holds.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) connection: Connection,
    pub(crate) outcome: Arc<Mutex<Outcome>>,
}

/// What has become of a connection: Dart is told by a bare signal and asks for the details.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) handshake: Option<Handshake>,
    pub(crate) failure: Option<ConnectError>,
    pub(crate) ending: Option<Ending>,
}

/// A handle for a connection to come: what releases it is in place before there is anything to release.
pub(crate) fn reserve() -> i64 {
    let key = CONNECTIONS.write().insert(None);
    key.data().as_ffi().cast_signed()
}

/// Gives a reserved handle its connection, which is released at once if the handle has been.
pub(crate) fn fill(handle: i64, live: Live) {
    let live = Arc::new(live);
    if let Some(place) = CONNECTIONS.write().get_mut(key(handle)) {
        *place = Some(live);
    }
}

/// The connection of a handle, if it is still there.
pub(crate) fn get(handle: i64) -> Option<Arc<Live>> {
    CONNECTIONS.read().get(key(handle)).cloned().flatten()
}

/// Takes a connection out of the table, which releases it.
pub(crate) fn remove(handle: i64) {
    // Not under the lock: the last reference goes here.
    let live = CONNECTIONS.write().remove(key(handle));
    drop(live);
}

/// How many there are.
pub(crate) fn count() -> usize {
    CONNECTIONS.read().values().flatten().count()
}

fn key(handle: i64) -> DefaultKey {
    KeyData::from_ffi(handle.cast_unsigned()).into()
}

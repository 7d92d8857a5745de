//! The table of connections that Dart holds by handle. `api` and `ffi` look connections up here.

use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock},
};

use parking_lot::{Mutex, RwLock};
use rust_web_socket_core::{ConnectError, Connection, Ending, Handshake, Recording};
use slotmap::{DefaultKey, Key, KeyData, SlotMap};

/// The connections by handle. A handle is an index with a generation, so a stale handle finds nothing.
static CONNECTIONS: LazyLock<RwLock<SlotMap<DefaultKey, Option<Arc<Live>>>>> =
    LazyLock::new(RwLock::default);

/// The recordings of connections that were removed, for the inspector, oldest first.
static ENDED: Mutex<VecDeque<(i64, Recording)>> = Mutex::new(VecDeque::new());

/// The number of recordings that are kept. Each isolate's inspector shows the last 32 connections that have ended.
const KEPT_RECORDINGS: usize = 128;

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

/// Removes and releases a connection whose isolate has ended. No inspector can ask for its recording.
pub(crate) fn discard(handle: i64) {
    drop(take(handle));
}

/// Removes and releases a connection. Its recording is kept.
pub(crate) fn remove(handle: i64) {
    if let Some(live) = take(handle)
        && let Some(recording) = live.connection.recording()
    {
        let mut ended = ENDED.lock();
        if ended.len() == KEPT_RECORDINGS {
            ended.pop_front();
        }
        ended.push_back((handle, recording));
    }
}

/// Removes a connection. It is dropped without the table's lock, since this may be its last reference.
fn take(handle: i64) -> Option<Arc<Live>> {
    CONNECTIONS.write().remove(key(handle)).flatten()
}

/// What a connection has recorded. Of those that were removed, the last ones are kept.
pub(crate) fn recording(handle: i64) -> Option<Recording> {
    if let Some(live) = get(handle) {
        return live.connection.recording();
    }
    let ended = ENDED.lock();
    let found = ended.iter().find(|(ended, _)| *ended == handle);
    found.map(|(_, recording)| recording.clone())
}

/// The number of connections.
pub(crate) fn count() -> usize {
    CONNECTIONS.read().values().flatten().count()
}

fn key(handle: i64) -> DefaultKey {
    KeyData::from_ffi(handle.cast_unsigned()).into()
}

//! What an inspector shows of a connection: its frames and the steps of connecting, also after its release. Nothing is
//! there unless `ConnectRequest::record` was set.

use std::time::{SystemTime, UNIX_EPOCH};

use flutter_rust_bridge::frb;
use rust_web_socket_core as core;

use crate::handles;

/// What a step of connecting does.
pub enum StepKind {
    /// Looks up the addresses of a host.
    Lookup,
    /// Opens a TCP connection to an address.
    Tcp,
    /// Opens a tunnel through a proxy.
    Proxy,
    /// Performs a TLS handshake.
    Tls,
    /// Requests the upgrade.
    Upgrade,
}

/// A step of connecting. Times are in microseconds since 1970.
pub struct ConnectStep {
    /// What it does.
    pub kind: StepKind,
    /// The host, or the address with its port.
    pub target: String,
    /// When it began.
    pub start: i64,
    /// When it ended. Null while it runs, and if it was given up.
    pub end: Option<i64>,
    /// What it found, such as the TLS version or the HTTP status.
    pub detail: String,
    /// Why it failed.
    pub error: Option<String>,
}

/// Frames that were recorded.
pub struct RecordedFrames {
    /// The frames, in the format of `rust_web_socket_core::RecordedFrames::records`.
    pub records: Vec<u8>,
    /// The position behind the last one.
    pub next: i64,
    /// Whether there are no more at the moment.
    pub is_complete: bool,
    /// The number of frames sent so far, recorded or not.
    pub sent: i64,
    /// The number of frames received so far, recorded or not.
    pub received: i64,
}

/// The steps of connecting so far.
#[frb(sync)]
pub fn steps(handle: i64) -> Vec<ConnectStep> {
    let recording = handles::recording(handle);
    let steps = recording.map(|it| it.steps()).unwrap_or_default();
    steps
        .into_iter()
        .map(|step| ConnectStep {
            kind: match step.kind {
                core::StepKind::Lookup => StepKind::Lookup,
                core::StepKind::Tcp => StepKind::Tcp,
                core::StepKind::Proxy => StepKind::Proxy,
                core::StepKind::Tls => StepKind::Tls,
                _ => StepKind::Upgrade,
            },
            target: step.target,
            start: microseconds(step.start),
            end: step.end.map(microseconds),
            detail: step.detail,
            error: step.error,
        })
        .collect()
}

/// Records all following frames, with the first `payload_size` bytes of their payloads. Null ends that.
#[frb(sync)]
pub fn watch(handle: i64, payload_size: Option<u32>) {
    if let Some(recording) = handles::recording(handle) {
        let size = payload_size.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        recording.watch(size);
    }
}

/// At most `max_frames` recorded frames that follow the position `after`.
#[frb(sync)]
pub fn recorded_frames(handle: i64, after: i64, max_frames: u32) -> Option<RecordedFrames> {
    let recording = handles::recording(handle)?;
    let max_frames = usize::try_from(max_frames).unwrap_or(usize::MAX);
    let frames = recording.frames(u64::try_from(after).unwrap_or(0), max_frames);
    Some(RecordedFrames {
        records: frames.records,
        next: frames.next.cast_signed(),
        is_complete: frames.is_complete,
        sent: frames.sent.cast_signed(),
        received: frames.received.cast_signed(),
    })
}

fn microseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

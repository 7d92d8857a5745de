//! What an inspector shows of a connection: its last frames, in a ring, and the steps of connecting.
//!
//! The thread that holds the [`Duplex`](super::duplex::Duplex) adds frames, once for each turn. The owner reads them
//! from any thread, so neither waits for the other's work.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use rust_web_socket_protocol::SentMessage;

use crate::{
    connection::trace::{Observation, Traced, TracedFrame},
    net::steps::{ConnectStep, Steps},
    sync::{AtomicUsize, Mutex, Ordering},
};

/// The maximum payload of a recorded frame or message, in bytes.
const MAX_PAYLOAD_SIZE: usize = 256 * 1024;
/// The maximum payload of a received frame that is not the last of its message, in bytes: as much as a control frame has
/// (RFC 6455 section 5.5). Waiting for more would delay the progress of a message.
const MAX_CONTROL_SIZE: usize = 125;
/// What a ring keeps while nobody watches.
const UNWATCHED: Capacity = Capacity {
    frames: 256,
    bytes: 16 * 1024,
};
/// What a ring keeps while somebody watches.
const WATCHED: Capacity = Capacity {
    frames: 16 * 1024,
    bytes: 8 * 1024 * 1024,
};
/// The number of frames of each direction that are recorded in a turn while nobody watches. A turn reads up to 256 KiB,
/// so the cost of recording is small beside it.
const UNWATCHED_FRAMES_A_TURN: usize = 8;
/// The maximum size of [`RecordedFrames::records`], in bytes, unless one frame is larger.
const MAX_ANSWER_SIZE: usize = 1024 * 1024;
/// The size of a record without its payload.
const RECORD_SIZE: usize = 38;
/// The position of the payload's length in a record.
const LENGTH: usize = 34;

const SENT: u8 = 1;
const WHOLE_MESSAGE: u8 = 2;

#[derive(Clone, Copy, Debug)]
struct Capacity {
    frames: usize,
    bytes: usize,
}

/// The last frames of a connection: see [`Recording::frames`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedFrames {
    /// The frames, one record behind the other. Numbers are little-endian.
    ///
    /// | bytes | |
    /// |---|---|
    /// | 1 | flags: 1 sent by this side, 2 the payload is the whole message's |
    /// | 1 | FIN, the reserved bits and the opcode (RFC 6455 section 5.2) |
    /// | 8 | the time, in microseconds since 1970 |
    /// | 8 | the frame's number in its direction, from 1 |
    /// | 8 | the size of the payload on the wire, in bytes |
    /// | 8 | the size of the message before compression, in its last frame; else `u64::MAX` |
    /// | 4 | the length of the payload that follows |
    ///
    /// A payload is there if it was requested. The last frame of a message has the first bytes of the message, after
    /// inflating. Other frames of a compressed message have none, and other received frames at most 125 bytes.
    pub records: Vec<u8>,
    /// The position behind the last record.
    pub next: u64,
    /// Whether there are no more frames at the moment.
    pub is_complete: bool,
    /// The number of frames sent so far, recorded or not.
    pub sent: u64,
    /// The number of frames received so far, recorded or not.
    pub received: u64,
}

/// What a connection has recorded: see [`ConnectOptions::record`](crate::ConnectOptions::record). It outlives the
/// connection.
#[derive(Clone, Debug, Default)]
pub struct Recording(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// The number of payload bytes to record, plus one. 0 while nobody watches.
    watched: AtomicUsize,
    ring: Mutex<Ring>,
    steps: Steps,
}

impl Recording {
    /// The steps of connecting so far, in the order of their starts.
    pub fn steps(&self) -> Vec<ConnectStep> {
        self.0.steps.get()
    }

    /// Where the steps are recorded.
    pub(crate) fn step_recorder(&self) -> Steps {
        self.0.steps.clone()
    }

    /// Records all following frames, with the first `payload_size` bytes of their payloads and messages, at most
    /// 256 KiB. The last 16,384 are kept, or less if they have more than 8 MiB.
    ///
    /// With `None`, which is so at first, the first 8 frames of each direction in a turn are recorded without payload,
    /// and the last 256 are kept. A turn reads until the socket is empty or 256 KiB are read.
    pub fn watch(&self, payload_size: Option<usize>) {
        let watched = payload_size.map_or(0, |size| size.min(MAX_PAYLOAD_SIZE) + 1);
        self.0.watched.store(watched, Ordering::Relaxed);
        let mut ring = self.0.ring.lock();
        ring.is_watched = watched > 0;
        ring.limit();
    }

    /// At most `max_frames` of the recorded frames that follow the position `after`, and at most 1 MiB or one frame. 0
    /// is the oldest.
    pub fn frames(&self, after: u64, max_frames: usize) -> RecordedFrames {
        self.0.ring.lock().after(after, max_frames)
    }

    /// The frames to collect for it.
    pub(crate) fn observation(&self) -> Observation {
        match self.0.watched.load(Ordering::Relaxed) {
            0 => Observation {
                payload_size: 0,
                received_size: 0,
                max_frames: UNWATCHED_FRAMES_A_TURN,
            },
            watched => Observation {
                payload_size: watched - 1,
                received_size: MAX_CONTROL_SIZE.min(watched - 1),
                max_frames: WATCHED.frames,
            },
        }
    }

    /// Adds what was collected in a turn. `sent` and `received` are the numbers of frames so far.
    pub(crate) fn add(&self, traced: &[Traced], sent: u64, received: u64) {
        // Larger payloads may be collected for a trace.
        let limit = self.observation().payload_size;
        let mut ring = self.0.ring.lock();
        for traced in traced {
            match traced {
                Traced::Frame(frame) => ring.frame(frame, limit),
                Traced::Message {
                    is_sent, message, ..
                } => ring.complete(*is_sent, message, limit),
            }
        }
        ring.sent = sent;
        ring.received = received;
    }

    /// The connection has ended: adds the frames of messages that will not be complete.
    pub(crate) fn end(&self) {
        let mut ring = self.0.ring.lock();
        ring.release_pending(true);
        ring.release_pending(false);
    }
}

/// The records, the oldest first.
#[derive(Debug, Default)]
struct Ring {
    is_watched: bool,
    records: VecDeque<u8>,
    count: usize,
    /// The number of records that were removed.
    removed: u64,
    sent: u64,
    received: u64,
    directions: [Direction; 2],
}

/// The current message of a direction.
#[derive(Debug, Default)]
struct Direction {
    /// RSV1 of its first frame.
    is_compressed: bool,
    /// Its last frame, if it is not complete.
    pending: Option<TracedFrame>,
}

impl Ring {
    fn direction(&mut self, is_sent: bool) -> &mut Direction {
        let [received, sent] = &mut self.directions;
        if is_sent { sent } else { received }
    }

    fn frame(&mut self, frame: &TracedFrame, limit: usize) {
        self.release_pending(frame.is_sent);
        let direction = self.direction(frame.is_sent);
        if frame.is_data() && !frame.is_continuation() {
            direction.is_compressed = frame.is_compressed();
        }
        if frame.ends_message() {
            direction.pending = Some(frame.clone());
            return;
        }
        // A part of a compressed message can't be read.
        let is_readable = !frame.is_data() || !direction.is_compressed;
        let size = if is_readable { limit } else { 0 };
        self.push(
            frame,
            None,
            frame.payload.get(..size).unwrap_or(&frame.payload),
        );
    }

    fn complete(&mut self, is_sent: bool, message: &SentMessage, limit: usize) {
        if let Some(frame) = self.direction(is_sent).pending.take() {
            let payload = message.payload.get(..limit).unwrap_or(&message.payload);
            self.push(&frame, Some(message.size), payload);
        }
    }

    fn release_pending(&mut self, is_sent: bool) {
        if let Some(frame) = self.direction(is_sent).pending.take() {
            self.push(&frame, None, &[]);
        }
    }

    fn push(&mut self, frame: &TracedFrame, message_size: Option<u64>, payload: &[u8]) {
        let sent = if frame.is_sent { SENT } else { 0 };
        let whole = message_size.map_or(0, |_| WHOLE_MESSAGE);
        let mut record = [0; RECORD_SIZE];
        let mut rest = &mut record[..];
        let mut put = |bytes: &[u8]| {
            if let Some((place, behind)) =
                std::mem::take(&mut rest).split_at_mut_checked(bytes.len())
            {
                place.copy_from_slice(bytes);
                rest = behind;
            }
        };
        put(&[sent | whole, frame.first_byte]);
        put(&microseconds(frame.time).to_le_bytes());
        put(&frame.number.to_le_bytes());
        put(&frame.size.to_le_bytes());
        put(&message_size.unwrap_or(u64::MAX).to_le_bytes());
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        put(&length.to_le_bytes());
        self.records.extend(&record);
        self.records.extend(payload);
        self.count += 1;
        self.limit();
    }

    /// Removes the oldest records that do not fit.
    fn limit(&mut self) {
        let Capacity { frames, bytes } = if self.is_watched { WATCHED } else { UNWATCHED };
        if self.count <= frames && self.records.len() <= bytes {
            return;
        }
        let (mut count, mut end) = (0, 0);
        while self.count - count > frames || self.records.len() - end > bytes {
            end += self.size_at(end);
            count += 1;
        }
        self.records.drain(..end);
        self.count -= count;
        self.removed += count as u64;
        if !self.is_watched {
            self.records.shrink_to(bytes);
        }
    }

    /// The size of the record at this place.
    fn size_at(&self, start: usize) -> usize {
        let byte = |index| {
            u32::from(
                self.records
                    .get(start + LENGTH + index)
                    .copied()
                    .unwrap_or_default(),
            )
        };
        let length = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
        RECORD_SIZE + length as usize
    }

    fn after(&self, after: u64, max_frames: usize) -> RecordedFrames {
        let skipped = after.saturating_sub(self.removed);
        let skipped =
            usize::try_from(skipped).map_or(self.count, |skipped| skipped.min(self.count));
        let mut start = 0;
        for _ in 0..skipped {
            start += self.size_at(start);
        }
        let (mut end, mut taken) = (start, 0);
        while skipped + taken < self.count && taken < max_frames {
            let next = end + self.size_at(end);
            if taken > 0 && next - start > MAX_ANSWER_SIZE {
                break;
            }
            end = next;
            taken += 1;
        }
        RecordedFrames {
            records: self.records.range(start..end).copied().collect(),
            next: self.removed + (skipped + taken) as u64,
            is_complete: skipped + taken == self.count,
            sent: self.sent,
            received: self.received,
        }
    }
}

/// Microseconds since 1970.
fn microseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const TEXT: u8 = 0x81;
    const FIRST_FRAGMENT: u8 = 0x01;
    const FIRST_COMPRESSED_FRAGMENT: u8 = 0x41;
    const CONTINUATION: u8 = 0x00;
    const LAST: u8 = 0x80;
    const PING: u8 = 0x89;

    fn frame(is_sent: bool, first_byte: u8, number: u64, payload: &'static [u8]) -> Traced {
        Traced::Frame(TracedFrame {
            time: UNIX_EPOCH + std::time::Duration::from_micros(number),
            is_sent,
            first_byte,
            size: payload.len() as u64,
            payload: Bytes::from_static(payload),
            number,
        })
    }

    fn message(is_sent: bool, payload: &'static [u8]) -> Traced {
        Traced::Message {
            is_sent,
            time: UNIX_EPOCH,
            message: SentMessage {
                size: payload.len() as u64,
                payload: Bytes::from_static(payload),
            },
        }
    }

    /// `direction number: first byte, size, size of the message, payload`.
    fn texts(frames: &RecordedFrames) -> Vec<String> {
        let mut rest = &frames.records[..];
        let mut texts = Vec::new();
        while let Some((record, behind)) = rest.split_at_checked(RECORD_SIZE) {
            let number = |start: usize| {
                let bytes = record[start..start + 8].try_into().expect("eight bytes");
                u64::from_le_bytes(bytes)
            };
            assert_eq!(number(2), number(10), "the time of these tests");
            let length = record[LENGTH..].try_into().expect("four bytes");
            let (payload, behind) = behind.split_at(u32::from_le_bytes(length) as usize);
            rest = behind;
            let direction = if record[0] & SENT != 0 { "->" } else { "<-" };
            let message = match number(26) {
                u64::MAX => String::new(),
                size => format!(" of {size}"),
            };
            assert_eq!(record[0] & WHOLE_MESSAGE != 0, !message.is_empty());
            texts.push(format!(
                "{direction} {}: {:02x} {}{message} {}",
                number(10),
                record[1],
                number(18),
                String::from_utf8_lossy(payload)
            ));
        }
        assert!(rest.is_empty());
        texts
    }

    #[test]
    fn the_last_frame_of_a_message_has_the_whole_message() {
        let recording = Recording::default();
        recording.watch(Some(4));
        recording.add(
            &[
                frame(false, FIRST_FRAGMENT, 1, b"abc"),
                frame(false, PING, 2, b"ping"),
                frame(true, TEXT, 1, b"sent"),
                message(true, b"sent"),
                frame(false, LAST, 3, b"def"),
            ],
            1,
            3,
        );
        let first = recording.frames(0, 10);
        assert_eq!(
            texts(&first),
            ["<- 1: 01 3 abc", "<- 2: 89 4 ping", "-> 1: 81 4 of 4 sent"]
        );
        assert!(first.is_complete);
        // A later turn completes the message.
        recording.add(&[message(false, b"abcdef")], 1, 3);
        let rest = recording.frames(first.next, 10);
        assert_eq!(texts(&rest), ["<- 3: 80 3 of 6 abcd"]);
        assert_eq!((rest.next, rest.sent, rest.received), (4, 1, 3));
    }

    #[test]
    fn parts_of_a_compressed_message_have_no_payload() {
        let recording = Recording::default();
        recording.watch(Some(10));
        recording.add(
            &[
                frame(false, FIRST_COMPRESSED_FRAGMENT, 1, b"x"),
                frame(false, CONTINUATION, 2, b"y"),
                frame(false, LAST, 3, b"z"),
                message(false, b"inflated"),
                frame(false, FIRST_FRAGMENT, 4, b"plain"),
            ],
            0,
            4,
        );
        assert_eq!(
            texts(&recording.frames(0, 10)),
            [
                "<- 1: 41 1 ",
                "<- 2: 00 1 ",
                "<- 3: 80 1 of 8 inflated",
                "<- 4: 01 5 plain"
            ]
        );
    }

    #[test]
    fn a_message_that_the_end_cuts_off_has_a_frame_without_its_size() {
        let recording = Recording::default();
        recording.add(&[frame(false, TEXT, 1, b"abc")], 0, 1);
        assert!(recording.frames(0, 10).records.is_empty());
        recording.end();
        assert_eq!(texts(&recording.frames(0, 10)), ["<- 1: 81 3 "]);
    }

    #[test]
    fn the_oldest_frames_are_removed_and_positions_stay() {
        let recording = Recording::default();
        let pings = |count: u64| -> Vec<_> {
            (1..=count)
                .map(|number| frame(true, PING, number, b""))
                .collect()
        };
        recording.add(&pings(300), 300, 0);
        let frames = recording.frames(0, 2);
        assert_eq!(texts(&frames), ["-> 45: 89 0 ", "-> 46: 89 0 "]);
        assert!(!frames.is_complete);
        assert_eq!(texts(&recording.frames(frames.next, 1)), ["-> 47: 89 0 "]);
        let last = recording.frames(299, 10);
        assert_eq!(
            (texts(&last).len(), last.next, last.is_complete),
            (1, 300, true)
        );
        // A position that does not exist yet.
        assert_eq!(recording.frames(1000, 10).next, 300);
        recording.watch(Some(0));
        recording.add(&pings(300), 600, 0);
        assert_eq!(texts(&recording.frames(0, 1000)).len(), 556);
        recording.watch(None);
        assert_eq!(texts(&recording.frames(0, 1000)).len(), 256);
    }

    #[test]
    fn memory_is_bounded_while_large_messages_are_watched() {
        static PAYLOAD: [u8; 100_000] = [b'a'; 100_000];
        let recording = Recording::default();
        recording.watch(Some(usize::MAX));
        for number in 1..=200 {
            recording.add(
                &[frame(false, TEXT, number, b""), message(false, &PAYLOAD)],
                0,
                number,
            );
        }
        let answer = recording.frames(0, 1000);
        assert!(answer.records.len() <= MAX_ANSWER_SIZE && !answer.is_complete);
        assert!(recording.0.ring.lock().records.len() <= WATCHED.bytes);
        assert_eq!(texts(&answer).len(), 10);
    }
}

//! Encoding: messages become masked frames (RFC 6455 section 5, RFC 7692 section 7.2.1).
//!
//! It has no queue of messages and does not write. The core's sender calls it.

use bytes::Bytes;
use tungstenite::protocol::{
    CloseFrame,
    frame::{
        FrameHeader,
        coding::{Control, Data, OpCode},
    },
};

use crate::{
    Agreement, Compress, CompressionOptions, Frame, close,
    deflate::Deflater,
    header::MAX_CONTROL_SIZE,
    mask::{mask_into, next_key},
};

/// The maximum size of a frame's header, in bytes: two, eight of length, four of masking key.
pub const FRAME_OVERHEAD: usize = 14;

/// The room that the target must have before a frame is begun, in bytes: a control frame has to fit.
const MIN_ROOM: usize = FRAME_OVERHEAD + MAX_CONTROL_SIZE;

/// Encodes the frames of one connection.
///
/// The caller starts one message at a time, while the encoder [is idle](Self::is_idle). A ping or pong may be added at
/// any time. It is sent before the next frame, also between the fragments of a message (RFC 6455 section 5.4).
#[derive(Debug)]
pub struct Encoder {
    /// The current frame, of which a part may not be encoded yet.
    frame: Encoding,
    ping: Option<Bytes>,
    pong: Option<Bytes>,
    /// The rest of the message, for the frames after `frame`.
    fragments: Option<Fragments>,
    deflater: Option<Box<Deflater>>,
    close: Option<Vec<u8>>,
    state: State,
    max_frame_size: usize,
    payload_on_wire: u64,
    /// Bytes of messages encoded since the last call of `take_encoded`.
    encoded: usize,
    frames: u64,
    observed: Option<Observed>,
    /// The message of the next frames, if it is observed.
    observed_message: Option<SentMessage>,
    observed_frames: Vec<SentFrame>,
}

/// See [`Encoder::observe`].
#[derive(Clone, Copy, Debug)]
struct Observed {
    payload_size: usize,
    max_frames: usize,
}

/// A frame that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFrame {
    /// The frame.
    pub frame: Frame<Bytes>,
    /// Its message, in the last frame of one that was observed from its start.
    pub message: Option<SentMessage>,
}

/// A message as it was before compression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// Its size in bytes.
    pub size: u64,
    /// Its first bytes, at most as many as were requested.
    pub payload: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// Only a Close frame may follow.
    Aborted,
    /// No message may be started. The Close frame may not be encoded yet.
    Closing,
    /// The Close frame has been encoded, at least in part, or the system has no randomness for masking keys.
    Closed,
}

/// A frame that is being encoded.
#[derive(Debug, Default)]
struct Encoding {
    payload: Bytes,
    /// The number of its bytes that have been encoded.
    taken: usize,
    key: [u8; 4],
    /// Bytes of the message not yet counted as encoded. Zero for a control frame.
    uncounted: usize,
}

/// The rest of a message, or a deflated piece of one, from which frames are made.
#[derive(Debug)]
struct Fragments {
    /// The opcode of the next frame: continuation, except for the first of a message.
    opcode: OpCode,
    is_compressed: bool,
    payload: Bytes,
    /// The message ends with this piece.
    is_last: bool,
    /// As in [`Encoding`].
    uncounted: usize,
}

/// The result of [`Encoder::encode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Bytes written to the target.
    pub size: usize,
    /// Why encoding stopped.
    pub stopped: Stopped,
}

/// Why [`Encoder::encode`] stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The target is full.
    TargetFull,
    /// The budget for deflating is used up.
    BudgetSpent,
    /// Everything is encoded. The next message may be started.
    NeedsMessage,
}

impl Encoder {
    /// Creates an encoder. A message with more than `max_frame_size` bytes of payload is sent in fragments of that
    /// size, at least 1. `None` sends each message as one frame. Messages are compressed if `compression` was
    /// negotiated.
    pub fn new(
        compression: Option<(&CompressionOptions, Agreement)>,
        max_frame_size: Option<usize>,
    ) -> Self {
        let max_frame_size = max_frame_size.map_or(usize::MAX, |size| size.max(1));
        Self {
            frame: Encoding::default(),
            ping: None,
            pong: None,
            fragments: None,
            deflater: compression.and_then(|(options, agreement)| {
                Deflater::new(options, agreement, Some(max_frame_size)).map(Box::new)
            }),
            close: None,
            state: State::Open,
            max_frame_size,
            payload_on_wire: 0,
            encoded: 0,
            frames: 0,
            observed: None,
            observed_message: None,
            observed_frames: Vec::new(),
        }
    }

    /// Keeps the following frames for [`take_frames`](Self::take_frames), with the first `payload_size` bytes of their
    /// payloads and messages. With `max_frames` kept, it keeps no more until they are taken. A `payload_size` of `None`
    /// stops this.
    pub fn observe(&mut self, payload_size: Option<usize>, max_frames: usize) {
        self.observed = payload_size.map(|payload_size| Observed {
            payload_size,
            max_frames,
        });
    }

    /// The number of frames so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The frames begun since the last call, if they are observed.
    pub fn take_frames(&mut self) -> std::vec::Drain<'_, SentFrame> {
        self.observed_frames.drain(..)
    }

    /// The payload bytes of all data frames so far, as on the wire (compressed).
    pub fn payload_on_wire(&self) -> u64 {
        self.payload_on_wire
    }

    /// Bytes of messages, before compression, that were encoded or dropped since the last call.
    pub fn take_encoded(&mut self) -> usize {
        std::mem::take(&mut self.encoded)
    }

    /// Whether the Close frame has been encoded, at least in part. Nothing may follow it (RFC 6455 section 5.5.1).
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether everything is encoded, so that a message may be started.
    pub fn is_idle(&self) -> bool {
        self.frame.is_done()
            && self.fragments.is_none()
            && self.pong.is_none()
            && self.ping.is_none()
            && self.close.is_none()
            && !self.deflater.as_ref().is_some_and(|it| it.is_busy())
    }

    /// Whether the compressor has memory that [`release_deflater`](Self::release_deflater) would release.
    pub fn is_deflater_releasable(&self) -> bool {
        self.deflater.as_ref().is_some_and(|it| it.is_releasable())
    }

    /// Releases the compressor's memory, about 260 KiB, unless a message is being compressed. Later messages then do
    /// not refer to earlier ones.
    pub fn release_deflater(&mut self) {
        if let Some(deflater) = &mut self.deflater {
            deflater.release();
        }
    }

    /// Adds a Ping frame, with a payload of at most 125 bytes (RFC 6455 section 5.5). It replaces one that has not been
    /// encoded yet. After a close or an abort it is dropped.
    pub fn ping(&mut self, payload: Bytes) {
        if self.state == State::Open {
            self.ping = Some(payload);
        }
    }

    /// Whether a Ping frame has not been encoded yet.
    pub fn has_ping(&self) -> bool {
        self.ping.is_some()
    }

    /// Adds a Pong frame, with a payload of at most 125 bytes (RFC 6455 section 5.5). It replaces one that has not been
    /// encoded yet, since the latest answers all earlier pings (section 5.5.3). After a close or an abort it is
    /// dropped.
    pub fn pong(&mut self, payload: Bytes) {
        if self.state == State::Open {
            self.pong = Some(payload);
        }
    }

    /// Whether a Pong frame has not been encoded yet.
    pub fn has_pong(&self) -> bool {
        self.pong.is_some()
    }

    /// Starts a message. Call it only while the encoder [is idle](Self::is_idle). After a close the message is dropped.
    pub fn start(&mut self, is_text: bool, payload: Bytes, compress: Compress) {
        debug_assert!(
            self.fragments.is_none(),
            "the previous message is not encoded"
        );
        if self.state != State::Open {
            self.encoded += payload.len();
            return;
        }
        self.observed_message = self.observed.map(|observed| SentMessage {
            size: payload.len() as u64,
            payload: first(&payload, observed.payload_size),
        });
        let opcode = OpCode::Data(if is_text { Data::Text } else { Data::Binary });
        match &mut self.deflater {
            Some(deflater) if deflater.wants(payload.len(), compress) => {
                deflater.start(opcode, payload);
            }
            _ => {
                self.fragments = Some(Fragments {
                    opcode,
                    is_compressed: false,
                    uncounted: payload.len(),
                    payload,
                    is_last: true,
                });
            }
        }
    }

    /// Adds a Close frame after the current message. Its reason has at most
    /// [`MAX_CLOSE_REASON_SIZE`](crate::MAX_CLOSE_REASON_SIZE) bytes. Nothing is sent after it. Later calls do nothing.
    pub fn close(&mut self, frame: Option<CloseFrame>) {
        if matches!(self.state, State::Open | State::Aborted) {
            self.state = State::Closing;
            self.close = Some(close::format(frame));
        }
    }

    /// Drops everything except the current frame and a Close frame. Only a [`close`](Self::close) may follow.
    pub fn abort(&mut self) {
        self.ping = None;
        self.pong = None;
        if let Some(deflater) = self.deflater.take() {
            self.encoded += deflater.unreturned();
        }
        if let Some(fragments) = self.fragments.take() {
            self.encoded += fragments.uncounted;
        }
        if self.state == State::Open {
            self.state = State::Aborted;
        }
    }

    /// Fills `target`, which should have room for at least 256 bytes. `budget` is the number of bytes that may be
    /// deflated. Deflated bytes are subtracted from it. It may be exceeded by one step of 32 KiB.
    pub fn encode(&mut self, target: &mut [u8], budget: &mut usize) -> Encoded {
        let mut size = 0;
        let stopped = loop {
            let room = target.get_mut(size..).unwrap_or_default();
            if !self.frame.is_done() {
                size += self.frame.encode(room, &mut self.encoded);
                if !self.frame.is_done() {
                    break Stopped::TargetFull;
                }
            } else if room.len() < MIN_ROOM {
                break Stopped::TargetFull;
            } else if let Some(payload) = self.pong.take() {
                size += self.begin_control(Control::Pong, payload, room);
            } else if let Some(payload) = self.ping.take() {
                size += self.begin_control(Control::Ping, payload, room);
            } else if self.fragments.is_some() {
                size += self.begin_fragment(room);
            } else if let Some(deflater) = &mut self.deflater
                && deflater.is_busy()
            {
                if *budget == 0 {
                    break Stopped::BudgetSpent;
                }
                let (deflated, piece) = deflater.step();
                *budget = budget.saturating_sub(deflated);
                self.fragments = piece.map(|piece| Fragments {
                    is_compressed: piece.opcode != OpCode::Data(Data::Continue),
                    opcode: piece.opcode,
                    payload: piece.payload,
                    is_last: piece.is_last,
                    uncounted: piece.size,
                });
            } else if let Some(payload) = self.close.take() {
                self.ping = None;
                self.pong = None;
                self.state = State::Closed;
                size += self.begin_control(Control::Close, payload.into(), room);
            } else {
                break Stopped::NeedsMessage;
            }
        };
        Encoded { size, stopped }
    }

    /// Begins the next data frame of the message.
    fn begin_fragment(&mut self, target: &mut [u8]) -> usize {
        let Some(rest) = &mut self.fragments else {
            return 0;
        };
        let is_end = rest.payload.len() <= self.max_frame_size;
        let (payload, uncounted) = if is_end {
            (std::mem::take(&mut rest.payload), rest.uncounted)
        } else {
            let payload = rest.payload.split_to(self.max_frame_size);
            let uncounted = rest.uncounted.min(payload.len());
            (payload, uncounted)
        };
        let header = FrameHeader {
            is_final: is_end && rest.is_last,
            rsv1: rest.is_compressed,
            opcode: rest.opcode,
            ..FrameHeader::default()
        };
        if is_end {
            self.fragments = None;
        } else {
            rest.opcode = OpCode::Data(Data::Continue);
            rest.is_compressed = false;
            rest.uncounted -= uncounted;
        }
        self.payload_on_wire += payload.len() as u64;
        self.begin(header, payload, uncounted, target)
    }

    fn begin_control(&mut self, control: Control, payload: Bytes, target: &mut [u8]) -> usize {
        let header = FrameHeader {
            opcode: OpCode::Control(control),
            ..FrameHeader::default()
        };
        self.begin(header, payload, 0, target)
    }

    /// Writes the header of a frame and the part of its payload that fits.
    fn begin(
        &mut self,
        mut header: FrameHeader,
        payload: Bytes,
        uncounted: usize,
        target: &mut [u8],
    ) -> usize {
        let Some(key) = next_key() else {
            // A frame without a mask must not be sent (RFC 6455 section 5.3). Nothing more is sent.
            self.encoded += uncounted;
            self.abort();
            self.close = None;
            self.state = State::Closed;
            return 0;
        };
        header.mask = Some(key);
        let mut rest = &mut *target;
        // There is room for it: see `MIN_ROOM`.
        let _ = header.format(payload.len() as u64, &mut rest);
        let unused = rest.len();
        self.frames += 1;
        if let Some(observed) = self.observed
            && self.observed_frames.len() < observed.max_frames
        {
            let is_last = header.is_final && matches!(header.opcode, OpCode::Data(_));
            self.observed_frames.push(SentFrame {
                frame: Frame {
                    first_byte: target.first().copied().unwrap_or_default(),
                    payload_size: payload.len() as u64,
                    payload: first(&payload, observed.payload_size),
                    number: self.frames,
                },
                message: self.observed_message.take_if(|_| is_last),
            });
        }
        let size = target.len() - unused;
        let room = target.get_mut(size..).unwrap_or_default();
        if let Some(room) = room.get_mut(..payload.len()) {
            mask_into(room, &payload, key, 0);
            self.encoded += uncounted;
            return size + payload.len();
        }
        self.frame = Encoding {
            payload,
            taken: 0,
            key,
            uncounted,
        };
        size + self.frame.encode(room, &mut self.encoded)
    }
}

impl Encoding {
    /// Masks the part that fits into `target`. Adds its bytes of the message to `encoded`.
    fn encode(&mut self, target: &mut [u8], encoded: &mut usize) -> usize {
        let rest = self.payload.get(self.taken..).unwrap_or_default();
        let size = rest.len().min(target.len());
        let (target, _) = target.split_at_mut(size);
        let (payload, _) = rest.split_at(size);
        mask_into(target, payload, self.key, self.taken);
        self.taken += size;
        let mut counted = self.uncounted.min(size);
        if self.is_done() {
            // The size of a compressed payload is not that of the message. It is counted at its end.
            counted = self.uncounted;
            *self = Self::default();
        } else {
            self.uncounted -= counted;
        }
        *encoded += counted;
        size
    }

    fn is_done(&self) -> bool {
        self.taken == self.payload.len()
    }
}

/// A copy of the first `size` bytes, so that an observer does not keep the memory of a whole message.
fn first(payload: &[u8], size: usize) -> Bytes {
    Bytes::copy_from_slice(payload.get(..size).unwrap_or(payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGREEMENT: Agreement = Agreement {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        server_max_window_bits: 15,
        client_max_window_bits: 15,
    };

    /// Encodes everything.
    fn drain(encoder: &mut Encoder) -> Vec<u8> {
        let mut wire = Vec::new();
        let mut target = [0; 1000];
        loop {
            let encoded = encoder.encode(&mut target, &mut usize::MAX.clone());
            wire.extend_from_slice(&target[..encoded.size]);
            if encoded.stopped == Stopped::NeedsMessage {
                return wire;
            }
        }
    }

    /// Bytes that do not compress.
    fn noise(size: usize) -> Bytes {
        let mut state = 1u32;
        let bytes = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        bytes.take(size).collect()
    }

    /// The opcodes and FIN bits of the frames, all of which are short.
    fn first_bytes(mut wire: &[u8]) -> Vec<u8> {
        let mut first_bytes = Vec::new();
        while let [first_byte, size, ..] = *wire {
            first_bytes.push(first_byte);
            wire = &wire[6 + usize::from(size & 0x7f)..];
        }
        first_bytes
    }

    #[test]
    fn a_ping_and_a_pong_are_sent_between_the_fragments_of_a_large_message() {
        let mut encoder = Encoder::new(None, Some(100));
        encoder.start(true, Bytes::from_static(&[b'a'; 250]), Compress::Auto);
        let mut target = [0; 160];
        let encoded = encoder.encode(&mut target, &mut 0);
        assert_eq!(encoded.stopped, Stopped::TargetFull);
        let mut wire = target[..encoded.size].to_vec();
        encoder.ping(Bytes::from_static(b"1"));
        encoder.pong(Bytes::from_static(b"2"));
        wire.extend(drain(&mut encoder));
        assert_eq!(first_bytes(&wire), [0x01, 0x8a, 0x89, 0x00, 0x80]);
        assert_eq!(encoder.take_encoded(), 250);
        assert_eq!(encoder.payload_on_wire(), 250);
    }

    #[test]
    fn the_latest_pong_and_ping_replace_those_not_yet_encoded() {
        let mut encoder = Encoder::new(None, None);
        encoder.observe(Some(10), usize::MAX);
        for payload in [&b"1"[..], b"2", b"3"] {
            encoder.pong(Bytes::from_static(payload));
            encoder.ping(Bytes::from_static(payload));
        }
        assert!(encoder.has_ping() && encoder.has_pong());
        drain(&mut encoder);
        assert!(!encoder.has_ping() && !encoder.has_pong());
        let frames: Vec<_> = encoder
            .take_frames()
            .map(|sent| (sent.frame.first_byte, sent.frame.payload))
            .collect();
        let three = Bytes::from_static(b"3");
        assert_eq!(frames, [(0x8a, three.clone()), (0x89, three)]);
    }

    #[test]
    fn the_last_frame_of_an_observed_message_has_its_size_before_compression() {
        let options = CompressionOptions::default();
        let mut encoder = Encoder::new(Some((&options, AGREEMENT)), Some(2));
        // It begins before frames are observed.
        encoder.start(true, Bytes::from_static(b"abc"), Compress::Never);
        encoder.observe(Some(4), usize::MAX);
        drain(&mut encoder);
        encoder.start(true, Bytes::from_static(&[b'a'; 1000]), Compress::Always);
        drain(&mut encoder);
        encoder.observe(None, 0);
        encoder.start(true, Bytes::from_static(b"d"), Compress::Never);
        drain(&mut encoder);
        let total = encoder.frames();
        let frames: Vec<_> = encoder.take_frames().collect();
        let numbers: Vec<_> = frames.iter().map(|sent| sent.frame.number).collect();
        assert_eq!(numbers, (1..total).collect::<Vec<_>>());
        let messages: Vec<_> = frames
            .iter()
            .map(|sent| (sent.frame.first_byte & 0x80 != 0, &sent.message))
            .filter(|(is_final, message)| *is_final || message.is_some())
            .collect();
        let size = 1000;
        let payload = Bytes::from_static(b"aaaa");
        let whole = Some(SentMessage { size, payload });
        assert_eq!(messages, [(true, &None), (true, &whole)]);
    }

    #[test]
    fn at_most_that_many_frames_are_kept_until_they_are_taken() {
        let mut encoder = Encoder::new(None, Some(1));
        encoder.observe(Some(0), 2);
        let mut numbers = |payload| {
            encoder.start(false, Bytes::from_static(payload), Compress::Never);
            drain(&mut encoder);
            let frames = encoder.take_frames();
            frames.map(|sent| sent.frame.number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(b"abcd"), [1, 2]);
        assert_eq!(numbers(b"ef"), [5, 6]);
    }

    #[test]
    fn nothing_follows_a_close_frame() {
        let mut encoder = Encoder::new(None, None);
        encoder.close(None);
        assert!(!encoder.is_closed());
        encoder.ping(Bytes::new());
        encoder.start(false, Bytes::from_static(b"late"), Compress::Auto);
        encoder.close(Some(crate::close_frame(1000, "")));
        assert_eq!(first_bytes(&drain(&mut encoder)), [0x88]);
        assert!(encoder.is_closed());
        assert_eq!(
            encoder.take_encoded(),
            4,
            "a dropped message counts as encoded"
        );
    }

    #[test]
    fn an_abort_counts_the_rest_of_a_message_that_is_being_deflated() {
        const SIZE: usize = 256 * 1024;
        let options = CompressionOptions::default();
        for budget in [0, 1, 100_000] {
            let mut encoder = Encoder::new(Some((&options, AGREEMENT)), Some(1000));
            encoder.start(false, noise(SIZE), Compress::Always);
            let _ = encoder.encode(&mut [0; 160], &mut budget.clone());
            encoder.abort();
            drain(&mut encoder);
            assert_eq!(encoder.take_encoded(), SIZE, "a budget of {budget}");
        }
    }

    #[test]
    fn an_abort_completes_the_frame_and_drops_the_rest_of_the_message() {
        let mut encoder = Encoder::new(None, Some(200));
        encoder.start(false, vec![7; 1000].into(), Compress::Auto);
        let mut target = [0; 160];
        let encoded = encoder.encode(&mut target, &mut 0);
        let mut wire = target[..encoded.size].to_vec();
        encoder.abort();
        encoder.close(Some(crate::close_frame(1002, "")));
        wire.extend(drain(&mut encoder));
        assert_eq!(wire[..4], [0x02, 0xfe, 0, 200]);
        assert_eq!(first_bytes(&wire[8 + 200..]), [0x88]);
        assert_eq!(encoder.take_encoded(), 1000);
    }

    #[test]
    fn at_most_the_budget_and_one_step_is_deflated() {
        const SIZE: usize = 1024 * 1024;
        let options = CompressionOptions::default();
        let compression = Some((&options, AGREEMENT));
        let mut encoder = Encoder::new(compression, Some(64 * 1024));
        encoder.start(false, noise(SIZE), Compress::Always);
        let mut target = vec![0; 100_000];
        let mut encoded = 0;
        loop {
            let mut budget = 64 * 1024;
            let result = encoder.encode(&mut target, &mut budget);
            let size = encoder.take_encoded();
            assert!(size <= 128 * 1024, "{size}");
            encoded += size;
            match result.stopped {
                Stopped::NeedsMessage => break,
                Stopped::BudgetSpent => assert_eq!(budget, 0),
                Stopped::TargetFull => {}
            }
        }
        assert_eq!(encoded, SIZE);
        assert!(encoder.is_deflater_releasable());
    }
}

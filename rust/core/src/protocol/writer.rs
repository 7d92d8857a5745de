//! The hot path out: messages become masked frames on the line (RFC 6455 section 5, RFC 7692 section 7.2.1).

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::{io::AsyncWrite, time::Instant};
use tokio_tungstenite::tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

use crate::{
    Pack, RoundTrips,
    outbox::{Outbox, Outgoing},
    protocol::{
        deflate::Deflater,
        mask::{Masks, extend_masked},
        pings::Pings,
        scratch,
    },
    stats::Traffic,
    stream::ByteStream,
    trace::Trace,
};

/// The buffer counts as full where the largest header or control frame might not fit any more.
const BUFFER_FULL: usize = scratch::SIZE - 256;
/// Buffers that are written before others get their turn.
const BUFFERS_A_TURN: usize = 4;
/// Bytes that are deflated before others get their turn.
const DEFLATED_A_TURN: usize = 64 * 1024;
/// So many pongs may wait for a peer that pings and does not read; then it is not read from either.
const MAX_WAITING_PONGS: usize = 512;

/// Writes one connection's frames.
#[derive(Debug)]
pub(crate) struct Writer {
    /// Frames; from `written` on they are not with the operating system.
    buffer: Vec<u8>,
    written: usize,
    /// So many bytes of the owner's messages are done with when the buffer is.
    done_with_buffer: usize,
    /// The frame of which a part may be in the buffer.
    frame: Option<Frame>,
    /// What is left of the message that is being sent, for the frames after that one.
    fragments: Option<Fragments>,
    max_frame_size: usize,
    /// Pings and pongs, which go before the next data frame (RFC 6455 section 5.4).
    controls: VecDeque<(Control, Bytes)>,
    pings: Pings,
    /// Taken from the outbox, not yet begun.
    messages: VecDeque<Outgoing>,
    /// Goes before them.
    pack: Pack,
    deflater: Option<Deflater>,
    masks: Masks,
    traffic: Traffic,
    trace: Option<Box<Trace>>,
    close_sent: bool,
    /// No message is begun any more.
    has_ended: bool,
}

#[derive(Debug)]
struct Frame {
    payload: Bytes,
    /// So much of it is masked and in the buffer, or gone.
    taken: usize,
    key: [u8; 4],
    /// Bytes of the owner's message that are not counted as written yet; none for a control frame.
    uncounted: usize,
}

/// A message, or a piece of one that is being deflated, of which frames are made.
#[derive(Debug)]
struct Fragments {
    /// Of the next frame: continuation, but for the first of a message.
    opcode: OpCode,
    is_compressed: bool,
    payload: Bytes,
    /// The message ends with this piece.
    is_last: bool,
    /// As in [`Frame`].
    uncounted: usize,
}

/// How far writing got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrote {
    /// Everything there was.
    All,
    /// So much that others are to have their turn before the driver goes on.
    Turn,
}

impl Writer {
    /// A message with a larger payload than `max_frame_size`, if there is such a limit, is sent in fragments.
    pub(crate) fn new(deflater: Option<Deflater>, max_frame_size: Option<usize>) -> Self {
        Self {
            buffer: Vec::new(),
            written: 0,
            done_with_buffer: 0,
            frame: None,
            fragments: None,
            max_frame_size: max_frame_size.map_or(usize::MAX, |size| size.max(1)),
            controls: VecDeque::new(),
            pings: Pings::default(),
            messages: VecDeque::new(),
            pack: Pack::default(),
            deflater,
            masks: Masks::default(),
            traffic: Traffic::default(),
            trace: None,
            close_sent: false,
            has_ended: false,
        }
    }

    /// Our Close frame has been written, or is in the buffer.
    pub(crate) fn close_sent(&self) -> bool {
        self.close_sent
    }

    /// Since when there was nothing to deflate, if memory is kept for it.
    pub(crate) fn deflater_idle_since(&self) -> Option<Instant> {
        self.deflater.as_ref().and_then(Deflater::idle_since)
    }

    /// Releases the memory that is kept for deflating.
    pub(crate) fn release_deflater(&mut self) {
        if let Some(deflater) = &mut self.deflater {
            deflater.release();
        }
    }

    /// Sends a ping or a pong with the next write. After a Close frame nothing is sent (RFC 6455 section 5.5.1).
    pub(crate) fn control(&mut self, control: Control, payload: Bytes) {
        if !self.close_sent && !self.has_ended {
            self.controls.push_back((control, payload));
        }
    }

    /// Sends a ping with the next write; the owner knows it by its token.
    pub(crate) fn ping(&mut self, token: Option<u64>) {
        if !self.close_sent && !self.has_ended {
            let payload = self.pings.add(token);
            self.control(Control::Ping, payload);
        }
    }

    /// The messages so far.
    pub(crate) fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Where frames are collected, if they are.
    pub(crate) fn trace(&mut self) -> &mut Option<Box<Trace>> {
        &mut self.trace
    }

    /// How long pongs took so far.
    pub(crate) fn round_trips(&self) -> RoundTrips {
        self.pings.round_trips()
    }

    /// The pings that were sent.
    pub(crate) fn pings(&mut self) -> &mut Pings {
        &mut self.pings
    }

    /// Whether pings or pongs wait for the next write.
    pub(crate) fn has_controls(&self) -> bool {
        !self.controls.is_empty()
    }

    /// Whether the peer has to read before it is read from.
    pub(crate) fn is_full_of_pongs(&self) -> bool {
        self.controls.len() >= MAX_WAITING_PONGS
    }

    /// Drops what has not been begun, and sends `close`, if it is not too late for one.
    pub(crate) fn end(&mut self, close: Option<Outgoing>, outbox: &Outbox) {
        self.has_ended = true;
        self.controls.clear();
        self.deflater = None;
        if let Some(fragments) = self.fragments.take() {
            outbox.written(fragments.uncounted);
        }
        outbox.written(std::mem::take(&mut self.pack).size());
        for message in std::mem::take(&mut self.messages) {
            outbox.written(message.size());
        }
        self.messages.extend(close);
    }

    /// Writes what waits, as far as the stream takes it; the task is woken when it takes more. Writing has no errors
    /// here: a lost line is noticed by reading, after the peer's last words. Not `may_deflate` is a thread that has
    /// no time for it.
    pub(crate) fn poll_write(
        &mut self,
        stream: &mut ByteStream<impl AsyncWrite + Unpin>,
        cx: &mut Context<'_>,
        outbox: &Outbox,
        may_deflate: bool,
    ) -> Poll<Wrote> {
        // What an earlier call left, in TLS too: pings and pongs that are due go before the frames that follow.
        ready!(self.poll_empty(stream, cx, outbox));
        let mut deflated = 0;
        for _ in 0..BUFFERS_A_TURN {
            let filled = self.fill(outbox, may_deflate, &mut deflated);
            ready!(self.poll_empty(stream, cx, outbox));
            match filled {
                Filled::Up => {}
                Filled::WithEverything => {
                    scratch::give_back(std::mem::take(&mut self.buffer));
                    return Poll::Ready(Wrote::All);
                }
                Filled::UpToDeflating => break,
            }
        }
        Poll::Ready(Wrote::Turn)
    }

    /// Writes the buffer, and what TLS has made of it.
    fn poll_empty(
        &mut self,
        stream: &mut ByteStream<impl AsyncWrite + Unpin>,
        cx: &mut Context<'_>,
        outbox: &Outbox,
    ) -> Poll<()> {
        while let Some(rest) = self.buffer.get(self.written..)
            && !rest.is_empty()
        {
            match ready!(Pin::new(&mut *stream).poll_write(cx, rest)) {
                Ok(written) if written > 0 => self.written += written,
                _ => self.written = self.buffer.len(),
            }
        }
        self.buffer.clear();
        self.written = 0;
        let _ = ready!(Pin::new(&mut *stream).poll_flush(cx));
        // First, or what was forgotten would look for a moment as if it had left.
        if stream.write_failed() {
            outbox.fail_writes();
        }
        if self.done_with_buffer > 0 {
            outbox.written(std::mem::take(&mut self.done_with_buffer));
        }
        Poll::Ready(())
    }

    /// Turns what waits into frames; `deflated` is what this turn has deflated so far.
    fn fill(&mut self, outbox: &Outbox, may_deflate: bool, deflated: &mut usize) -> Filled {
        while self.buffer.len() < BUFFER_FULL {
            if let Some(frame) = self.frame.take() {
                self.mask(frame);
            } else if let Some((control, payload)) = self.controls.pop_front() {
                if control == Control::Ping {
                    self.pings.sent();
                }
                self.begin_control(control, payload);
            } else if let Some(fragments) = self.fragments.take() {
                self.begin_fragment(fragments);
            } else if let Some(deflater) = &mut self.deflater
                && deflater.is_busy()
            {
                if !may_deflate || *deflated >= DEFLATED_A_TURN {
                    return Filled::UpToDeflating;
                }
                let (size, piece) = deflater.step();
                *deflated += size;
                self.fragments = piece.map(|piece| Fragments {
                    is_compressed: piece.opcode != OpCode::Data(Data::Continue),
                    opcode: piece.opcode,
                    payload: piece.payload,
                    is_last: piece.is_last,
                    uncounted: piece.size,
                });
            } else if let Some(message) = self.next_message(outbox) {
                self.begin(message, outbox);
            } else {
                return Filled::WithEverything;
            }
        }
        Filled::Up
    }

    fn next_message(&mut self, outbox: &Outbox) -> Option<Outgoing> {
        if let Some(message) = self.pack.take() {
            return Some(message);
        }
        if self.messages.is_empty() {
            outbox.take(&mut self.messages);
        }
        self.messages.pop_front()
    }

    fn begin(&mut self, message: Outgoing, outbox: &Outbox) {
        match message {
            Outgoing::Close(_) if self.close_sent => {}
            Outgoing::Close(frame) => {
                self.close_sent = true;
                let payload = frame.map_or_else(Bytes::new, |frame| {
                    let code = u16::from(frame.code).to_be_bytes();
                    [&code, frame.reason.as_bytes()].concat().into()
                });
                self.begin_control(Control::Close, payload);
            }
            _ if self.has_ended => outbox.written(message.size()),
            Outgoing::Pack(pack) => self.pack = pack,
            Outgoing::Data {
                is_text,
                payload,
                compress,
            } => {
                let opcode = OpCode::Data(if is_text { Data::Text } else { Data::Binary });
                self.traffic.add(payload.len());
                match &mut self.deflater {
                    Some(deflater) if deflater.wants(payload.len(), compress) => {
                        deflater.start(opcode, payload);
                    }
                    _ => self.begin_fragment(Fragments {
                        opcode,
                        is_compressed: false,
                        uncounted: payload.len(),
                        payload,
                        is_last: true,
                    }),
                }
            }
        }
    }

    /// Begins the next data frame of a message, of at most `max_frame_size`, and keeps the rest of it for later.
    fn begin_fragment(&mut self, mut rest: Fragments) {
        let payload = rest
            .payload
            .split_to(rest.payload.len().min(self.max_frame_size));
        let is_end = rest.payload.is_empty();
        let uncounted = if is_end {
            rest.uncounted
        } else {
            rest.uncounted.min(payload.len())
        };
        let header = FrameHeader {
            is_final: is_end && rest.is_last,
            rsv1: rest.is_compressed,
            opcode: rest.opcode,
            ..FrameHeader::default()
        };
        self.traffic.payload_on_wire += payload.len() as u64;
        if !is_end {
            self.fragments = Some(Fragments {
                opcode: OpCode::Data(Data::Continue),
                is_compressed: false,
                uncounted: rest.uncounted - uncounted,
                ..rest
            });
        }
        self.begin_frame(header, payload, uncounted);
    }

    fn begin_control(&mut self, control: Control, payload: Bytes) {
        let header = FrameHeader {
            opcode: OpCode::Control(control),
            ..FrameHeader::default()
        };
        self.begin_frame(header, payload, 0);
    }

    fn begin_frame(&mut self, mut header: FrameHeader, payload: Bytes, uncounted: usize) {
        let Some(key) = self.masks.next() else {
            // What can't be masked may not be sent (RFC 6455 section 5.3). The peer gets nothing more, and leaves.
            self.has_ended = true;
            self.deflater = None;
            self.controls.clear();
            let rest = self.fragments.take().map_or(0, |rest| rest.uncounted);
            self.done_with_buffer += uncounted + rest;
            return;
        };
        header.mask = Some(key);
        if self.buffer.capacity() == 0 {
            self.buffer = scratch::take();
        }
        // A vector takes everything.
        let start = self.buffer.len();
        let _ = header.format(payload.len() as u64, &mut self.buffer);
        if let Some(trace) = &mut self.trace {
            let first_byte = self.buffer.get(start).copied().unwrap_or_default();
            trace.add(first_byte, payload.len() as u64, &payload);
        }
        self.mask(Frame {
            payload,
            taken: 0,
            key,
            uncounted,
        });
    }

    /// Masks as much of the frame as the buffer has room for, and keeps the rest for later.
    fn mask(&mut self, mut frame: Frame) {
        self.done_with_buffer += frame.mask_into(&mut self.buffer);
        self.frame = (!frame.is_done()).then_some(frame);
    }
}

/// Why the buffer was not filled further.
#[derive(Clone, Copy, Debug)]
enum Filled {
    Up,
    WithEverything,
    UpToDeflating,
}

impl Frame {
    /// Masks as much as the buffer has room for; answers how much of the owner's message that was.
    fn mask_into(&mut self, buffer: &mut Vec<u8>) -> usize {
        let room = scratch::SIZE.saturating_sub(buffer.len());
        let rest = self.payload.get(self.taken..).unwrap_or_default();
        let piece = rest.get(..room).unwrap_or(rest);
        extend_masked(buffer, piece, self.key, self.taken);
        self.taken += piece.len();
        let counted = if self.is_done() {
            self.uncounted
        } else {
            self.uncounted.min(piece.len())
        };
        self.uncounted -= counted;
        counted
    }

    fn is_done(&self) -> bool {
        self.taken == self.payload.len()
    }
}

#[cfg(test)]
mod tests {
    use std::{io, task::Waker, thread};

    use super::*;
    use crate::{Compress, CompressionOptions, ConnectOptions, protocol::compression::Agreement};

    /// A line that takes nothing.
    struct Lost;

    impl AsyncWrite for Lost {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn what_a_lost_line_did_not_take_never_looks_as_if_it_had_left() {
        for _ in 0..2000 {
            let outbox = Outbox::default();
            let message = Outgoing::Data {
                is_text: false,
                payload: Bytes::from_static(b"lost"),
                compress: Compress::Never,
            };
            outbox.push(message).expect("it is open");
            thread::scope(|scope| {
                // As the owner looks: first what is buffered, then whether the rest has left.
                let owner = scope.spawn(|| {
                    while outbox.buffered() > 0 {
                        std::hint::spin_loop();
                    }
                    outbox.is_writable()
                });
                let mut stream = ByteStream::new(Lost);
                let mut cx = Context::from_waker(Waker::noop());
                let wrote = Writer::new(None, None).poll_write(&mut stream, &mut cx, &outbox, true);
                assert!(wrote.is_ready());
                assert!(!owner.join().expect("no panic"), "it is said to have left");
            });
        }
    }

    /// A line that takes everything.
    struct Open;

    impl AsyncWrite for Open {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn a_turn_deflates_no_more_than_its_share_also_where_pieces_fill_the_buffer() {
        const SIZE: usize = 1024 * 1024;
        let agreement = Agreement {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
        };
        let frame_size = Some(ConnectOptions::DEFAULT_FRAME_SIZE);
        let options = CompressionOptions::default();
        let mut writer = Writer::new(Deflater::new(&options, agreement, frame_size), frame_size);
        let outbox = Outbox::default();
        // Bytes that do not compress.
        let mut state = 1u32;
        let payload = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        let message = Outgoing::Data {
            is_text: false,
            payload: payload.take(SIZE).collect(),
            compress: Compress::Always,
        };
        outbox.push(message).expect("it is open");
        let mut stream = ByteStream::new(Open);
        let mut cx = Context::from_waker(Waker::noop());
        while outbox.buffered() > 0 {
            let before = outbox.buffered();
            let wrote = writer.poll_write(&mut stream, &mut cx, &outbox, true);
            assert!(wrote.is_ready());
            // A piece may have been deflated for the most part by the turn before.
            let deflated = before - outbox.buffered();
            assert!(deflated <= 2 * DEFLATED_A_TURN, "{deflated}");
        }
    }
}

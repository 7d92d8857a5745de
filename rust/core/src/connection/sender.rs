//! Sending: messages from the outbox are encoded into a buffer, and the buffer is written to the byte stream.
//!
//! The driver or a thread that flushes calls it, with the [`Duplex`](super::duplex::Duplex) locked.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
    time::SystemTime,
};

use bytes::Bytes;
use rust_web_socket_protocol::{CloseFrame, Encoder, Stopped};
use tokio::{io::AsyncWrite, time::Instant};

use crate::{
    RoundTrips,
    connection::{
        buffers::{self, WriteBuffer},
        outbox::{Message, MessageBatch, Outbox, Outgoing},
        pings::Pings,
        stats::Traffic,
        trace::{Observation, Trace, Traced},
    },
    net::stream::ByteStream,
};

/// The maximum number of buffers written in one turn, before other connections run.
const BUFFERS_A_TURN: usize = 4;
/// The maximum number of bytes deflated in one turn, before other connections run.
const DEFLATED_A_TURN: usize = 64 * 1024;

/// Sends the messages, pings and pongs of one connection.
#[derive(Debug)]
pub(crate) struct Sender {
    encoder: Encoder,
    buffer: WriteBuffer,
    /// Bytes of messages in the buffer.
    in_buffer: usize,
    /// Taken from the outbox and not started yet.
    queue: VecDeque<Outgoing>,
    /// The rest of the current batch, which is sent before the queue.
    batch: Option<Box<dyn MessageBatch>>,
    pings: Pings,
    traffic: Traffic,
    trace: Option<Trace>,
    /// When something was last deflated, while there is memory to release.
    deflated: Option<Instant>,
}

/// The result of [`Sender::poll_write`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrote {
    /// Everything was written.
    All,
    /// This turn's share was written. The driver has to continue after other connections have run.
    Turn,
}

/// Why the buffer was not filled further.
#[derive(Clone, Copy, Debug)]
enum Filled {
    BufferFull,
    QueueEmpty,
    /// This turn's share of deflating is used up.
    BudgetSpent,
}

impl Sender {
    pub(crate) fn new(encoder: Encoder) -> Self {
        Self {
            encoder,
            buffer: WriteBuffer::default(),
            in_buffer: 0,
            queue: VecDeque::new(),
            batch: None,
            pings: Pings::default(),
            traffic: Traffic::default(),
            trace: None,
            deflated: None,
        }
    }

    /// Whether our Close frame has been written or is in the buffer.
    pub(crate) fn close_sent(&self) -> bool {
        self.encoder.is_closed()
    }

    /// When something was last deflated, if there is memory to release.
    pub(crate) fn deflater_idle_since(&self) -> Option<Instant> {
        self.deflated
            .filter(|_| self.encoder.is_deflater_releasable())
    }

    /// Releases the compressor's memory.
    pub(crate) fn release_deflater(&mut self) {
        self.encoder.release_deflater();
        self.deflated = None;
    }

    /// Answers a ping with the next write.
    pub(crate) fn pong(&mut self, payload: Bytes) {
        self.encoder.pong(payload);
    }

    /// Whether a pong has not been encoded yet.
    pub(crate) fn has_pong(&self) -> bool {
        self.encoder.has_pong()
    }

    /// Sends a ping with the next write. `token` identifies the owner's pings. The heartbeat's have none.
    pub(crate) fn ping(&mut self, token: Option<u64>) {
        if !self.encoder.is_closed() {
            self.encoder.ping(self.pings.add(token));
        }
    }

    /// The unanswered pings.
    pub(crate) fn pings(&mut self) -> &mut Pings {
        &mut self.pings
    }

    /// The counters of messages so far.
    pub(crate) fn traffic(&self) -> Traffic {
        Traffic {
            payload_on_wire: self.encoder.payload_on_wire(),
            ..self.traffic
        }
    }

    /// The round trips of answered pings so far.
    pub(crate) fn round_trips(&self) -> RoundTrips {
        self.pings.round_trips()
    }

    /// Starts or stops collecting frames.
    pub(crate) fn observe(&mut self, observation: Option<Observation>) {
        let payload_size = observation.map(|it| it.payload_size);
        let max_frames = observation.map_or(0, |it| it.max_frames);
        self.encoder.observe(payload_size, max_frames);
        Trace::observe(&mut self.trace, true, observation);
    }

    /// Moves the collected frames into `all`. Starts a new turn.
    pub(crate) fn take_frames(&mut self, all: &mut Vec<Traced>) {
        if let Some(trace) = &mut self.trace {
            trace.take(all);
        }
    }

    /// The number of frames so far.
    pub(crate) fn frames(&self) -> u64 {
        self.encoder.frames()
    }

    /// Drops the messages that were not begun. Sends a Close frame if `close` has one and none was sent before.
    pub(crate) fn end(&mut self, close: Option<Option<CloseFrame>>, outbox: &Outbox) {
        self.encoder.abort();
        let batch = self.batch.take().map_or(0, |batch| batch.size());
        let queue = std::mem::take(&mut self.queue);
        let queued: usize = queue.iter().map(Outgoing::size).sum();
        outbox.written(self.encoder.take_encoded() + batch + queued);
        if let Some(frame) = close {
            self.encoder.close(frame);
        }
    }

    /// Writes until everything is written, this turn's share is used up, or the stream accepts no more. In the last
    /// case the task is woken when it accepts more.
    ///
    /// It returns no error. A lost TCP connection is detected by reading, after the last frames of the peer.
    /// `may_deflate` is false for a thread that has no time to deflate.
    pub(crate) fn poll_write(
        &mut self,
        stream: &mut ByteStream<impl AsyncWrite + Unpin>,
        cx: &mut Context<'_>,
        outbox: &Outbox,
        may_deflate: bool,
    ) -> Poll<Wrote> {
        // First the rest of an earlier call, also in TLS: pings and pongs go before the frames that follow.
        ready!(self.poll_empty(stream, cx, outbox));
        let mut budget = if may_deflate { DEFLATED_A_TURN } else { 0 };
        for _ in 0..BUFFERS_A_TURN {
            let filled = self.fill(outbox, &mut budget);
            ready!(self.poll_empty(stream, cx, outbox));
            match filled {
                Filled::BufferFull => {}
                Filled::BudgetSpent => break,
                Filled::QueueEmpty => {
                    buffers::give_back_write(&mut self.buffer);
                    return Poll::Ready(Wrote::All);
                }
            }
        }
        Poll::Ready(Wrote::Turn)
    }

    /// Writes the buffer and flushes TLS.
    fn poll_empty(
        &mut self,
        stream: &mut ByteStream<impl AsyncWrite + Unpin>,
        cx: &mut Context<'_>,
        outbox: &Outbox,
    ) -> Poll<()> {
        while let unwritten = self.buffer.unwritten()
            && !unwritten.is_empty()
        {
            match ready!(Pin::new(&mut *stream).poll_write(cx, unwritten)) {
                Ok(written) if written > 0 => self.buffer.written(written),
                _ => self.buffer.clear(),
            }
        }
        self.buffer.clear();
        let _ = ready!(Pin::new(&mut *stream).poll_flush(cx));
        // First this: otherwise dropped bytes would look sent for a moment.
        if stream.write_failed() {
            outbox.fail_writes();
        }
        if self.in_buffer > 0 {
            outbox.written(std::mem::take(&mut self.in_buffer));
        }
        Poll::Ready(())
    }

    /// Encodes messages into the buffer. `budget` is the number of bytes that may be deflated in this turn.
    fn fill(&mut self, outbox: &Outbox, budget: &mut usize) -> Filled {
        let before = *budget;
        let mut is_idle = self.encoder.is_idle();
        let filled = loop {
            if is_idle && !self.start_next(outbox) {
                break Filled::QueueEmpty;
            }
            let encoded = self.encoder.encode(self.buffer.free(), budget);
            self.buffer.filled(encoded.size);
            match encoded.stopped {
                Stopped::NeedsMessage => is_idle = true,
                Stopped::TargetFull => break Filled::BufferFull,
                Stopped::BudgetSpent => break Filled::BudgetSpent,
            }
        };
        self.in_buffer += self.encoder.take_encoded();
        if !self.encoder.has_ping() {
            self.pings.sent();
        }
        if self.encoder.is_deflater_releasable() && (*budget < before || self.deflated.is_none()) {
            self.deflated = Some(Instant::now());
        }
        if let Some(trace) = &mut self.trace {
            let sent = self.encoder.take_frames();
            if sent.len() > 0 {
                let time = SystemTime::now();
                for sent in sent {
                    if trace.is_full() {
                        break;
                    }
                    trace.add(sent.frame, time);
                    if let Some(message) = sent.message {
                        trace.complete(|_| message);
                    }
                }
            }
        }
        filled
    }

    /// Starts the next message or the Close frame. Returns whether there is one.
    fn start_next(&mut self, outbox: &Outbox) -> bool {
        loop {
            if let Some(batch) = &mut self.batch {
                if let Some(message) = batch.next() {
                    self.start(message);
                    return true;
                }
                self.batch = None;
            }
            if self.queue.is_empty() {
                outbox.take(&mut self.queue);
            }
            match self.queue.pop_front() {
                None => return false,
                Some(Outgoing::Message(message)) => {
                    self.start(message);
                    return true;
                }
                Some(Outgoing::Batch(batch)) => self.batch = Some(batch),
                Some(Outgoing::Close(frame)) => {
                    self.encoder.close(frame);
                    return true;
                }
            }
        }
    }

    fn start(&mut self, message: Message) {
        let Message {
            is_text,
            payload,
            compress,
        } = message;
        self.traffic.add(payload.len());
        self.encoder.start(is_text, payload, compress);
    }
}

#[cfg(test)]
mod tests {
    use std::{io, task::Waker, thread};

    use rust_web_socket_protocol::{Agreement, Compress, CompressionOptions};

    use super::*;
    use crate::ConnectOptions;

    /// A stream whose writes fail.
    struct FailingStream;

    impl AsyncWrite for FailingStream {
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

    fn push(outbox: &Outbox, payload: Bytes, compress: Compress) {
        let message = Message {
            is_text: false,
            payload,
            compress,
        };
        outbox.push(Outgoing::Message(message)).expect("it is open");
    }

    #[test]
    fn bytes_that_a_lost_connection_dropped_never_look_sent() {
        for _ in 0..2000 {
            let outbox = Outbox::default();
            push(&outbox, Bytes::from_static(b"lost"), Compress::Never);
            thread::scope(|scope| {
                // In the owner's order: first the buffered amount, then whether the rest was sent.
                let owner = scope.spawn(|| {
                    while outbox.buffered() > 0 {
                        std::hint::spin_loop();
                    }
                    outbox.is_writable()
                });
                let mut stream = ByteStream::new(FailingStream);
                let mut cx = Context::from_waker(Waker::noop());
                let mut sender = Sender::new(Encoder::new(None, None));
                let wrote = sender.poll_write(&mut stream, &mut cx, &outbox, true);
                assert!(wrote.is_ready());
                assert!(!owner.join().expect("no panic"), "dropped bytes look sent");
            });
        }
    }

    #[test]
    fn a_turn_deflates_at_most_its_share_also_if_pieces_fill_the_buffer() {
        const SIZE: usize = 1024 * 1024;
        let agreement = Agreement {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
        };
        let frame_size = Some(ConnectOptions::DEFAULT_FRAME_SIZE);
        let options = CompressionOptions::default();
        let mut sender = Sender::new(Encoder::new(Some((&options, agreement)), frame_size));
        let outbox = Outbox::default();
        // Random bytes, which do not compress.
        let mut state = 1u32;
        let payload = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        push(&outbox, payload.take(SIZE).collect(), Compress::Always);
        let mut stream = ByteStream::new(tokio::io::sink());
        let mut cx = Context::from_waker(Waker::noop());
        while outbox.buffered() > 0 {
            let before = outbox.buffered();
            let wrote = sender.poll_write(&mut stream, &mut cx, &outbox, true);
            assert!(wrote.is_ready());
            // The previous turn may have deflated most of a piece.
            let deflated = before - outbox.buffered();
            assert!(deflated <= 2 * DEFLATED_A_TURN, "{deflated}");
        }
    }
}

//! An open WebSocket: a stream and the two halves of the protocol, driven without waiting.

use std::{
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::Control};

use crate::{
    ConnectOptions, EventSink, Stats, TracedFrame,
    outbox::{Outbox, Outgoing},
    protocol::{
        compression::Agreement,
        deflate::Deflater,
        inflate::Inflater,
        reader::{Progress, ReadError, Reader, Step},
        writer::{Writer, Wrote},
    },
    stream::ByteStream,
    trace::Trace,
};

/// It belongs to whoever holds its lock: the driver, or a thread that flushes.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: ByteStream,
    reader: Reader,
    writer: Writer,
    /// Wakes the driver, whoever it was that made the operating system wait.
    waker: Waker,
    pong_received: bool,
    /// The operating system takes nothing more at the moment.
    is_blocked: bool,
    opened: Instant,
    /// Bytes that were written and read for the upgrade, before the first frame.
    upgrade_size: (u64, u64),
    /// As [`Shared::traced`](crate::shared::Shared::traced) was last.
    traced: usize,
}

/// What the clocks of a connection go by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The owner wants the connection closed.
    pub(crate) closing: bool,
    /// The owner has given credit for reading.
    pub(crate) reading: bool,
    /// Our Close frame has been written, or is in the write buffer.
    pub(crate) close_sent: bool,
    /// A pong came since the last moment.
    pub(crate) pong_received: bool,
    /// Bytes that the operating system has taken so far, below TLS.
    pub(crate) bytes_taken: u64,
    /// More is to be written than the operating system takes.
    pub(crate) is_blocked: bool,
    /// Bytes received so far.
    pub(crate) bytes_received: u64,
    /// Since when there was nothing to deflate, if memory is kept for it.
    pub(crate) deflater_idle_since: Option<Instant>,
}

/// How far a turn got.
#[derive(Debug)]
pub(crate) struct Turn {
    /// What the messages cost that were read.
    pub(crate) cost: usize,
    /// There is more to be done at once, after others have had their turn.
    pub(crate) has_more: bool,
    /// The owner's pings that were answered, with their round trips.
    pub(crate) pongs: Vec<(u64, Duration)>,
    /// How far a message is that is not complete, if the owner is to be told.
    pub(crate) progress: Option<Progress>,
    /// What ends the connection.
    pub(crate) end: Option<End>,
}

/// Why there is nothing more to read.
#[derive(Debug)]
pub(crate) enum End {
    /// The peer's Close frame.
    Close(Option<CloseFrame>),
    /// The line is lost or the peer broke the protocol.
    Failure(ReadError),
}

impl Socket {
    /// `tail` is what came after the upgrade response in the same segments.
    pub(crate) fn new(
        stream: ByteStream,
        tail: Vec<u8>,
        agreement: Option<Agreement>,
        options: &ConnectOptions,
        waker: Waker,
    ) -> Self {
        let deflater =
            agreement
                .zip(options.compression.as_ref())
                .and_then(|(agreement, compression)| {
                    Deflater::new(compression, agreement, options.max_frame_size)
                });
        Self {
            upgrade_size: (stream.written(), stream.read() - tail.len() as u64),
            stream,
            reader: Reader::new(tail, agreement.map(Inflater::new), options),
            writer: Writer::new(deflater, options.max_frame_size),
            waker,
            pong_received: false,
            is_blocked: false,
            opened: Instant::now(),
            traced: 0,
        }
    }

    /// Writes what waits in the outbox, as far as the operating system takes it; the driver is woken when it takes
    /// more. Answers whether the driver has to go on with it, which is also where only it may compress.
    pub(crate) fn write(&mut self, outbox: &Outbox, may_deflate: bool) -> bool {
        let mut cx = Context::from_waker(&self.waker);
        let wrote = self
            .writer
            .poll_write(&mut self.stream, &mut cx, outbox, may_deflate);
        self.is_blocked = wrote.is_pending();
        wrote == Poll::Ready(Wrote::Turn)
    }

    /// Writes and, if it may, reads, a bounded amount of both. Messages go into the sink, or past it where nobody wants
    /// them any more.
    pub(crate) fn turn(
        &mut self,
        outbox: &Outbox,
        sink: &mut impl EventSink,
        may_read: bool,
        discard: bool,
    ) -> Turn {
        let mut has_more = self.write(outbox, true);
        let mut end = None;
        if may_read {
            match self.read(outbox, sink, discard) {
                Ok(is_slice_full) => has_more |= is_slice_full,
                Err(reason) => end = Some(reason),
            }
        }
        if self.writer.has_controls() {
            has_more |= self.write(outbox, true);
        }
        Turn {
            cost: self.reader.take_cost(),
            has_more,
            pongs: self.writer.pings().take_answered(),
            progress: self.reader.take_progress(),
            end,
        }
    }

    /// Answers whether there may be more to read.
    fn read(
        &mut self,
        outbox: &Outbox,
        sink: &mut impl EventSink,
        discard: bool,
    ) -> Result<bool, End> {
        loop {
            if self.writer.is_full_of_pongs() {
                let has_more = self.write(outbox, true);
                if self.writer.is_full_of_pongs() {
                    return Ok(has_more);
                }
            }
            let mut cx = Context::from_waker(&self.waker);
            let step = self.reader.read(&mut self.stream, &mut cx, sink, discard);
            match step.map_err(End::Failure)? {
                Step::Empty => return Ok(false),
                Step::SliceFull => return Ok(true),
                Step::Ping(payload) => self.writer.control(Control::Pong, payload),
                Step::Pong(payload) => {
                    self.pong_received = true;
                    self.writer.pings().answer(&payload);
                }
                Step::Close(frame) => return Err(End::Close(frame)),
            }
        }
    }

    /// Sends a ping with the next write; the owner knows it by its token.
    pub(crate) fn ping(&mut self, token: Option<u64>) {
        self.writer.ping(token);
    }

    /// Releases memory that is only needed while there is something to deflate.
    pub(crate) fn release_deflater(&mut self) {
        self.writer.release_deflater();
    }

    /// Whether frames are collected.
    pub(crate) fn is_traced(&self) -> bool {
        self.traced > 0
    }

    /// Begins or ends to collect frames: see [`Shared::traced`](crate::shared::Shared::traced).
    pub(crate) fn set_traced(&mut self, traced: usize) {
        if self.traced != traced {
            self.traced = traced;
            let payload_size = traced.checked_sub(1);
            *self.reader.trace() = payload_size.map(|size| Trace::new(false, size));
            *self.writer.trace() = payload_size.map(|size| Trace::new(true, size));
        }
    }

    /// The frames that were collected since the last call, in order.
    pub(crate) fn take_frames(&mut self) -> Vec<TracedFrame> {
        if !self.is_traced() {
            return Vec::new();
        }
        let traces = [self.writer.trace(), self.reader.trace()];
        let mut frames: Vec<_> = traces
            .into_iter()
            .flatten()
            .flat_map(|trace| trace.take())
            .collect();
        frames.sort_by_key(|frame| frame.time);
        frames
    }

    /// What has been carried so far.
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            bytes_sent: self.stream.written() - self.upgrade_size.0,
            bytes_received: self.stream.read() - self.upgrade_size.1,
            sent: self.writer.traffic(),
            received: self.reader.traffic(),
            round_trips: self.writer.round_trips(),
            opened: Some(self.opened),
            ended: None,
        }
    }

    /// What has happened, for the clocks.
    pub(crate) fn moment(&mut self, closing: bool, reading: bool) -> Moment {
        Moment {
            closing,
            reading,
            close_sent: self.writer.close_sent(),
            pong_received: std::mem::take(&mut self.pong_received),
            bytes_taken: self.stream.taken_by_system(),
            is_blocked: self.is_blocked,
            bytes_received: self.stream.read(),
            deflater_idle_since: self.writer.deflater_idle_since(),
        }
    }

    /// Sends the last Close frame, if one is due, and whatever else can leave without waiting.
    pub(crate) fn say_goodbye(&mut self, close: Option<Outgoing>, outbox: &Outbox) {
        self.writer.end(close, outbox);
        self.write(outbox, false);
    }

    /// Keeps TCP until the peer closes it, which is the server's part (RFC 6455 section 7.1.1). After a failed
    /// connection this side closes first, and still reads: unread bytes would turn the FIN into a RST, which can
    /// overtake our Close frame.
    pub(crate) async fn linger(mut self, clean: bool, outbox: &Outbox) {
        let Self { stream, writer, .. } = &mut self;
        while let Wrote::Turn =
            std::future::poll_fn(|cx| writer.poll_write(stream, cx, outbox, false)).await
        {}
        if !clean && stream.shutdown().await.is_err() {
            return;
        }
        let mut rest = [0; 4096];
        while matches!(stream.read(&mut rest).await, Ok(read) if read > 0) {}
    }
}

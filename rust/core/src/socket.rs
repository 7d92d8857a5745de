//! An open WebSocket: a stream and the two halves of the protocol, driven without waiting.

use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::Control};

use crate::{
    ConnectOptions, EventSink,
    compression::Agreement,
    deflate::Deflater,
    inflate::Inflater,
    outbox::{Outbox, Outgoing},
    reader::{ReadError, Reader, Step},
    stream::ByteStream,
    writer::{Writer, Wrote},
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
    /// Bytes on the wire so far.
    pub(crate) bytes_written: u64,
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
        let deflater = agreement
            .zip(options.compression.as_ref())
            .and_then(|(agreement, options)| Deflater::new(options, agreement));
        Self {
            stream,
            reader: Reader::new(tail, agreement.map(Inflater::new), options),
            writer: Writer::new(deflater),
            waker,
            pong_received: false,
        }
    }

    /// Writes what waits in the outbox, as far as the operating system takes it; the driver is woken when it takes
    /// more. Answers whether the driver has to go on with it, which is also where only it may compress.
    pub(crate) fn write(&mut self, outbox: &Outbox, may_deflate: bool) -> bool {
        let mut cx = Context::from_waker(&self.waker);
        let wrote = self
            .writer
            .poll_write(&mut self.stream, &mut cx, outbox, may_deflate);
        if self.stream.write_failed() {
            outbox.fail_writes();
        }
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
                Step::Pong => self.pong_received = true,
                Step::Close(frame) => return Err(End::Close(frame)),
            }
        }
    }

    /// Sends a ping with the next write.
    pub(crate) fn ping(&mut self) {
        self.writer.control(Control::Ping, Bytes::new());
    }

    /// Releases memory that is only needed while there is something to deflate.
    pub(crate) fn release_deflater(&mut self) {
        self.writer.release_deflater();
    }

    /// What has happened, for the clocks.
    pub(crate) fn moment(&mut self, closing: bool, reading: bool) -> Moment {
        Moment {
            closing,
            reading,
            close_sent: self.writer.close_sent(),
            pong_received: std::mem::take(&mut self.pong_received),
            bytes_written: self.stream.written(),
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

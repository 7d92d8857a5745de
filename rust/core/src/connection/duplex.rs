//! An open connection's byte stream with its two halves, [`Receiver`] and [`Sender`].
//!
//! It is driven without waiting, by whoever holds its lock: the driver, or a thread that flushes. When to ping and when
//! to end is decided elsewhere ([`timers`](super::timers), [`driver`](super::driver)).

use std::{
    task::{Context, Poll, Waker},
    time::Duration,
};

use rust_web_socket_protocol::{Agreement, CloseFrame, Decoder, Encoder, Receiving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::{
    ConnectOptions, EventSink, Stats, TracedFrame,
    connection::{
        outbox::Outbox,
        receiver::{ReceiveError, Receiver, Step},
        sender::{Sender, Wrote},
        timers::TimerInput,
    },
    net::stream::ByteStream,
};

/// The open connection, as far as it moves bytes.
#[derive(Debug)]
pub(crate) struct Duplex {
    stream: ByteStream,
    receiver: Receiver,
    sender: Sender,
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
    pub(crate) progress: Option<Receiving>,
    /// What ends the connection.
    pub(crate) end: Option<End>,
}

/// Why there is nothing more to read.
#[derive(Debug)]
pub(crate) enum End {
    /// The peer's Close frame.
    Close(Option<CloseFrame>),
    /// The line is lost or the peer broke the protocol.
    Failure(ReceiveError),
}

impl Duplex {
    /// `received` is what followed the response to the upgrade.
    pub(crate) fn new(
        stream: ByteStream,
        received: Vec<u8>,
        agreement: Option<Agreement>,
        options: &ConnectOptions,
        waker: Waker,
    ) -> Self {
        let ceiling = ConnectOptions::MESSAGE_SIZE_CEILING;
        let max_message_size = options
            .max_message_size
            .map_or(ceiling, |size| size.min(ceiling));
        let compression = options.compression.as_ref().zip(agreement);
        Self {
            upgrade_size: (stream.written(), stream.read() - received.len() as u64),
            stream,
            receiver: Receiver::new(Decoder::new(received, agreement, max_message_size), options),
            sender: Sender::new(Encoder::new(compression, options.max_frame_size)),
            waker,
            pong_received: false,
            is_blocked: false,
            opened: Instant::now(),
            traced: 0,
        }
    }

    /// Writes what waits in the outbox, as far as the operating system takes it; the driver is woken when it takes
    /// more. Returns whether the driver has to continue, also because only it may compress.
    pub(crate) fn write(&mut self, outbox: &Outbox, may_deflate: bool) -> bool {
        let mut cx = Context::from_waker(&self.waker);
        let wrote = self
            .sender
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
        if self.sender.has_pong() {
            has_more |= self.write(outbox, true);
        }
        Turn {
            cost: self.receiver.take_cost(),
            has_more,
            pongs: self.sender.pings().take_answered(),
            progress: self.receiver.take_progress(),
            end,
        }
    }

    /// Returns whether there may be more to read.
    fn read(
        &mut self,
        outbox: &Outbox,
        sink: &mut impl EventSink,
        discard: bool,
    ) -> Result<bool, End> {
        loop {
            let mut cx = Context::from_waker(&self.waker);
            let step = self
                .receiver
                .receive(&mut self.stream, &mut cx, sink, discard);
            match step.map_err(End::Failure)? {
                Step::Empty => return Ok(false),
                Step::SliceFull => return Ok(true),
                Step::Ping(payload) => {
                    if self.sender.has_pong() {
                        // Each ping gets its pong as long as the peer reads. Otherwise the latest one answers all (RFC
                        // 6455 section 5.5.3).
                        self.write(outbox, true);
                    }
                    self.sender.pong(payload);
                }
                Step::Pong(payload) => {
                    self.pong_received = true;
                    self.sender.pings().answer(&payload);
                }
                Step::Close(frame) => return Err(End::Close(frame)),
            }
        }
    }

    /// Sends a ping with the next write; the owner knows it by its token.
    pub(crate) fn ping(&mut self, token: Option<u64>) {
        self.sender.ping(token);
    }

    /// Releases memory that is only needed while there is something to deflate.
    pub(crate) fn release_deflater(&mut self) {
        self.sender.release_deflater();
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
            self.receiver.set_traced(payload_size);
            self.sender.set_traced(payload_size);
        }
    }

    /// The frames that were collected since the last call, in order.
    pub(crate) fn take_frames(&mut self) -> Vec<TracedFrame> {
        if !self.is_traced() {
            return Vec::new();
        }
        let traces = [self.sender.trace(), self.receiver.trace()];
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
            sent: self.sender.traffic(),
            received: self.receiver.traffic(),
            round_trips: self.sender.round_trips(),
            opened: Some(self.opened),
            ended: None,
        }
    }

    /// What has happened, for the timers.
    pub(crate) fn timer_input(&mut self, closing: bool, reading: bool) -> TimerInput {
        TimerInput {
            closing,
            reading,
            close_sent: self.sender.close_sent(),
            pong_received: std::mem::take(&mut self.pong_received),
            bytes_taken: self.stream.taken_by_system(),
            is_blocked: self.is_blocked,
            bytes_received: self.stream.read(),
            deflater_idle_since: self.sender.deflater_idle_since(),
        }
    }

    /// Sends the last Close frame, if one is due, and whatever else can leave without waiting.
    pub(crate) fn end(&mut self, close: Option<Option<CloseFrame>>, outbox: &Outbox) {
        self.sender.end(close, outbox);
        self.write(outbox, false);
    }

    /// Keeps TCP until the peer closes it, which is the server's part (RFC 6455 section 7.1.1). After a failed
    /// connection this side closes first, and still reads: unread bytes would turn the FIN into a RST, which can
    /// overtake our Close frame.
    pub(crate) async fn linger(mut self, clean: bool, outbox: &Outbox) {
        let Self { stream, sender, .. } = &mut self;
        while let Wrote::Turn =
            std::future::poll_fn(|cx| sender.poll_write(stream, cx, outbox, false)).await
        {}
        if !clean && stream.shutdown().await.is_err() {
            return;
        }
        let mut rest = [0; 4096];
        while matches!(stream.read(&mut rest).await, Ok(read) if read > 0) {}
    }
}

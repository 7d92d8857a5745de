//! What meets the peer's bytes, for the fuzz targets under `tests/fuzz`. It is compiled for them alone, and adds
//! nothing of its own.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::protocol::frame::coding::Control;

use crate::{
    Compress, CompressionOptions, ConnectError, ConnectOptions, Ending, EventSink, Handshake,
    Initiator, RefusedUpgrade, TracedFrame, Traffic,
    connect::{
        answer::{Answer, NoAnswer},
        upgrade,
    },
    outbox::{Outbox, Outgoing},
    protocol::{
        close_code::close_frame,
        compression::{self, agreed},
        deflate::Deflater,
        inflate::Inflater,
        reader,
        writer::{self, Wrote},
    },
    stream::ByteStream,
    trace::Trace,
};

/// One upgrade.
#[derive(Debug)]
pub struct Upgrade(upgrade::Upgrade);

impl Upgrade {
    /// Makes the request.
    pub fn new(url: &str, options: &ConnectOptions) -> Result<Self, ConnectError> {
        upgrade::Upgrade::new(url, options).map(Self)
    }

    /// The Sec-WebSocket-Accept that the response must have.
    pub fn accept(&self) -> &str {
        &self.0.accept
    }

    /// Where a refusal leads to, if it is a redirect.
    pub fn redirected(&self, refused: &RefusedUpgrade) -> Result<Option<String>, ConnectError> {
        let next = self.0.redirected(refused, &mut ConnectOptions::default())?;
        Ok(next.map(|next| next.url.into()))
    }

    /// Sends the request and reads the response, and perhaps something of what follows it.
    pub async fn perform(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ) -> Result<(Handshake, Vec<u8>), ConnectError> {
        match self.0.perform(stream).await {
            Ok(Answer::Upgraded(handshake, tail)) => Ok((handshake, tail)),
            Ok(Answer::Refused(refusal)) => Err(refusal.read_body(stream, Duration::MAX).await),
            Err(NoAnswer::Lost(error) | NoAnswer::Unfit(error)) => Err(error),
        }
    }
}

/// What both sides have agreed on about permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 7692 section 7.1")]
pub struct Agreement {
    pub server_no_context_takeover: bool,
    pub client_no_context_takeover: bool,
    pub server_max_window_bits: u8,
    pub client_max_window_bits: u8,
}

impl Agreement {
    /// What the fields of an answer mean for what was offered.
    pub fn of_answer<'a>(
        offered: Option<&CompressionOptions>,
        fields: impl Iterator<Item = &'a str>,
    ) -> Result<Option<Self>, String> {
        let agreement = agreed(offered, fields)?;
        Ok(agreement.map(|agreement| Self {
            server_no_context_takeover: agreement.server_no_context_takeover,
            client_no_context_takeover: agreement.client_no_context_takeover,
            server_max_window_bits: agreement.server_max_window_bits,
            client_max_window_bits: agreement.client_max_window_bits,
        }))
    }
}

impl From<Agreement> for compression::Agreement {
    fn from(agreement: Agreement) -> Self {
        Self {
            server_no_context_takeover: agreement.server_no_context_takeover,
            client_no_context_takeover: agreement.client_no_context_takeover,
            server_max_window_bits: agreement.server_max_window_bits,
            client_max_window_bits: agreement.client_max_window_bits,
        }
    }
}

/// The way in.
#[derive(Debug)]
pub struct Reader(reader::Reader);

/// Why reading paused.
#[derive(Debug)]
pub enum Step {
    /// Nothing more is there.
    Empty,
    /// Enough for once.
    SliceFull,
    /// A Ping frame.
    Ping(Bytes),
    /// A Pong frame.
    Pong(Bytes),
    /// Nothing more will come.
    End(Ending),
}

impl Reader {
    /// Reads what follows `tail`.
    pub fn new(tail: Vec<u8>, agreement: Option<Agreement>, options: &ConnectOptions) -> Self {
        let inflater = agreement.map(|agreement| Inflater::new(agreement.into()));
        Self(reader::Reader::new(tail, inflater, options))
    }

    /// Reads for a slice at most.
    pub fn read(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
        sink: &mut impl EventSink,
        discard: bool,
    ) -> Step {
        match self.0.read(stream, cx, sink, discard) {
            Ok(reader::Step::Empty) => Step::Empty,
            Ok(reader::Step::SliceFull) => Step::SliceFull,
            Ok(reader::Step::Ping(payload)) => Step::Ping(payload),
            Ok(reader::Step::Pong(payload)) => Step::Pong(payload),
            Ok(reader::Step::Close(frame)) => {
                Step::End(Ending::by_close_frame(frame, Initiator::Remote))
            }
            Err(error) => Step::End(Ending::by_error(&error, false)),
        }
    }

    /// What the messages cost that were delivered since the last call; a new slice begins.
    pub fn take_cost(&mut self) -> usize {
        self.0.take_cost()
    }

    /// The messages so far.
    pub fn traffic(&self) -> Traffic {
        self.0.traffic()
    }

    /// How much there is of a message that is not complete, and its size if that is known.
    pub fn take_progress(&mut self) -> Option<(u64, Option<u64>)> {
        let progress = self.0.take_progress()?;
        Some((progress.received, progress.total))
    }

    /// Collects frames from now on, with so much of their payload.
    pub fn trace(&mut self, payload_size: usize) {
        *self.0.trace() = Some(Trace::new(false, payload_size));
    }

    /// The frames that were collected since the last call.
    pub fn take_frames(&mut self) -> Vec<TracedFrame> {
        let trace = self.0.trace().as_mut();
        trace.map(|trace| trace.take()).unwrap_or_default()
    }
}

/// The way out, with the outbox before it.
#[derive(Debug)]
pub struct Writer {
    writer: writer::Writer,
    outbox: Outbox,
}

impl Writer {
    /// Deflates messages if that was agreed on.
    pub fn new(
        compression: Option<(&CompressionOptions, Agreement)>,
        max_frame_size: Option<usize>,
    ) -> Self {
        let deflater = compression.and_then(|(options, agreement)| {
            Deflater::new(options, agreement.into(), max_frame_size)
        });
        Self {
            writer: writer::Writer::new(deflater, max_frame_size),
            outbox: Outbox::default(),
        }
    }

    /// Queues a message.
    pub fn send(&self, is_text: bool, payload: Bytes, compress: Compress) {
        let message = Outgoing::Data {
            is_text,
            payload,
            compress,
        };
        // Refused after a close.
        let _ = self.outbox.push(message);
    }

    /// Queues a Close frame.
    pub fn close(&self, code: u16, reason: &str) {
        self.outbox.close(Some(close_frame(code, reason)));
    }

    /// Sends a Ping frame with the next write: the owner's, or the heartbeat's.
    pub fn ping(&mut self, token: Option<u64>) {
        self.writer.ping(token);
    }

    /// Sends a Pong frame with the next write.
    pub fn pong(&mut self, payload: Bytes) {
        self.writer.control(Control::Pong, payload);
    }

    /// Writes for a turn at most; answers whether that was all.
    pub fn poll_write(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
        may_deflate: bool,
    ) -> Poll<bool> {
        let wrote =
            self.writer
                .poll_write(&mut ByteStream::new(stream), cx, &self.outbox, may_deflate);
        wrote.map(|wrote| wrote == Wrote::All)
    }

    /// Ends the connection, with a Close frame after what has been begun.
    pub fn end(&mut self, code: u16, reason: &str) {
        let close = Outgoing::Close(Some(close_frame(code, reason)));
        self.writer.end(Some(close), &self.outbox);
    }

    /// The messages so far.
    pub fn traffic(&self) -> Traffic {
        self.writer.traffic()
    }

    /// Bytes of payload that were queued and have not been written.
    pub fn buffered(&self) -> usize {
        self.outbox.buffered()
    }

    /// Gives the compressor's memory up.
    pub fn release_deflater(&mut self) {
        self.writer.release_deflater();
    }
}

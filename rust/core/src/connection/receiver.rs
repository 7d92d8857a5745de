//! The way in, from the byte stream to the owner's sink: what is read is decoded, and messages go to the sink.
//! Called with the [`Duplex`](super::duplex::Duplex) locked, by the driver alone.

use std::{
    io,
    pin::pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::Future;
use rust_web_socket_protocol::{CloseFrame, Decoder, Event, ProtocolError, Receiving};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{
    ConnectOptions, EventSink,
    connection::{buffers, credit::Credit, stats::Traffic, trace::Trace},
};

/// A slice ends at this size, so that the lock is not held for long and the owner gets to work.
const SLICE_SIZE: usize = 256 * 1024;
/// What a ping counts of a slice: the pong before it may take a write of its own.
const PING_WORK: usize = 1024;

/// Receives one connection's messages, pings and pongs.
#[derive(Debug)]
pub(crate) struct Receiver {
    decoder: Decoder,
    /// After so many bytes of a message that is not complete the owner is told, again and again, and when that is next.
    progress_step: usize,
    next_progress: usize,
    traffic: Traffic,
    trace: Option<Trace>,
    /// What this slice has cost this side, in bytes read and inflated.
    work: usize,
    /// What this slice has cost the owner's credit.
    cost: usize,
}

/// Why a slice ended, or what is to be done before it continues.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing more is there; the task is woken when there is.
    Empty,
    /// Enough for once; there may be more.
    SliceFull,
    /// A Ping frame, to be answered.
    Ping(Bytes),
    /// A Pong frame.
    Pong(Bytes),
    /// The peer's Close frame.
    Close(Option<CloseFrame>),
}

/// Why nothing more can be received.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    /// The TCP connection is lost.
    #[error(transparent)]
    Line(#[from] io::Error),
    #[error("The peer closed the TCP connection without a Close frame")]
    Eof,
    /// The peer broke the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
}

impl Receiver {
    pub(crate) fn new(decoder: Decoder, options: &ConnectOptions) -> Self {
        let progress_step = options.receive_progress_step.unwrap_or(usize::MAX);
        Self {
            decoder,
            progress_step,
            next_progress: progress_step,
            traffic: Traffic::default(),
            trace: None,
            work: 0,
            cost: 0,
        }
    }

    /// The messages so far.
    pub(crate) fn traffic(&self) -> Traffic {
        Traffic {
            payload_on_wire: self.decoder.payload_on_wire(),
            ..self.traffic
        }
    }

    /// Collects frames from now on, with the first `payload_size` bytes of their payloads, or ends that.
    pub(crate) fn set_traced(&mut self, payload_size: Option<usize>) {
        self.decoder.observe(payload_size);
        self.trace = payload_size.map(|_| Trace::new(false));
    }

    /// Where frames are collected, if they are.
    pub(crate) fn trace(&mut self) -> Option<&mut Trace> {
        self.trace.as_mut()
    }

    /// How much of the next message has been received, if the owner is to be told.
    pub(crate) fn take_progress(&mut self) -> Option<Receiving> {
        let receiving = self.decoder.receiving()?;
        let received = usize::try_from(receiving.received).unwrap_or(usize::MAX);
        if received < self.next_progress {
            return None;
        }
        self.next_progress = received.saturating_add(self.progress_step);
        Some(receiving)
    }

    /// What the messages cost that were handed over since the last call; a new slice begins.
    pub(crate) fn take_cost(&mut self) -> usize {
        self.work = 0;
        std::mem::take(&mut self.cost)
    }

    /// Reads until the slice ends, and hands messages to the sink unless they are to be discarded.
    pub(crate) fn receive(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
        sink: &mut impl EventSink,
        discard: bool,
    ) -> Result<Step, ReceiveError> {
        loop {
            self.work += self.decoder.take_inflated();
            if self.work >= SLICE_SIZE || self.cost >= SLICE_SIZE {
                return Ok(Step::SliceFull);
            }
            let size = match self.decoder.next_event()? {
                Some(Event::Text(text)) => {
                    let size = text.as_bytes().len();
                    if !discard {
                        sink.text(text);
                    }
                    size
                }
                Some(Event::Binary(data)) => {
                    let size = data.len();
                    if !discard {
                        sink.binary(data);
                    }
                    size
                }
                Some(Event::Ping(payload)) => {
                    self.work += PING_WORK;
                    return Ok(Step::Ping(Bytes::copy_from_slice(payload)));
                }
                Some(Event::Pong(payload)) => {
                    return Ok(Step::Pong(Bytes::copy_from_slice(payload)));
                }
                Some(Event::Close(frame)) => return Ok(Step::Close(frame)),
                Some(Event::Frame(frame)) => {
                    if let Some(trace) = &mut self.trace {
                        trace.add(frame.into_owned());
                    }
                    continue;
                }
                Some(Event::LargeMessage { size, fresh }) => {
                    self.decoder.provide_memory(sink.memory(size, fresh));
                    continue;
                }
                Some(Event::Inflating) => return Ok(Step::SliceFull),
                None => match self.poll_fill(stream, cx) {
                    Poll::Ready(Ok(0)) => return Err(ReceiveError::Eof),
                    Poll::Ready(Ok(read)) => {
                        self.work += read;
                        continue;
                    }
                    Poll::Ready(Err(error)) => return Err(error.into()),
                    Poll::Pending => {
                        if let Some(buffer) = self.decoder.take_buffer() {
                            buffers::give_back_read(buffer);
                        }
                        return Ok(Step::Empty);
                    }
                },
            };
            self.traffic.add(size);
            self.next_progress = self.progress_step;
            if !discard {
                self.cost += Credit::cost(size);
            }
        }
    }

    fn poll_fill(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.decoder.lend_buffer(buffers::take_read);
        let mut target = self.decoder.read_target();
        pin!(stream.read_buf(&mut target)).poll(cx)
    }
}

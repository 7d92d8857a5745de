//! Receiving: bytes are read from the byte stream and decoded, and messages go to the owner's sink. Pings and Close
//! frames are returned to the duplex.
//!
//! The driver alone calls it, with the [`Duplex`](super::duplex::Duplex) locked.

use std::{
    io,
    pin::pin,
    task::{Context, Poll},
    time::SystemTime,
};

use bytes::Bytes;
use futures::Future;
use rust_web_socket_protocol::{CloseFrame, Decoder, Event, ProtocolError, Receiving, SentMessage};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{
    ConnectOptions, EventSink,
    connection::{
        buffers,
        credit::Credit,
        stats::Traffic,
        trace::{Observation, Trace, Traced},
    },
};

/// The maximum size of a slice, in bytes. It bounds the time for which the lock is held and messages are not delivered.
const SLICE_SIZE: usize = 256 * 1024;

/// Receives the messages, pings and pongs of one connection.
#[derive(Debug)]
pub(crate) struct Receiver {
    decoder: Decoder,
    /// Progress of a message is reported each time that many bytes of it were received, and next at `next_progress`.
    progress_step: usize,
    next_progress: usize,
    traffic: Traffic,
    trace: Option<Trace>,
    /// The work of this slice, in bytes read and inflated.
    work: usize,
    /// The cost of this slice, in credit.
    cost: usize,
}

/// Why a slice ended, or what the caller has to do before it continues.
#[derive(Debug)]
pub(crate) enum Step {
    /// There is nothing more to read. The task is woken when there is.
    Empty,
    /// The slice is full. There may be more to read.
    SliceFull,
    /// A Ping frame, which has to be answered.
    Ping(Bytes),
    /// A Pong frame.
    Pong(Bytes),
    /// The peer's Close frame.
    Close(Option<CloseFrame>),
}

/// Why nothing more can be received.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    /// Reading failed: the TCP connection is lost.
    #[error(transparent)]
    Io(#[from] io::Error),
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

    /// The counters of messages so far.
    pub(crate) fn traffic(&self) -> Traffic {
        Traffic {
            payload_on_wire: self.decoder.payload_on_wire(),
            ..self.traffic
        }
    }

    /// Starts or stops collecting frames.
    pub(crate) fn observe(&mut self, observation: Option<Observation>) {
        self.decoder.observe(observation.map(|it| it.payload_size));
        Trace::observe(&mut self.trace, false, observation);
    }

    /// Moves the collected frames into `all`. Starts a new turn.
    pub(crate) fn take_frames(&mut self, all: &mut Vec<Traced>) {
        if let Some(trace) = &mut self.trace {
            if trace.is_full() {
                self.decoder.observe(Some(trace.payload_size()));
            }
            trace.take(all);
        }
    }

    /// The number of frames so far.
    pub(crate) fn frames(&self) -> u64 {
        self.decoder.frames()
    }

    /// The progress of the incomplete message, if it has to be reported.
    pub(crate) fn take_progress(&mut self) -> Option<Receiving> {
        let receiving = self.decoder.receiving()?;
        let received = usize::try_from(receiving.received).unwrap_or(usize::MAX);
        if received < self.next_progress {
            return None;
        }
        self.next_progress = received.saturating_add(self.progress_step);
        Some(receiving)
    }

    /// The cost of the messages since the last call. Starts a new slice.
    pub(crate) fn take_cost(&mut self) -> usize {
        self.work = 0;
        std::mem::take(&mut self.cost)
    }

    /// Reads until the slice ends. Hands messages to the sink, or drops them if `discard`.
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
                    if let Some(trace) = &mut self.trace {
                        trace.complete(|limit| message(text.as_bytes(), limit));
                    }
                    if !discard {
                        sink.text(text);
                    }
                    size
                }
                Some(Event::Binary(data)) => {
                    let size = data.len();
                    if let Some(trace) = &mut self.trace {
                        trace.complete(|limit| message(&data, limit));
                    }
                    if !discard {
                        sink.binary(data);
                    }
                    size
                }
                Some(Event::Ping(payload)) => {
                    return Ok(Step::Ping(Bytes::copy_from_slice(payload)));
                }
                Some(Event::Pong(payload)) => {
                    return Ok(Step::Pong(Bytes::copy_from_slice(payload)));
                }
                Some(Event::Close(frame)) => return Ok(Step::Close(frame)),
                Some(Event::Frame(frame)) => {
                    if let Some(trace) = &mut self.trace {
                        trace.add(frame.into_owned(), SystemTime::now());
                        if trace.is_full() {
                            self.decoder.observe(None);
                        }
                    }
                    continue;
                }
                Some(Event::LargeMessage { size, fresh }) => {
                    self.decoder.provide_memory(sink.memory(size, fresh));
                    continue;
                }
                Some(Event::Inflating) => {
                    // As much as a slice. It must not count in the next one.
                    self.decoder.take_inflated();
                    return Ok(Step::SliceFull);
                }
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

/// A message as it is traced, with its first `limit` bytes.
fn message(payload: &[u8], limit: usize) -> SentMessage {
    SentMessage {
        size: payload.len() as u64,
        payload: Bytes::copy_from_slice(payload.get(..limit).unwrap_or(payload)),
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use flate2::{Compress, Compression, FlushCompress};
    use rust_web_socket_protocol::Agreement;

    use super::*;
    use crate::connection::sink::tests::Nowhere;

    #[test]
    fn every_slice_of_a_large_compressed_message_inflates_some_of_it() {
        const SIZE: usize = 16 * SLICE_SIZE;
        let mut payload = Vec::with_capacity(SIZE);
        Compress::new(Compression::fast(), false)
            .compress_vec(&vec![0; SIZE], &mut payload, FlushCompress::Sync)
            .expect("room for it");
        payload.truncate(payload.len() - 4);
        let size = u16::try_from(payload.len()).expect("it compresses well");
        let frame = [&[0xc2, 126][..], &size.to_be_bytes(), &payload].concat();

        let agreement = Agreement {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
        };
        let decoder = Decoder::new(frame, Some(agreement), SIZE);
        let mut receiver = Receiver::new(decoder, &ConnectOptions::default());
        let mut cx = Context::from_waker(Waker::noop());
        let mut slices = 0;
        while receiver.traffic().messages == 0 {
            let step = receiver.receive(&mut tokio::io::empty(), &mut cx, &mut Nowhere, false);
            assert!(matches!(step, Ok(Step::SliceFull)), "{step:?}");
            receiver.take_cost();
            slices += 1;
        }
        // The last one may only find the end of the message.
        assert!(matches!(slices, 16 | 17), "{slices} slices");
    }
}

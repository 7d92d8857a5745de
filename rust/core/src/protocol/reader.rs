//! The hot path in: bytes from the line become messages (RFC 6455 section 5, RFC 7692 section 7.2.2).

use std::{
    borrow::Cow,
    io,
    pin::pin,
    task::{Context, Poll},
};

use bytes::{BufMut, Bytes};
use futures::Future;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_tungstenite::tungstenite::protocol::{
    CloseFrame,
    frame::coding::{Control, Data, OpCode},
};

use crate::{
    ConnectOptions, EventSink,
    credit::Credit,
    protocol::{
        close_code::{close_frame, may_be_sent},
        frame::Header,
        inflate::{Corrupt, Inflater},
        scratch,
        text::{NotUtf8, Text, Utf8Check},
    },
    stats::Traffic,
    trace::Trace,
};

/// A slice ends at this size, so that the socket is not locked for long and the owner gets to work.
const SLICE_SIZE: usize = 256 * 1024;
/// A payload from this size on is handed over owned, without another copy.
const OWNED_SIZE: usize = 16 * 1024;
/// The rest of a frame is read straight into its message if it is at least so large.
const DIRECT_SIZE: usize = 4 * 1024;
/// After such a rest no more than this is read ahead, since what is read ahead of a large message is copied once more.
const READ_AHEAD_SIZE: usize = 4 * 1024;
/// So much is taken at once for a message that is announced to be larger: an announcement costs the peer nothing.
const MAX_RESERVED_SIZE: usize = 1024 * 1024;

/// Reads one connection's frames.
#[derive(Debug)]
pub(crate) struct Reader {
    /// What was read; from `parsed` on it waits for more.
    buffer: Vec<u8>,
    parsed: usize,
    read_ahead: usize,
    /// The data frame whose payload is not all there.
    frame: Option<Frame>,
    /// The message whose last frame is not all there, and what there is of its payload.
    message: Option<Message>,
    payload: Vec<u8>,
    inflater: Option<Inflater>,
    max_message_size: usize,
    /// Bytes of a message that is not complete after which the owner is told, again and again, and when that is next.
    progress_step: usize,
    next_progress: usize,
    traffic: Traffic,
    trace: Option<Box<Trace>>,
    /// What this slice has cost, and delivered.
    work: usize,
    cost: usize,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    is_final: bool,
    /// Bytes of payload that are still to come.
    rest: u64,
}

#[derive(Clone, Copy, Debug)]
struct Message {
    is_text: bool,
    is_compressed: bool,
    utf8: Utf8Check,
}

/// How far a message that is not complete is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) received: u64,
    pub(crate) total: Option<u64>,
}

/// Why a slice ended, or what is to be done before it goes on.
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

/// Why there is nothing more to be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The line is lost.
    #[error("{0}")]
    Line(#[from] io::Error),
    #[error("The peer closed the TCP connection without a Close frame")]
    Eof,
    /// The peer broke the protocol.
    #[error("{0}")]
    Protocol(String),
    #[error("The peer sent text that is not UTF-8")]
    NotUtf8,
    #[error("The peer sent a message of {size} bytes, the limit is {limit}")]
    TooLarge { size: String, limit: usize },
}

impl From<NotUtf8> for ReadError {
    fn from(_: NotUtf8) -> Self {
        Self::NotUtf8
    }
}

impl From<Corrupt> for ReadError {
    fn from(_: Corrupt) -> Self {
        Self::Protocol("The peer sent compressed data that can't be inflated".into())
    }
}

impl Reader {
    /// `tail` is what came after the upgrade response in the same segments.
    pub(crate) fn new(tail: Vec<u8>, inflater: Option<Inflater>, options: &ConnectOptions) -> Self {
        let ceiling = ConnectOptions::MESSAGE_SIZE_CEILING;
        Self {
            buffer: tail,
            parsed: 0,
            read_ahead: scratch::SIZE,
            frame: None,
            message: None,
            payload: Vec::new(),
            inflater,
            max_message_size: options
                .max_message_size
                .map_or(ceiling, |size| size.min(ceiling)),
            progress_step: options.receive_progress_step.unwrap_or(usize::MAX),
            next_progress: usize::MAX,
            traffic: Traffic::default(),
            trace: None,
            work: 0,
            cost: 0,
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

    /// How much there is of the message that is received next, and its size if that is known: if the owner is to be told.
    pub(crate) fn take_progress(&mut self) -> Option<Progress> {
        let message = self.message?;
        let received = self.payload.len();
        if received < self.next_progress {
            return None;
        }
        self.next_progress = received.saturating_add(self.progress_step);
        let announced = self
            .frame
            .filter(|it| it.is_final && !message.is_compressed);
        Some(Progress {
            received: received as u64,
            total: announced.map(|frame| received as u64 + frame.rest),
        })
    }

    /// What the messages cost that were delivered since the last call; a new slice begins.
    pub(crate) fn take_cost(&mut self) -> usize {
        self.work = 0;
        std::mem::take(&mut self.cost)
    }

    /// Reads until the slice ends, and hands what arrives to the sink, or past it if it is to be discarded.
    pub(crate) fn read(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
        sink: &mut impl EventSink,
        discard: bool,
    ) -> Result<Step, ReadError> {
        loop {
            if let Some(step) = self.parse(sink, discard)? {
                return Ok(step);
            }
            match self.poll_fill(stream, cx) {
                Poll::Ready(Ok(0)) => return Err(ReadError::Eof),
                Poll::Ready(Ok(read)) => self.work += read,
                Poll::Ready(Err(error)) => return Err(error.into()),
                Poll::Pending => {
                    self.release_memory();
                    return Ok(Step::Empty);
                }
            }
        }
    }

    /// Goes through what has been read; none when more is needed.
    fn parse(
        &mut self,
        sink: &mut impl EventSink,
        discard: bool,
    ) -> Result<Option<Step>, ReadError> {
        loop {
            if self.work >= SLICE_SIZE || self.cost >= SLICE_SIZE {
                return Ok(Some(Step::SliceFull));
            }
            if self.frame.is_some() {
                if !self.take_payload()? {
                    return Ok((self.work >= SLICE_SIZE).then_some(Step::SliceFull));
                }
                self.deliver(sink, discard)?;
                continue;
            }
            let unparsed = self.buffer.get(self.parsed..).unwrap_or_default();
            let header = Header::parse(unparsed, self.inflater.is_some());
            let Some(header) = header.map_err(ReadError::Protocol)? else {
                return Ok(None);
            };
            if let Some(trace) = &self.trace
                && unparsed.len() - header.size < trace.shown(header.payload_size)
            {
                return Ok(None);
            }
            match header.opcode {
                OpCode::Control(control) => {
                    let Some(payload) = whole(unparsed, &header) else {
                        return Ok(None);
                    };
                    if let Some(trace) = &mut self.trace {
                        trace.add(first_byte(unparsed), header.payload_size, payload);
                    }
                    let step = control_step(control, payload)?;
                    self.parsed += header.size + payload.len();
                    return Ok(Some(step));
                }
                OpCode::Data(data) => {
                    if let Some(trace) = &mut self.trace {
                        let payload = unparsed.get(header.size..).unwrap_or_default();
                        trace.add(first_byte(unparsed), header.payload_size, payload);
                    }
                    self.traffic.payload_on_wire += header.payload_size;
                    if let Some(payload) = whole(unparsed, &header)
                        && data != Data::Continue
                        && header.is_final
                        && !header.is_compressed
                        && self.message.is_none()
                        && payload.len() < OWNED_SIZE.min(self.max_message_size + 1)
                    {
                        // Most messages are such.
                        self.parsed += header.size + payload.len();
                        let size = payload.len();
                        let payload = Cow::Borrowed(payload);
                        let is_text = data == Data::Text;
                        self.cost += hand_over(sink, discard, is_text, payload, Utf8Check::START)?;
                        self.traffic.add(size);
                        continue;
                    }
                    self.parsed += header.size;
                    self.start_frame(data, &header, sink)?;
                }
            }
        }
    }

    fn start_frame(
        &mut self,
        data: Data,
        header: &Header,
        sink: &mut impl EventSink,
    ) -> Result<(), ReadError> {
        match (data, &self.message) {
            (Data::Continue, None) => {
                return Err(ReadError::Protocol(
                    "The peer continued a message that it had not begun".into(),
                ));
            }
            (Data::Text | Data::Binary, Some(_)) => {
                return Err(ReadError::Protocol(
                    "The peer began a message within another".into(),
                ));
            }
            (Data::Text | Data::Binary, None) => {
                self.next_progress = self.progress_step;
                self.message = Some(Message {
                    is_text: data == Data::Text,
                    is_compressed: header.is_compressed,
                    utf8: Utf8Check::START,
                });
            }
            _ => {}
        }
        let is_compressed = self.message.is_some_and(|message| message.is_compressed);
        if !is_compressed {
            let size = header
                .payload_size
                .saturating_add(self.payload.len() as u64);
            let size = usize::try_from(size)
                .ok()
                .filter(|size| *size <= self.max_message_size);
            let Some(size) = size else {
                return Err(self.too_large(header.payload_size));
            };
            let missing = size - self.payload.len();
            let fresh = missing.min(MAX_RESERVED_SIZE);
            if self.payload.capacity() == 0 && missing >= OWNED_SIZE {
                self.payload = sink.memory(missing, fresh);
            } else if self.payload.capacity() < self.payload.len() + fresh {
                // A message in many fragments is not moved for each.
                let growth = fresh.max(self.payload.len() / 4);
                self.payload.reserve_exact(growth);
            }
        }
        self.frame = Some(Frame {
            is_final: header.is_final,
            rest: header.payload_size,
        });
        Ok(())
    }

    fn too_large(&self, more: u64) -> ReadError {
        ReadError::TooLarge {
            size: (self.payload.len() as u64).saturating_add(more).to_string(),
            limit: self.max_message_size,
        }
    }

    /// Moves what has been read of a frame's payload to its message; answers whether the frame is complete.
    fn take_payload(&mut self) -> Result<bool, ReadError> {
        let (Some(frame), Some(message)) = (&mut self.frame, &mut self.message) else {
            return Ok(true);
        };
        let unparsed = self.buffer.get(self.parsed..).unwrap_or_default();
        let there =
            usize::try_from(frame.rest).map_or(unparsed.len(), |rest| rest.min(unparsed.len()));
        let input = unparsed.get(..there).unwrap_or_default();
        let mut is_complete = Ok(there as u64 == frame.rest);
        if let Some(inflater) = self.inflater.as_mut().filter(|_| message.is_compressed) {
            // One byte more shows that the limit is exceeded.
            let limit = self.max_message_size + 1;
            is_complete = inflater
                .inflate(input, &mut self.payload, limit)
                .and_then(|inflated| {
                    self.work += inflated.work;
                    self.parsed += inflated.consumed;
                    frame.rest -= inflated.consumed as u64;
                    if frame.rest > 0 || !inflated.is_done {
                        return Ok(false);
                    }
                    Ok(!frame.is_final || inflater.finish(&mut self.payload, limit)?)
                });
            if frame.rest == 0 && is_complete == Ok(false) {
                self.work = SLICE_SIZE;
            }
        } else {
            self.payload.extend_from_slice(input);
            self.parsed += there;
            frame.rest -= there as u64;
        }
        // Before it is told that the rest can't be inflated: what is there might have come by itself.
        if message.is_text {
            message.utf8.check(&self.payload)?;
        }
        if self.payload.len() > self.max_message_size {
            return Err(ReadError::TooLarge {
                size: format!("more than {}", self.max_message_size),
                limit: self.max_message_size,
            });
        }
        Ok(is_complete?)
    }

    /// A frame is complete; if it is the last one of its message, so is that.
    fn deliver(&mut self, sink: &mut impl EventSink, discard: bool) -> Result<(), ReadError> {
        let is_final = self.frame.take().is_none_or(|frame| frame.is_final);
        let Some(message) = self.message.take_if(|_| is_final) else {
            return Ok(());
        };
        let size = self.payload.len();
        let payload = if size >= OWNED_SIZE {
            Cow::Owned(std::mem::take(&mut self.payload))
        } else {
            Cow::Borrowed(self.payload.as_slice())
        };
        self.cost += hand_over(sink, discard, message.is_text, payload, message.utf8)?;
        self.payload.clear();
        self.traffic.add(size);
        Ok(())
    }

    /// Reads what there is: the rest of a large frame straight into its message, anything else into the buffer.
    fn poll_fill(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.parsed > 0 {
            // What is left is a piece of a header or of a control frame.
            self.buffer.drain(..self.parsed);
            self.parsed = 0;
        }
        let is_compressed = self.message.is_some_and(|message| message.is_compressed);
        if let Some(frame) = self.frame.as_mut().filter(|_| !is_compressed)
            && let rest = usize::try_from(frame.rest).unwrap_or(usize::MAX)
            && rest >= DIRECT_SIZE
        {
            if self.payload.len() == self.payload.capacity() {
                let growth = self.payload.len().max(MAX_RESERVED_SIZE);
                self.payload.reserve_exact(rest.min(growth));
            }
            self.read_ahead = READ_AHEAD_SIZE;
            let spare = self.payload.capacity() - self.payload.len();
            let target = (&mut self.payload).limit(rest.min(spare).min(SLICE_SIZE));
            let read = poll_read(stream, cx, target);
            if let Poll::Ready(Ok(read)) = read {
                frame.rest -= read as u64;
            }
            return read;
        }
        if self.buffer.capacity() < scratch::SIZE {
            let mut buffer = scratch::take();
            buffer.extend_from_slice(&self.buffer);
            self.buffer = buffer;
        }
        let read_ahead = std::mem::replace(&mut self.read_ahead, scratch::SIZE);
        let spare = self.buffer.capacity() - self.buffer.len();
        poll_read(stream, cx, (&mut self.buffer).limit(spare.min(read_ahead)))
    }

    /// A connection at rest holds no buffers.
    fn release_memory(&mut self) {
        if self.parsed == self.buffer.len() {
            scratch::give_back(std::mem::take(&mut self.buffer));
            self.parsed = 0;
        }
        if self.payload.is_empty() && self.message.is_none() {
            self.payload = Vec::new();
        }
    }
}

fn first_byte(frame: &[u8]) -> u8 {
    frame.first().copied().unwrap_or_default()
}

/// The payload that follows the header, if all of it is there.
fn whole<'a>(unparsed: &'a [u8], header: &Header) -> Option<&'a [u8]> {
    let end = usize::try_from(header.payload_size)
        .ok()?
        .checked_add(header.size)?;
    unparsed.get(header.size..end)
}

/// Answers what the message costs; nobody pays for one that is discarded.
fn hand_over(
    sink: &mut impl EventSink,
    discard: bool,
    is_text: bool,
    payload: Cow<'_, [u8]>,
    mut utf8: Utf8Check,
) -> Result<usize, NotUtf8> {
    let cost = if discard {
        0
    } else {
        Credit::cost(payload.len())
    };
    if is_text {
        utf8.check(&payload)?;
        let text = Text::new(payload, utf8)?;
        if !discard {
            sink.text(text);
        }
    } else if !discard {
        sink.binary(payload);
    }
    Ok(cost)
}

fn control_step(control: Control, payload: &[u8]) -> Result<Step, ReadError> {
    Ok(match control {
        Control::Ping => Step::Ping(Bytes::copy_from_slice(payload)),
        Control::Pong => Step::Pong(Bytes::copy_from_slice(payload)),
        _ => Step::Close(parse_close(payload)?),
    })
}

/// RFC 6455 section 5.5.1.
fn parse_close(payload: &[u8]) -> Result<Option<CloseFrame>, ReadError> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return Ok(None);
    };
    let code = u16::from_be_bytes(*code);
    if !may_be_sent(code) {
        return Err(ReadError::Protocol(format!(
            "The peer sent close code {code}, which may not be sent"
        )));
    }
    let reason = std::str::from_utf8(reason).map_err(|_| ReadError::NotUtf8)?;
    Ok(Some(close_frame(code, reason)))
}

fn poll_read(
    stream: &mut (impl AsyncRead + Unpin),
    cx: &mut Context<'_>,
    mut target: impl BufMut,
) -> Poll<io::Result<usize>> {
    pin!(stream.read_buf(&mut target)).poll(cx)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use futures::task::noop_waker_ref;

    use super::*;
    use crate::{ConnectError, Ending, Handshake, OwnerGone};

    /// Takes messages and forgets them.
    #[derive(Default)]
    struct Nobody {
        /// What memory was asked for: a message's size, and how much of it may be fresh.
        memory: Vec<(usize, usize)>,
    }

    impl EventSink for Nobody {
        fn opened(&mut self, _: Handshake) -> Result<(), OwnerGone> {
            Ok(())
        }

        fn failed(&mut self, _: ConnectError) {}

        fn memory(&mut self, size: usize, fresh: usize) -> Vec<u8> {
            self.memory.push((size, fresh));
            Vec::with_capacity(fresh)
        }

        fn text(&mut self, _: Text<'_>) {}

        fn binary(&mut self, _: Cow<'_, [u8]>) {}

        fn deliver(&mut self) -> Result<(), OwnerGone> {
            Ok(())
        }

        fn drained(&mut self) -> Result<(), OwnerGone> {
            Ok(())
        }

        fn closed(&mut self, _: Ending) {}
    }

    #[test]
    fn an_announcement_takes_spare_memory_for_all_of_it_and_little_that_is_fresh() {
        let mut reader = Reader::new(Vec::new(), None, &ConnectOptions::default());
        let size = 20 * MAX_RESERVED_SIZE;
        let header = [&[0x82, 127][..], &(size as u64).to_be_bytes()].concat();
        let mut sink = Nobody::default();
        let mut cx = Context::from_waker(noop_waker_ref());
        let _ = reader.read(&mut &header[..], &mut cx, &mut sink, false);
        assert_eq!(sink.memory, [(size, MAX_RESERVED_SIZE)]);
    }

    #[test]
    fn a_message_in_many_fragments_is_not_moved_for_each() {
        let mut reader = Reader::new(Vec::new(), None, &ConnectOptions::default());
        let mut capacities = BTreeSet::new();
        for index in 0..10_000 {
            let first_byte = if index == 0 { 2 } else { 0 };
            let fragment = [&[first_byte, 100][..], &[7; 100]].concat();
            // It ends with the fragment, which is of no account here.
            let mut cx = Context::from_waker(noop_waker_ref());
            let sink = &mut Nobody::default();
            let _ = reader.read(&mut &fragment[..], &mut cx, sink, false);
            reader.take_cost();
            capacities.insert(reader.payload.capacity());
        }
        assert_eq!(reader.payload.len(), 1_000_000);
        assert!(capacities.len() < 100, "{}", capacities.len());
        assert!(reader.payload.capacity() < 1_500_000);
    }
}

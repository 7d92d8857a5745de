//! Decoding: the bytes from a server become messages (RFC 6455 section 5, RFC 7692 section 7.2.2).
//!
//! It does not read and does not answer control frames. The core's receiver calls it.

use std::borrow::Cow;

use bytes::{BufMut, buf::Limit};
use tungstenite::protocol::{
    CloseFrame,
    frame::coding::{Control, Data, OpCode},
};

use crate::{
    Agreement, Frame, ProtocolError, Text, close,
    header::Header,
    inflate::{Inflated, Inflater},
    text::Utf8Validator,
};

/// The maximum size of one read into the read buffer, in bytes: see [`Decoder::lend_buffer`].
pub const READ_SIZE: usize = 64 * 1024 + 16;
/// A payload of at least this size, in bytes, is returned owned, without a copy.
const OWNED_SIZE: usize = 16 * 1024;
/// The rest of a frame is read directly into its message if it has at least this many bytes.
const DIRECT_SIZE: usize = 4 * 1024;
/// After an uncompressed frame of at least this size, in bytes, another one is expected.
const LARGE_SIZE: u64 = 32 * 1024;
/// The maximum size of the read after such a frame, in bytes. What it reads of the next payload has to be copied.
const READ_AHEAD_SIZE: usize = 4 * 1024;
/// The maximum allocation for an announced message, in bytes. A server can announce a size without sending it.
const MAX_RESERVED_SIZE: usize = 1024 * 1024;
/// The maximum size of one read directly into a message, in bytes.
const MAX_DIRECT_SIZE: usize = 256 * 1024;

/// Decodes the frames of one connection.
///
/// The caller takes [events](Self::next_event) until there are none, reads into the [`read_target`](Self::read_target),
/// and repeats.
#[derive(Debug)]
pub struct Decoder {
    /// Bytes that were read. Those from `parsed` on are not decoded yet.
    buffer: Vec<u8>,
    parsed: usize,
    read_ahead: usize,
    /// The data frame whose payload is incomplete.
    frame: Option<DataFrame>,
    /// The incomplete message. `payload` is its payload so far.
    message: Option<Message>,
    payload: Vec<u8>,
    /// The last event borrows `payload`.
    payload_is_lent: bool,
    /// The size of the large message that the last event announced, in bytes.
    announced: Option<usize>,
    inflater: Option<Box<Inflater>>,
    max_message_size: usize,
    payload_on_wire: u64,
    frames: u64,
    inflated: usize,
    observed: Option<usize>,
    /// The next frame was already returned as an [`Event::Frame`].
    is_observed: bool,
}

#[derive(Clone, Copy, Debug)]
struct DataFrame {
    is_final: bool,
    payload: Rest,
}

/// The missing part of a frame's payload.
#[derive(Clone, Copy, Debug)]
enum Rest {
    /// The frame is complete when the message's payload has this size, in bytes.
    Until(usize),
    /// The number of compressed bytes that are missing.
    Compressed(u64),
}

#[derive(Clone, Copy, Debug)]
struct Message {
    is_text: bool,
    is_compressed: bool,
    utf8: Utf8Validator,
}

/// An event in the bytes received so far.
#[derive(Debug)]
pub enum Event<'a> {
    /// A text message.
    Text(Text<'a>),
    /// A binary message. It is owned from 16 KiB on, otherwise it borrows from the read buffer.
    Binary(Cow<'a, [u8]>),
    /// A Ping frame. The caller answers it with a Pong frame of the same payload (RFC 6455 section 5.5.2).
    Ping(&'a [u8]),
    /// A Pong frame (RFC 6455 section 5.5.3).
    Pong(&'a [u8]),
    /// A Close frame. It is the last event.
    Close(Option<CloseFrame>),
    /// The next frame, before the event of its contents: see [`Decoder::observe`].
    Frame(Frame<&'a [u8]>),
    /// An uncompressed message of at least `size` bytes has begun. The caller may [provide](Decoder::provide_memory)
    /// memory for its payload.
    LargeMessage {
        /// The minimum size of the message in bytes, from the header of its first frame.
        size: usize,
        /// The maximum size of a new allocation for it, in bytes. A server can announce a size without sending it.
        fresh: usize,
    },
    /// A bounded amount of data was inflated, and more remains. The caller lets other connections run, then calls
    /// again.
    Inflating,
}

/// The progress of the incomplete message: see [`Decoder::receiving`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiving {
    /// Bytes of its payload received so far, after inflating.
    pub received: u64,
    /// Size of its whole payload in bytes. Known from the last frame of an uncompressed message on.
    pub total: Option<u64>,
}

/// The result of [`Decoder::find`]. Ranges are positions in the buffer.
enum Found {
    Nothing,
    Observed(Header),
    Control(Control, std::ops::Range<usize>),
    SmallMessage(Data, std::ops::Range<usize>),
    DataFrame(Data, Header),
}

impl Decoder {
    /// Creates a decoder.
    ///
    /// `received` are the bytes that followed the response to the upgrade. `agreement` is the negotiated compression,
    /// if any. A message of more than `max_message_size` bytes is a [`ProtocolError`].
    pub fn new(received: Vec<u8>, agreement: Option<Agreement>, max_message_size: usize) -> Self {
        Self {
            buffer: received,
            parsed: 0,
            read_ahead: READ_SIZE,
            frame: None,
            message: None,
            payload: Vec::new(),
            payload_is_lent: false,
            announced: None,
            inflater: agreement.map(Inflater::new).map(Box::new),
            // One byte more shows that the limit is exceeded.
            max_message_size: max_message_size.min(usize::MAX - 1),
            payload_on_wire: 0,
            frames: 0,
            inflated: 0,
            observed: None,
            is_observed: false,
        }
    }

    /// Returns each following frame as an [`Event::Frame`] with the first `payload_size` bytes of its payload, at most
    /// 16 KiB. `None` stops this.
    pub fn observe(&mut self, payload_size: Option<usize>) {
        self.observed = payload_size.map(|size| size.min(OWNED_SIZE));
    }

    /// The payload bytes of all data frames so far, as on the wire (compressed).
    pub fn payload_on_wire(&self) -> u64 {
        self.payload_on_wire
    }

    /// The number of frames so far, with the last [`Event::Frame`].
    pub fn frames(&self) -> u64 {
        self.frames + u64::from(self.is_observed)
    }

    /// The work of inflating since the last call, in bytes of output.
    pub fn take_inflated(&mut self) -> usize {
        std::mem::take(&mut self.inflated)
    }

    /// The progress of the incomplete message, or `None` between two messages.
    pub fn receiving(&self) -> Option<Receiving> {
        self.message?;
        let total = self.frame.and_then(|frame| match frame.payload {
            Rest::Until(size) if frame.is_final => Some(size as u64),
            _ => None,
        });
        Some(Receiving {
            received: self.payload.len() as u64,
            total,
        })
    }

    /// Uses `memory`, which must be empty, for the message of the last [`Event::LargeMessage`]. Otherwise does nothing.
    pub fn provide_memory(&mut self, memory: Vec<u8>) {
        if self.announced.take().is_some() && memory.is_empty() {
            self.payload = memory;
        }
    }

    /// Sets the read buffer if there is none, which is so after [`take_buffer`](Self::take_buffer). It should have a
    /// capacity of [`READ_SIZE`].
    pub fn lend_buffer(&mut self, buffer: impl FnOnce() -> Vec<u8>) {
        if self.buffer.capacity() < READ_SIZE {
            let mut buffer = buffer();
            buffer.clear();
            buffer.reserve_exact(READ_SIZE.max(self.buffer.len()));
            buffer.extend_from_slice(&self.buffer);
            self.buffer = buffer;
        }
    }

    /// Returns the read buffer if it is empty, so that an idle connection needs none.
    pub fn take_buffer(&mut self) -> Option<Vec<u8>> {
        if self.payload.is_empty() && self.message.is_none() {
            self.payload = Vec::new();
        }
        if self.parsed < self.buffer.len() || self.buffer.capacity() == 0 {
            return None;
        }
        self.parsed = 0;
        Some(std::mem::take(&mut self.buffer))
    }

    /// The memory for the next read. To be called when there are no more events. The rest of a large frame is read
    /// directly into its message, anything else into the buffer. It has room for at least one byte.
    pub fn read_target(&mut self) -> Limit<&mut Vec<u8>> {
        if std::mem::take(&mut self.payload_is_lent) {
            self.payload.clear();
        }
        if self.parsed > 0 {
            // The remaining bytes are part of a header or of a control frame.
            self.buffer.drain(..self.parsed);
            self.parsed = 0;
        }
        if let Some(DataFrame {
            payload: Rest::Until(end),
            ..
        }) = self.frame
            && let rest = end - self.payload.len()
            && rest >= DIRECT_SIZE
        {
            if self.payload.len() == self.payload.capacity() {
                let growth = self.payload.len().max(MAX_RESERVED_SIZE);
                self.payload.reserve_exact(rest.min(growth));
            }
            let spare = self.payload.capacity() - self.payload.len();
            return (&mut self.payload).limit(rest.min(spare).min(MAX_DIRECT_SIZE));
        }
        if self.buffer.capacity() == self.buffer.len() {
            self.buffer.reserve_exact(READ_SIZE);
        }
        let read_ahead = std::mem::replace(&mut self.read_ahead, READ_SIZE);
        let spare = self.buffer.capacity() - self.buffer.len();
        (&mut self.buffer).limit(spare.min(read_ahead))
    }

    /// The next event, or `None` when more bytes have to be read.
    ///
    /// # Errors
    ///
    /// The server broke the protocol. Earlier events are valid. The decoder must not be used after an error.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, ProtocolError> {
        if std::mem::take(&mut self.payload_is_lent) {
            self.payload.clear();
        }
        if self.announced.take().is_some() {
            self.reserve();
        }
        loop {
            if self.frame.is_some() {
                match self.take_payload()? {
                    Payload::Incomplete => return Ok(None),
                    Payload::Inflating => return Ok(Some(Event::Inflating)),
                    Payload::Complete => {}
                }
                let is_final = self.frame.take().is_none_or(|frame| frame.is_final);
                if let Some(message) = self.message.take_if(|_| is_final) {
                    return self.finish(message).map(Some);
                }
                continue;
            }
            let (data, header) = match self.find()? {
                Found::Nothing => return Ok(None),
                Found::Observed(header) => {
                    self.is_observed = true;
                    let frame = self.buffer.get(self.parsed..).unwrap_or_default();
                    let end = header.size + self.shown(&header);
                    return Ok(Some(Event::Frame(Frame {
                        first_byte: frame.first().copied().unwrap_or_default(),
                        payload_size: header.payload_size,
                        payload: frame.get(header.size..end).unwrap_or_default(),
                        number: self.frames + 1,
                    })));
                }
                Found::Control(control, range) => {
                    self.is_observed = false;
                    self.frames += 1;
                    self.parsed = range.end;
                    let payload = self.buffer.get(range).unwrap_or_default();
                    return Ok(Some(match control {
                        Control::Ping => Event::Ping(payload),
                        Control::Pong => Event::Pong(payload),
                        _ => Event::Close(close::parse(payload)?),
                    }));
                }
                Found::SmallMessage(data, range) => {
                    // The fast path: most messages are one small frame.
                    self.is_observed = false;
                    self.frames += 1;
                    self.parsed = range.end;
                    self.payload_on_wire += range.len() as u64;
                    let payload = self.buffer.get(range).unwrap_or_default().into();
                    return message(data == Data::Text, payload, Utf8Validator::START).map(Some);
                }
                Found::DataFrame(data, header) => (data, header),
            };
            self.is_observed = false;
            self.frames += 1;
            self.payload_on_wire += header.payload_size;
            self.parsed += header.size;
            self.start(data, &header)?;
            if let Some(size) = self.announced {
                return Ok(Some(Event::LargeMessage {
                    size,
                    fresh: size.min(MAX_RESERVED_SIZE),
                }));
            }
        }
    }

    /// Looks at the next frame without consuming it.
    fn find(&self) -> Result<Found, ProtocolError> {
        let unparsed = self.buffer.get(self.parsed..).unwrap_or_default();
        let Some(header) = Header::parse(unparsed, self.inflater.is_some())? else {
            return Ok(Found::Nothing);
        };
        if self.observed.is_some() && !self.is_observed {
            let is_received = unparsed.len() - header.size >= self.shown(&header);
            return Ok(if is_received {
                Found::Observed(header)
            } else {
                Found::Nothing
            });
        }
        let end = usize::try_from(header.payload_size)
            .ok()
            .and_then(|size| size.checked_add(header.size))
            .filter(|end| *end <= unparsed.len());
        // The complete payload, if it has been received.
        let range = end.map(|end| self.parsed + header.size..self.parsed + end);
        Ok(match (header.opcode, range) {
            (OpCode::Control(control), Some(range)) => Found::Control(control, range),
            (OpCode::Control(_), None) => Found::Nothing,
            (OpCode::Data(data), Some(range))
                if data != Data::Continue
                    && header.is_final
                    && !header.is_compressed
                    && self.message.is_none()
                    && range.len() < OWNED_SIZE.min(self.max_message_size + 1) =>
            {
                Found::SmallMessage(data, range)
            }
            (OpCode::Data(data), _) => Found::DataFrame(data, header),
        })
    }

    /// The number of payload bytes that the observer gets.
    fn shown(&self, header: &Header) -> usize {
        let limit = self.observed.unwrap_or_default();
        usize::try_from(header.payload_size).map_or(limit, |size| size.min(limit))
    }

    /// Starts a data frame whose header has been parsed.
    fn start(&mut self, data: Data, header: &Header) -> Result<(), ProtocolError> {
        let message = match (data, self.message) {
            (Data::Continue, None) => return Err(ProtocolError::UnexpectedContinuation),
            (Data::Continue, Some(message)) => message,
            (_, Some(_)) => return Err(ProtocolError::InterruptedMessage),
            (_, None) => Message {
                is_text: data == Data::Text,
                is_compressed: header.is_compressed,
                utf8: Utf8Validator::START,
            },
        };
        self.message = Some(message);
        let payload = if message.is_compressed {
            Rest::Compressed(header.payload_size)
        } else {
            let size = header
                .payload_size
                .saturating_add(self.payload.len() as u64);
            let end = usize::try_from(size)
                .ok()
                .filter(|size| *size <= self.max_message_size)
                .ok_or_else(|| self.too_large(size.to_string()))?;
            if self.payload.capacity() == 0 && end >= OWNED_SIZE {
                self.announced = Some(end);
            }
            if header.payload_size >= LARGE_SIZE {
                self.read_ahead = READ_AHEAD_SIZE;
            }
            Rest::Until(end)
        };
        self.frame = Some(DataFrame {
            is_final: header.is_final,
            payload,
        });
        if self.announced.is_none() {
            self.reserve();
        }
        Ok(())
    }

    /// Reserves memory for the payload of the current uncompressed frame, at most [`MAX_RESERVED_SIZE`] at once.
    fn reserve(&mut self) {
        let Some(DataFrame {
            payload: Rest::Until(end),
            ..
        }) = self.frame
        else {
            return;
        };
        let missing = (end - self.payload.len()).min(MAX_RESERVED_SIZE);
        if self.payload.capacity() < self.payload.len() + missing {
            // Grow by a quarter, so that a message of many fragments is not copied for each of them.
            let growth = missing.max(self.payload.len() / 4);
            self.payload.reserve_exact(growth);
        }
    }

    fn too_large(&self, size: String) -> ProtocolError {
        ProtocolError::MessageTooLarge {
            size,
            limit: self.max_message_size,
        }
    }

    /// Moves the received bytes of a frame's payload to its message.
    fn take_payload(&mut self) -> Result<Payload, ProtocolError> {
        let (Some(frame), Some(message)) = (&mut self.frame, &mut self.message) else {
            return Ok(Payload::Complete);
        };
        let unparsed = self.buffer.get(self.parsed..).unwrap_or_default();
        let taken = match (&mut frame.payload, &mut self.inflater) {
            (Rest::Until(end), _) => {
                let missing = *end - self.payload.len();
                let input = unparsed.get(..missing).unwrap_or(unparsed);
                self.payload.extend_from_slice(input);
                self.parsed += input.len();
                Ok(if input.len() == missing {
                    Payload::Complete
                } else {
                    Payload::Incomplete
                })
            }
            (Rest::Compressed(rest), Some(inflater)) => {
                let size =
                    usize::try_from(*rest).map_or(unparsed.len(), |it| it.min(unparsed.len()));
                let input = unparsed.get(..size).unwrap_or_default();
                let limit = self.max_message_size + 1;
                inflater
                    .inflate(input, &mut self.payload, limit)
                    .and_then(|inflated| {
                        let Inflated {
                            consumed,
                            work,
                            is_done,
                        } = inflated;
                        self.inflated += work;
                        self.parsed += consumed;
                        *rest -= consumed as u64;
                        if !is_done {
                            return Ok(Payload::Inflating);
                        }
                        if *rest > 0 {
                            return Ok(Payload::Incomplete);
                        }
                        let is_complete =
                            !frame.is_final || inflater.finish(&mut self.payload, limit)?;
                        Ok(if is_complete {
                            Payload::Complete
                        } else {
                            Payload::Inflating
                        })
                    })
            }
            (Rest::Compressed(_), None) => Err(ProtocolError::ReservedBit),
        };
        // Before an error of the inflater is returned: the text before it may be invalid as well, which has its own
        // code.
        if message.is_text {
            message.utf8.validate(&self.payload)?;
        }
        if self.payload.len() > self.max_message_size {
            return Err(self.too_large(format!("more than {}", self.max_message_size)));
        }
        taken
    }

    /// Returns the complete message.
    fn finish(&mut self, whole: Message) -> Result<Event<'_>, ProtocolError> {
        let payload = if self.payload.len() >= OWNED_SIZE {
            Cow::Owned(std::mem::take(&mut self.payload))
        } else {
            self.payload_is_lent = true;
            Cow::Borrowed(self.payload.as_slice())
        };
        message(whole.is_text, payload, whole.utf8)
    }
}

/// The state of a frame's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Payload {
    Incomplete,
    Inflating,
    Complete,
}

fn message(
    is_text: bool,
    payload: Cow<'_, [u8]>,
    mut utf8: Utf8Validator,
) -> Result<Event<'_>, ProtocolError> {
    if !is_text {
        return Ok(Event::Binary(payload));
    }
    utf8.validate(&payload)?;
    Text::new(payload, utf8).map(Event::Text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NO_LIMIT: usize = usize::MAX;

    #[test]
    fn an_announcement_names_its_whole_size_and_a_bounded_allocation() {
        let size = 20 * MAX_RESERVED_SIZE;
        let header = [&[0x82, 127][..], &(size as u64).to_be_bytes()].concat();
        let mut decoder = Decoder::new(header, None, NO_LIMIT);
        let event = decoder.next_event().expect("a valid frame");
        let Some(Event::LargeMessage {
            size: announced,
            fresh,
        }) = event
        else {
            panic!("expected an announcement, got {event:?}");
        };
        assert_eq!((announced, fresh), (size, MAX_RESERVED_SIZE));
        assert!(matches!(decoder.next_event(), Ok(None)));
        assert_eq!(decoder.payload.capacity(), MAX_RESERVED_SIZE);
    }

    #[test]
    fn a_large_payload_is_read_into_the_provided_memory() {
        let size = 100_000;
        let header = [&[0x82, 127][..], &(size as u64).to_be_bytes()].concat();
        let mut decoder = Decoder::new(header, None, NO_LIMIT);
        let event = decoder.next_event();
        assert!(matches!(event, Ok(Some(Event::LargeMessage { .. }))));
        let memory = Vec::with_capacity(size);
        let place = memory.as_ptr();
        decoder.provide_memory(memory);
        assert!(matches!(decoder.next_event(), Ok(None)));
        let target = decoder.read_target();
        assert_eq!(target.remaining_mut(), size);
        target.into_inner().resize(size, 7);
        match decoder.next_event() {
            Ok(Some(Event::Binary(Cow::Owned(payload)))) => {
                assert_eq!((payload.as_ptr(), payload.len()), (place, size));
            }
            other => panic!("expected a message, got {other:?}"),
        }
    }

    #[test]
    fn little_of_the_payload_after_a_large_message_is_read_into_the_buffer() {
        let size = 64 * 1024;
        let header = [&[0x82, 127][..], &(size as u64).to_be_bytes()].concat();
        let frame = [&header[..], &vec![7; size]].concat();
        let mut decoder = Decoder::new(Vec::new(), None, NO_LIMIT);
        for most in [READ_SIZE, READ_AHEAD_SIZE] {
            decoder.lend_buffer(Vec::new);
            let mut unread = frame.as_slice();
            let mut in_buffer = 0;
            let mut messages = 0;
            while !unread.is_empty() {
                let is_direct = decoder.frame.is_some();
                let mut target = decoder.read_target();
                let read = unread.len().min(target.remaining_mut());
                target.put_slice(&unread[..read]);
                unread = &unread[read..];
                if !is_direct {
                    in_buffer += read;
                }
                while let Some(event) = decoder.next_event().expect("a valid frame") {
                    if let Event::Binary(payload) = event {
                        assert_eq!(payload.len(), size);
                        messages += 1;
                    }
                }
            }
            assert_eq!(messages, 1);
            assert!(in_buffer <= most, "{in_buffer} bytes");
        }
    }

    #[test]
    fn a_large_message_in_small_fragments_is_read_in_large_reads() {
        let mut decoder = Decoder::new(Vec::new(), None, NO_LIMIT);
        for index in 0..1000 {
            decoder.lend_buffer(Vec::new);
            let mut target = decoder.read_target();
            assert!(target.remaining_mut() > READ_AHEAD_SIZE, "{index}");
            let first_byte = if index == 0 { 2 } else { 0 };
            target.put_slice(&[&[first_byte, 100][..], &[7; 100]].concat());
            assert!(matches!(decoder.next_event(), Ok(None)));
        }
    }

    #[test]
    fn a_message_in_many_fragments_is_not_copied_for_each() {
        let mut decoder = Decoder::new(Vec::new(), None, NO_LIMIT);
        let mut capacities = BTreeSet::new();
        for index in 0..10_000 {
            let first_byte = if index == 0 { 2 } else { 0 };
            let fragment = [&[first_byte, 100][..], &[7; 100]].concat();
            decoder.read_target().put_slice(&fragment);
            assert!(matches!(decoder.next_event(), Ok(None)));
            capacities.insert(decoder.payload.capacity());
        }
        assert_eq!(decoder.payload.len(), 1_000_000);
        assert!(capacities.len() < 100, "{}", capacities.len());
        assert!(decoder.payload.capacity() < 1_500_000);
    }

    #[test]
    fn each_frame_is_observed_once_before_its_contents() {
        let frames = [&[0x01, 2][..], b"ab", &[0x89, 1], b"!", &[0x80, 1], b"c"].concat();
        let mut decoder = Decoder::new(frames, None, NO_LIMIT);
        decoder.observe(Some(1));
        let mut seen = Vec::new();
        while let Some(event) = decoder.next_event().expect("valid frames") {
            seen.push(match event {
                Event::Frame(frame) => format!(
                    "{}: {:02x} {} {}",
                    frame.number,
                    frame.first_byte,
                    frame.payload_size,
                    String::from_utf8_lossy(frame.payload)
                ),
                Event::Text(text) => String::from_utf8_lossy(&text.into_bytes()).into_owned(),
                Event::Ping(payload) => String::from_utf8_lossy(payload).into_owned(),
                other => panic!("{other:?}"),
            });
        }
        assert_eq!(seen, ["1: 01 2 a", "2: 89 1 !", "!", "3: 80 1 c", "abc"]);
        assert_eq!(decoder.frames(), 3);
    }

    #[test]
    fn a_buffer_is_returned_only_while_it_is_empty() {
        let mut decoder = Decoder::new(Vec::new(), None, NO_LIMIT);
        assert_eq!(decoder.take_buffer(), None);
        decoder.lend_buffer(Vec::new);
        decoder.read_target().put_slice(&[0x82]);
        assert!(matches!(decoder.next_event(), Ok(None)));
        assert_eq!(decoder.take_buffer(), None);
        decoder.read_target().put_slice(&[0]);
        let event = decoder.next_event();
        assert!(matches!(event, Ok(Some(Event::Binary(payload))) if payload.is_empty()));
        assert!(decoder.take_buffer().is_some());
    }
}

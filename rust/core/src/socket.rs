//! The hot path: frames in and out of one connection, without waiting.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use futures::{Sink, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use crate::{ConnectOptions, EventSink, credit::Credit, outbox::Outbox, stream::ByteStream};

/// Read at once from the operating system. Larger is faster for large messages, but each read clears as much.
const READ_BUFFER_SIZE: usize = 64 * 1024;
/// A batch ends at this size, so that the socket is not locked for long and the owner gets to work.
const SLICE_SIZE: usize = 256 * 1024;
/// Frames are collected up to this size before they are written.
const WRITE_BUFFER_SIZE: usize = 64 * 1024;
/// The largest payload of a control frame (RFC 6455 section 5.5).
const MAX_CONTROL_SIZE: usize = 125;
/// So many pongs may wait for a peer that pings and does not read; then it is not read from either.
const MAX_WAITING_PONGS: usize = 512;

/// An open WebSocket. It belongs to whoever holds its lock: the driver, or a thread that flushes.
#[derive(Debug)]
pub(crate) struct Socket {
    frames: WebSocketStream<ByteStream>,
    /// Wakes the driver, whoever it was that made the operating system wait.
    waker: Waker,
    /// Taken from the outbox, not yet handed to `frames`.
    sending: VecDeque<Message>,
    /// Payload handed to `frames` and not yet written.
    unwritten: usize,
    /// Pings received since everything was written: as many pongs may be waiting.
    waiting_pongs: usize,
    /// Writing is over: the peer has sent its Close frame.
    write_closed: bool,
    close_sent: bool,
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
}

/// Why a read stopped.
#[derive(Debug)]
pub(crate) enum ReadStop {
    /// The slice is full; there may be more.
    SliceFull,
    /// Nothing more is there, or has to be read now; the driver is woken when there is.
    Empty,
    /// The peer's Close frame.
    Closed(Option<CloseFrame>),
    /// The line is lost or the peer broke the protocol.
    Failed(Error),
}

impl Socket {
    /// `tail` is what came after the upgrade response in the same segments.
    pub(crate) async fn new(
        stream: ByteStream,
        tail: Vec<u8>,
        options: &ConnectOptions,
        waker: Waker,
    ) -> Self {
        let ceiling = ConnectOptions::MESSAGE_SIZE_CEILING;
        let limit = options
            .max_message_size
            .map_or(ceiling, |size| size.min(ceiling));
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_SIZE)
            .write_buffer_size(WRITE_BUFFER_SIZE)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit.max(MAX_CONTROL_SIZE)));
        Self {
            frames: WebSocketStream::from_partially_read(stream, tail, Role::Client, Some(config))
                .await,
            waker,
            sending: VecDeque::new(),
            unwritten: 0,
            waiting_pongs: 0,
            write_closed: false,
            close_sent: false,
            pong_received: false,
        }
    }

    /// Writes what waits in the outbox, as far as the operating system takes it; the driver is woken when it takes
    /// more. A lost line is not told here: the peer's last words may still be in the receive buffer, so it is
    /// reading that ends a connection.
    pub(crate) fn write(&mut self, outbox: &Outbox) {
        if let Poll::Ready(Err(_)) = self.poll_write(outbox) {
            self.write_closed = true;
        }
    }

    fn poll_write(&mut self, outbox: &Outbox) -> Poll<Result<(), Error>> {
        let waker = self.waker.clone();
        let mut cx = Context::from_waker(&waker);
        loop {
            // Every so often, so that the buffered amount falls while there is more to send.
            if self.unwritten >= WRITE_BUFFER_SIZE {
                ready!(self.poll_flush(outbox, &mut cx))?;
            }
            ready!(Pin::new(&mut self.frames).poll_ready(&mut cx))?;
            if self.sending.is_empty() {
                outbox.take(&mut self.sending);
            }
            let Some(message) = self.sending.pop_front() else {
                break;
            };
            if self.write_closed {
                outbox.written(message.len());
                continue;
            }
            if message.is_close() {
                self.close_sent = true;
            } else {
                self.unwritten += message.len();
            }
            Pin::new(&mut self.frames).start_send(message)?;
        }
        self.poll_flush(outbox, &mut cx)
    }

    fn poll_flush(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(Pin::new(&mut self.frames).poll_flush(cx))?;
        outbox.written(std::mem::take(&mut self.unwritten));
        self.waiting_pongs = 0;
        Poll::Ready(Ok(()))
    }

    /// Sends a ping, as far as the operating system takes it now.
    pub(crate) fn ping(&mut self, outbox: &Outbox) {
        if !self.write_closed
            && Pin::new(&mut self.frames)
                .start_send(Message::Ping(Default::default()))
                .is_ok()
        {
            self.write(outbox);
        }
    }

    /// Reads one slice into the sink, or past it where nobody wants data any more; answers what it costs.
    pub(crate) fn read(&mut self, sink: &mut impl EventSink, discard: bool) -> (usize, ReadStop) {
        let waker = self.waker.clone();
        let mut cx = Context::from_waker(&waker);
        let mut cost = 0;
        while cost < SLICE_SIZE {
            if self.waiting_pongs >= MAX_WAITING_PONGS {
                match Pin::new(&mut self.frames).poll_flush(&mut cx) {
                    Poll::Ready(_) => self.waiting_pongs = 0,
                    Poll::Pending => return (cost, ReadStop::Empty),
                }
            }
            match Pin::new(&mut self.frames).poll_next(&mut cx) {
                Poll::Ready(Some(Ok(message))) => match message {
                    Message::Text(_) | Message::Binary(_) if discard => {}
                    Message::Text(text) => {
                        cost += Credit::cost(text.len());
                        sink.text(text);
                    }
                    Message::Binary(data) => {
                        cost += Credit::cost(data.len());
                        sink.binary(data);
                    }
                    Message::Pong(_) => self.pong_received = true,
                    Message::Close(frame) => {
                        self.write_closed = true;
                        return (cost, ReadStop::Closed(frame));
                    }
                    // tungstenite answers by itself.
                    Message::Ping(_) => self.waiting_pongs += 1,
                    // Not yielded when reading.
                    Message::Frame(_) => {}
                },
                Poll::Ready(Some(Err(error))) => return (cost, ReadStop::Failed(error)),
                Poll::Ready(None) => return (cost, ReadStop::Failed(Error::ConnectionClosed)),
                Poll::Pending => return (cost, ReadStop::Empty),
            }
        }
        (cost, ReadStop::SliceFull)
    }

    /// What has happened, for the clocks.
    pub(crate) fn moment(&mut self, closing: bool, reading: bool) -> Moment {
        Moment {
            closing,
            reading,
            close_sent: self.close_sent,
            pong_received: std::mem::take(&mut self.pong_received),
            bytes_written: self.frames.get_ref().written(),
        }
    }

    /// Sends the last Close frame, if one is due, and whatever else can leave without waiting.
    pub(crate) fn say_goodbye(&mut self, frame: Option<CloseFrame>) {
        let waker = self.waker.clone();
        let mut cx = Context::from_waker(&waker);
        if let Some(frame) = frame {
            // Fails when the peer is gone, which is what the connection ends with anyway.
            let _ = Pin::new(&mut self.frames).start_send(Message::Close(Some(frame)));
        }
        let _ = Pin::new(&mut self.frames).poll_flush(&mut cx);
    }

    /// Keeps TCP until the peer closes it, which is the server's part (RFC 6455 section 7.1.1). After a failed
    /// connection this side closes first, and still reads: unread bytes would turn the FIN into a RST, which can
    /// overtake our Close frame.
    pub(crate) async fn linger(mut self, clean: bool) {
        let flush = std::future::poll_fn(|cx| Pin::new(&mut self.frames).poll_flush(cx));
        if flush.await.is_err() {
            return;
        }
        let mut stream = self.frames.into_inner();
        if !clean && stream.shutdown().await.is_err() {
            return;
        }
        let mut rest = [0; 4096];
        while matches!(stream.read(&mut rest).await, Ok(read) if read > 0) {}
    }
}

//! An open connection's byte stream with its two halves, [`Receiver`] and [`Sender`].
//!
//! It never blocks. The thread that holds its lock runs it: the driver, or a thread that flushes. When to ping and when
//! to end is decided in [`timers`](super::timers) and [`driver`](super::driver).

use std::{
    task::{Context, Poll, Waker},
    time::Duration,
};

use rust_web_socket_protocol::{Agreement, CloseFrame, Decoder, Encoder, Receiving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::{
    ConnectOptions, EventSink, Stats,
    connection::{
        outbox::Outbox,
        receiver::{ReceiveError, Receiver, Step},
        sender::{Sender, Wrote},
        timers::TimerInput,
        trace::{Observation, Traced, sort},
    },
    net::stream::{ByteStream, Layers, Transport},
};

/// The part of an open connection that moves bytes.
#[derive(Debug)]
pub(crate) struct Duplex<T = Layers> {
    stream: ByteStream<T>,
    receiver: Receiver,
    sender: Sender,
    /// Wakes the driver, also when another thread's write was blocked.
    waker: Waker,
    /// From when on a ping is sent behind a message.
    early_ping: Option<Instant>,
    /// A message was begun since all that there was to write was written.
    wrote_message: bool,
    /// Such a ping was sent since the timers were last told.
    pinged: bool,
    /// The operating system accepts no more bytes at the moment.
    is_blocked: bool,
    /// The operating system has accepted our Close frame.
    close_written: bool,
    opened: Instant,
    /// Bytes written and read for the upgrade, before the first frame.
    upgrade_size: (u64, u64),
    /// Which frames are collected.
    observation: Option<Observation>,
}

/// The result of [`Duplex::turn`].
#[derive(Debug)]
pub(crate) struct Turn {
    /// The cost in credit of the messages that were read.
    pub(crate) cost: usize,
    /// There is more to do now, after other connections have run.
    pub(crate) has_more: bool,
    /// The tokens of the owner's pings that were answered, with their round trips.
    pub(crate) pongs: Vec<(u64, Duration)>,
    /// The progress of the incomplete message, if it has to be reported.
    pub(crate) progress: Option<Receiving>,
    /// Why the connection ends, if it does.
    pub(crate) end: Option<End>,
}

/// Why nothing more can be read.
#[derive(Debug)]
pub(crate) enum End {
    /// The peer's Close frame.
    Close(Option<CloseFrame>),
    /// The TCP connection is lost, or the peer broke the protocol.
    Failure(ReceiveError),
}

impl<T: Transport> Duplex<T> {
    /// `received` are the bytes that followed the response to the upgrade.
    pub(crate) fn new(
        stream: ByteStream<T>,
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
            early_ping: None,
            wrote_message: false,
            pinged: false,
            is_blocked: false,
            close_written: false,
            opened: Instant::now(),
            observation: None,
        }
    }

    /// Writes messages from the outbox until the operating system accepts no more. The driver is woken when it accepts
    /// more again. Returns whether the driver has to continue, which is also the case if only it may compress.
    pub(crate) fn write(&mut self, outbox: &Outbox, may_deflate: bool) -> bool {
        let mut cx = Context::from_waker(&self.waker);
        let messages = self.sender.traffic().messages;
        let mut wrote = self
            .sender
            .poll_write(&mut self.stream, &mut cx, outbox, may_deflate);
        self.wrote_message |= self.sender.traffic().messages != messages;
        if wrote == Poll::Ready(Wrote::All)
            && std::mem::take(&mut self.wrote_message)
            && !self.sender.close_sent()
            && self.early_ping.is_some_and(|early| early <= Instant::now())
        {
            self.ping(None);
            self.pinged = true;
            // The driver writes it, and awaits its pong.
            wrote = Poll::Ready(Wrote::Turn);
        }
        self.is_blocked = wrote.is_pending();
        self.close_written |= wrote == Poll::Ready(Wrote::All)
            && self.sender.close_sent()
            && !self.stream.write_failed();
        wrote == Poll::Ready(Wrote::Turn)
    }

    /// Writes and, if `may_read`, reads a bounded amount. Messages go to the sink, or are dropped if `discard`.
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

    /// Reads one slice. Returns whether there may be more to read.
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
                    // Answer each ping as long as the peer reads. Otherwise only the latest is answered (RFC 6455
                    // section 5.5.3). A write may take as long as a slice, so the slice ends with it.
                    let is_slice_full = self.sender.has_pong();
                    if is_slice_full {
                        self.write(outbox, true);
                    }
                    self.sender.pong(payload);
                    if is_slice_full {
                        return Ok(true);
                    }
                }
                Step::Pong(payload) => {
                    self.sender.pings().answer(&payload);
                }
                Step::Close(frame) => return Err(End::Close(frame)),
            }
        }
    }

    /// Sends a ping with the next write. `token` identifies the owner's pings.
    pub(crate) fn ping(&mut self, token: Option<u64>) {
        if token.is_none() {
            self.early_ping = None;
        }
        self.sender.ping(token);
    }

    /// Sets from when on a ping of the heartbeat is sent behind a message.
    pub(crate) fn set_early_ping(&mut self, early: Option<Instant>) {
        self.early_ping = early;
    }

    /// Releases the compressor's memory.
    pub(crate) fn release_deflater(&mut self) {
        self.sender.release_deflater();
    }

    /// Starts or stops collecting frames.
    pub(crate) fn observe(&mut self, observation: Option<Observation>) {
        if self.observation != observation {
            self.observation = observation;
            self.receiver.observe(observation);
            self.sender.observe(observation);
        }
    }

    /// The frames collected since the last call, in order. Starts a new turn.
    pub(crate) fn take_frames(&mut self) -> Vec<Traced> {
        let mut all = Vec::new();
        if self.observation.is_some() {
            self.sender.take_frames(&mut all);
            self.receiver.take_frames(&mut all);
            sort(&mut all);
        }
        all
    }

    /// The numbers of frames sent and received so far.
    pub(crate) fn frames(&self) -> (u64, u64) {
        (self.sender.frames(), self.receiver.frames())
    }

    /// The counters so far.
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

    /// The input for the timers.
    pub(crate) fn timer_input(&mut self, closing: bool, reading: bool) -> TimerInput {
        TimerInput {
            closing,
            reading,
            close_sent: self.sender.close_sent(),
            pinged: std::mem::take(&mut self.pinged),
            messages: self.sender.traffic().messages + self.receiver.traffic().messages,
            bytes_taken: self.stream.taken_by_system(),
            is_blocked: self.is_blocked,
            bytes_received: self.stream.read(),
            deflater_idle_since: self.sender.deflater_idle_since(),
        }
    }

    /// Whether the operating system has accepted our Close frame.
    pub(crate) fn close_written(&self) -> bool {
        self.close_written
    }

    /// Sends the last Close frame, if there is one, and everything else that can be written without blocking.
    pub(crate) fn end(&mut self, close: Option<Option<CloseFrame>>, outbox: &Outbox) {
        self.sender.end(close, outbox);
        self.write(outbox, false);
    }

    /// Keeps the TCP connection until the peer closes it, which is the server's task (RFC 6455 section 7.1.1).
    ///
    /// After a failure this side closes first and still reads. Unread bytes would turn the FIN into a RST, which can
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use rust_web_socket_protocol::Compress;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::{
        connection::{
            outbox::{Message, Outgoing},
            sink::tests::Nowhere,
        },
        net::tcp::Tcp,
    };

    /// An open duplex, whose next received bytes are `received`, and its peer.
    async fn open(received: Vec<u8>) -> (Duplex, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let tcp = TcpStream::connect(address).await.expect("it listens");
        let (mut peer, _) = listener.accept().await.expect("a connection");
        peer.write_all(&received)
            .await
            .expect("the connection is open");
        let mut stream = ByteStream::new(Layers::Tcp(Tcp::new(tcp)));
        let mut received = received;
        stream.read_exact(&mut received).await.expect("the bytes");
        let options = ConnectOptions::default();
        let waker = Waker::noop().clone();
        let duplex = Duplex::new(stream, received, None, &options, waker);
        (duplex, peer)
    }

    #[tokio::test]
    async fn a_ping_follows_a_message_once_it_may_be_early() {
        let (mut duplex, mut peer) = open(Vec::new()).await;
        let outbox = Outbox::default();
        let push = || {
            let message = Message {
                is_text: true,
                payload: Bytes::from_static(b"hi"),
                compress: Compress::Never,
            };
            outbox.push(Outgoing::Message(message)).expect("it is open");
        };
        // The second byte of a frame's header: masked, and the length.
        const TEXT: [u8; 2] = [0x81, 0x82];
        const OWNERS_PING: [u8; 2] = [0x89, 0x88];
        const PING: [u8; 2] = [0x89, 0x80];
        let later = Instant::now() + Duration::from_secs(60);
        duplex.set_early_ping(Some(later));
        push();
        assert!(!duplex.write(&outbox, false));
        duplex.ping(Some(1));
        duplex.set_early_ping(Some(Instant::now()));
        assert!(
            !duplex.write(&outbox, false),
            "there is no message to follow"
        );
        push();
        assert!(duplex.write(&outbox, false), "the driver has to go on");
        assert!(duplex.timer_input(false, true).pinged);
        assert!(!duplex.write(&outbox, false));
        assert!(!duplex.timer_input(false, true).pinged);

        let mut frames = [0; 8 + 14 + 8 + 6];
        peer.read_exact(&mut frames).await.expect("four frames");
        let headers = [
            &frames[..2],
            &frames[8..10],
            &frames[22..24],
            &frames[30..32],
        ];
        assert_eq!(headers, [TEXT, OWNERS_PING, TEXT, PING]);
    }

    #[tokio::test]
    async fn a_slice_ends_with_the_write_that_a_second_ping_takes() {
        /// The size of an empty Pong frame, in bytes.
        const PONG: u64 = 6;
        let (mut duplex, _peer) = open([0x89, 0].repeat(10)).await;
        for turns in 1..=5 {
            let turn = duplex.turn(&Outbox::default(), &mut Nowhere, true, false);
            assert!(turn.has_more);
            assert_eq!(duplex.stats().bytes_sent, turns * 2 * PONG);
        }
    }
}

//! The one task of a connection. It connects, reads, writes, runs the timers and ends the connection.
//!
//! [`Connection::connect`](crate::Connection::connect) spawns it. Only this task calls the sink.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::OptionFuture;
use tokio::{
    task::yield_now,
    time::{Instant, timeout},
};

use crate::{
    ConnectOptions, Ending, EventSink, Handshake, Initiator, OwnerGone, Stats,
    connection::{
        connect::connect,
        duplex::{Duplex, End},
        shared::Shared,
        timers::{Due, Timers},
        trace::Traced,
    },
    handshake::upgrade::Upgrade,
    net::stream::Transport,
};
use rust_web_socket_protocol::Receiving;

/// Runs a connection from the lookup of its host until its TCP connection is closed.
pub(crate) fn run<S: EventSink>(
    shared: Arc<Shared>,
    upgrade: Upgrade,
    options: ConnectOptions,
    mut sink: S,
) -> impl Future<Output = ()> + Send {
    // Boxed, so that the memory for connecting is freed when the connection is open.
    let opening = Box::pin(async move {
        match connect(&shared, upgrade, &options).await {
            Ok((duplex, handshake)) => Some(drive(shared, duplex, handshake, &options, sink)),
            Err(error) => {
                shared.outbox.end();
                log::info!("Not connected: {}", error.with_sources());
                sink.failed(error);
                None
            }
        }
    });
    async move {
        OptionFuture::from(opening.await).await;
    }
}

/// The connection is open: `duplex` is its byte stream. The future runs it until its TCP connection is closed.
pub(crate) fn drive<S: EventSink, T: Transport>(
    shared: Arc<Shared<T>>,
    mut duplex: Duplex<T>,
    handshake: Handshake,
    options: &ConnectOptions,
    mut sink: S,
) -> impl Future<Output = ()> + use<S, T> {
    duplex.observe(shared.observation(shared.traced()));
    *shared.duplex.lock() = Some(duplex);
    // The subprotocol is not logged, since it may be a token.
    log::info!("Open: extensions {:?}", handshake.extensions);
    if sink.opened(handshake).is_err() {
        shared.release();
    }
    let mut driver = Driver {
        shared,
        timers: Timers::new(options),
        early_ping: None,
        delivers_while_closing: options.deliver_while_closing,
        sink,
        close_reported: false,
        violation: None,
    };
    // Not an `async fn`, whose future would have the driver twice.
    async move {
        let ending = poll_fn(|cx| driver.poll(cx)).await;
        if let Some(lingering) = driver.end(ending) {
            lingering.await;
        }
    }
}

/// The state of the task while the connection is open.
struct Driver<S, T> {
    shared: Arc<Shared<T>>,
    timers: Timers,
    /// What the duplex knows of [`Timers::early_ping`].
    early_ping: Option<Instant>,
    delivers_while_closing: bool,
    sink: S,
    /// Whether [`EventSink::close_written`] was called.
    close_reported: bool,
    /// The ending for a peer that broke the protocol. Earlier messages can still be answered: the connection ends when
    /// the owner has consumed all batches or closes, and at the latest after the close timeout.
    violation: Option<Ending>,
}

impl<S: EventSink, T: Transport> Driver<S, T> {
    /// Ends a connection, and reports it. What is left to do is returned boxed: the duplex would take the greater part
    /// of the task's memory for as long as the connection is open.
    fn end(self, ending: Ending) -> Option<Pin<Box<impl Future<Output = ()>>>> {
        let Self {
            shared,
            timers,
            mut sink,
            ..
        } = self;
        shared.outbox.end();
        log::info!(
            "Closed by {:?} with {}: {}",
            ending.initiator,
            ending.code,
            ending.error.as_deref().unwrap_or("clean")
        );
        let Some(mut duplex) = shared.duplex.lock().take() else {
            sink.closed(ending);
            return None;
        };
        duplex.end(ending.close_frame(), &shared.outbox);
        *shared.stats.lock() = Stats {
            ended: Some(Instant::now()),
            ..duplex.stats()
        };
        let frames = shared.record(&mut duplex);
        if let Some(recording) = &shared.recording {
            recording.end();
        }
        // An error means that the owner is gone, and nothing follows.
        let _ = report(shared.traced(), frames, &mut sink);
        let (initiator, clean) = (ending.initiator, ending.clean);
        sink.closed(ending);
        // The owner already has its last event. A peer that does not finish in time is disconnected.
        (initiator != Initiator::Neither).then(|| {
            Box::pin(async move {
                let lingering = duplex.linger(clean, &shared.outbox);
                let _ = timeout(timers.close_timeout(), lingering).await;
            })
        })
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        // Register before reading any state. A change after this wakes the task again.
        self.shared.driver.register(cx.waker());
        loop {
            let status = self.shared.outbox.status();
            let closing = status.closing;
            let discard = closing && (status.released || !self.delivers_while_closing);
            if closing && let Some(ending) = self.violation.take() {
                return Poll::Ready(ending);
            }
            // Read before the turn. The turn writes messages that were sent before the last batch was consumed.
            let answered = self.violation.is_some() && self.shared.credit.is_settled();
            let may_read =
                self.violation.is_none() && (discard || self.shared.credit.is_available());
            let mut guard = self.shared.duplex.lock();
            let Some(duplex) = guard.as_mut() else {
                return Poll::Ready(Ending::lost("The connection was already shut down"));
            };
            if status.pinging {
                for token in self.shared.outbox.take_pings() {
                    duplex.ping(Some(token));
                }
            }
            let traced = self.shared.traced();
            duplex.observe(self.shared.observation(traced));
            let turn = duplex.turn(&self.shared.outbox, &mut self.sink, may_read, discard);
            let mut timer_input = duplex.timer_input(closing || self.violation.is_some(), may_read);
            if self.violation.is_some() {
                // An upload extends the wait of a close. Messages sent after a violation must not extend it.
                timer_input.bytes_taken = 0;
            }
            let close_written = duplex.close_written();
            let frames = self.shared.record(duplex);
            *self.shared.stats.lock() = duplex.stats();
            drop(guard);

            if report(traced, frames, &mut self.sink).is_err() {
                self.shared.release();
            }
            if turn.cost > 0 {
                self.shared.credit.spend(turn.cost);
                if self.sink.deliver().is_err() {
                    self.shared.release();
                }
            }
            for (token, round_trip) in turn.pongs {
                if self.sink.pong(token, round_trip).is_err() {
                    self.shared.release();
                }
            }
            if let Some(Receiving { received, total }) = turn.progress
                && !discard
                && self.sink.receiving(received, total).is_err()
            {
                self.shared.release();
            }
            if self.shared.outbox.take_drained() && self.sink.drained().is_err() {
                self.shared.release();
            }
            if close_written && !std::mem::replace(&mut self.close_reported, true) {
                // The connection is closing: an owner that is gone changes nothing.
                let _ = self.sink.close_written();
            }
            match turn.end {
                Some(End::Close(frame)) => {
                    let initiator = if timer_input.close_sent {
                        Initiator::Local
                    } else {
                        Initiator::Remote
                    };
                    return Poll::Ready(Ending::by_close_frame(frame, initiator));
                }
                Some(End::Failure(error)) => {
                    let ending = Ending::by_error(&error, timer_input.close_sent);
                    if closing || ending.initiator == Initiator::Neither {
                        return Poll::Ready(ending);
                    }
                    self.violation = Some(ending);
                    self.shared.credit.await_settlement();
                    continue;
                }
                None => {}
            }
            if answered
                && !turn.has_more
                && let Some(ending) = self.violation.take()
            {
                return Poll::Ready(ending);
            }
            if let Some(interval) = self.shared.ping_interval.lock().take() {
                self.timers.set_ping_interval(interval);
            }
            match self.timers.poll(cx, &timer_input) {
                Poll::Ready(Due::Ending(ending)) => {
                    return Poll::Ready(self.violation.take().unwrap_or(ending));
                }
                Poll::Ready(due) => {
                    if let Some(duplex) = self.shared.duplex.lock().as_mut() {
                        match due {
                            Due::Ping => duplex.ping(None),
                            _ => duplex.release_deflater(),
                        }
                    }
                }
                Poll::Pending => {
                    let early = self.timers.early_ping();
                    if early != self.early_ping
                        && let Some(duplex) = self.shared.duplex.lock().as_mut()
                    {
                        self.early_ping = early;
                        duplex.set_early_ping(early);
                    }
                    if turn.has_more {
                        go_on_later(cx);
                    }
                    return Poll::Pending;
                }
            }
        }
    }
}

/// Reports frames to an owner who traces, with at most `payload_size` bytes of each payload.
fn report(
    payload_size: Option<usize>,
    frames: Vec<Traced>,
    sink: &mut impl EventSink,
) -> Result<(), OwnerGone> {
    let Some(payload_size) = payload_size else {
        return Ok(());
    };
    let frames = frames.into_iter().filter_map(|traced| match traced {
        Traced::Frame(mut frame) => {
            // An inspector may get more.
            frame.payload.truncate(payload_size);
            Some(frame)
        }
        Traced::Message { .. } => None,
    });
    let frames: Vec<_> = frames.collect();
    if frames.is_empty() {
        return Ok(());
    }
    sink.frames(frames)
}

/// Wakes the task again after the runtime has polled for I/O.
///
/// A task that wakes itself is polled again before that, up to 61 times, and deflating 64 KiB takes from 0.1 ms to
/// several milliseconds.
fn go_on_later(cx: &mut Context<'_>) {
    // The first poll registers the waker with the runtime. A second poll is not needed.
    let _ = pin!(yield_now()).poll(cx);
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        io::Write,
        net::{TcpListener, TcpStream},
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        task::Poll,
        time::Duration,
    };

    use tokio::{io::AsyncReadExt, runtime::Builder};

    use super::*;

    /// Behaves like a turn of the driver that has more to do.
    async fn turn() {
        let mut is_over = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut is_over, true) {
                return Poll::Ready(());
            }
            go_on_later(cx);
            Poll::Pending
        })
        .await;
    }

    #[test]
    fn received_bytes_are_read_while_another_connection_always_has_more_to_do() {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut peer = TcpStream::connect(address).expect("a peer");
        let (socket, _) = listener.accept().expect("a TCP connection");
        socket.set_nonblocking(true).expect("non-blocking mode");
        let same_socket = socket.try_clone().expect("a second handle");
        let has_arrived = Arc::new(AtomicBool::new(false));
        let has_arrived_too = has_arrived.clone();
        let turns = runtime.block_on(async {
            runtime.spawn(async move {
                let mut socket = tokio::net::TcpStream::from_std(socket).expect("a socket");
                socket.read_u8().await.expect("a byte");
                has_arrived_too.store(true, Ordering::Release);
            });
            let busy = runtime.spawn(async move {
                turn().await;
                peer.write_all(&[1]).expect("a peer that takes it");
                while same_socket.peek(&mut [0]).is_err() {
                    std::thread::yield_now();
                }
                let mut turns = 0;
                while !has_arrived.load(Ordering::Acquire) {
                    turns += 1;
                    turn().await;
                }
                turns
            });
            let turns = timeout(Duration::from_secs(30), busy).await;
            turns.expect("a wake-up for every turn").expect("the turns")
        });
        assert!(turns < 5, "{turns} turns");
    }
}

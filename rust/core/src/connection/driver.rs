//! The one task of a connection: connects, reads, writes, keeps the time, and ends it.

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use tokio::{
    task::yield_now,
    time::{Instant, timeout},
};

use crate::{
    ConnectOptions, Ending, EventSink, Initiator, Stats,
    connection::{
        connect::connect,
        duplex::End,
        shared::Shared,
        timers::{Due, Timers},
    },
    handshake::upgrade::Upgrade,
};
use rust_web_socket_protocol::Receiving;

/// Runs a connection from its first address to its last byte.
pub(crate) async fn run(
    shared: Arc<Shared>,
    upgrade: Upgrade,
    options: ConnectOptions,
    mut sink: impl EventSink,
) {
    // Boxed, so that what connecting needs is given back when the connection is open.
    let (duplex, handshake) = match Box::pin(connect(&shared, upgrade, &options)).await {
        Ok(connected) => connected,
        Err(error) => {
            shared.outbox.end();
            log::info!("Not connected: {}", error.with_sources());
            return sink.failed(error);
        }
    };
    *shared.duplex.lock() = Some(duplex);
    // Not the subprotocol, which may be a token.
    log::info!("Open: extensions {:?}", handshake.extensions);
    if sink.opened(handshake).is_err() {
        shared.release();
    }
    let mut driver = Driver {
        shared: &shared,
        timers: Timers::new(&options),
        sink: &mut sink,
        violation: None,
    };
    let ending = poll_fn(|cx| driver.poll(cx)).await;

    shared.outbox.end();
    log::info!(
        "Closed by {:?} with {}: {}",
        ending.initiator,
        ending.code,
        ending.error.as_deref().unwrap_or("clean")
    );
    let Some(mut duplex) = shared.duplex.lock().take() else {
        return sink.closed(ending);
    };
    duplex.end(ending.close_frame(), &shared.outbox);
    *shared.stats.lock() = Stats {
        ended: Some(Instant::now()),
        ..duplex.stats()
    };
    let frames = duplex.take_frames();
    if !frames.is_empty() {
        // If the owner is gone, that was the last it could have missed.
        let _ = sink.frames(frames);
    }
    let (initiator, clean) = (ending.initiator, ending.clean);
    sink.closed(ending);
    drop(sink);
    if initiator != Initiator::Line {
        // A peer that does not finish in time loses the line; the owner has had its last event already.
        let linger = Box::pin(duplex.linger(clean, &shared.outbox));
        let _ = timeout(options.close_timeout, linger).await;
    }
}

/// The life of the open connection.
struct Driver<'a, S> {
    shared: &'a Shared,
    timers: Timers,
    sink: &'a mut S,
    /// How the connection ends because the peer broke the protocol. What came before is answered first: it ends when
    /// the owner has consumed all batches, or closes, and at the latest after the close timeout.
    violation: Option<Ending>,
}

impl<S: EventSink> Driver<'_, S> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        // Before anything is looked at: whatever changes after it wakes the task again.
        self.shared.driver.register(cx.waker());
        loop {
            let status = self.shared.outbox.status();
            let closing = status.closing;
            if closing && let Some(ending) = self.violation.take() {
                return Poll::Ready(ending);
            }
            // Before the turn, which writes what was sent before the last batch was given back.
            let answered = self.violation.is_some() && self.shared.credit.is_settled();
            let may_read = self.violation.is_none() && (closing || self.shared.credit.is_left());
            let mut guard = self.shared.duplex.lock();
            let Some(duplex) = guard.as_mut() else {
                return Poll::Ready(Ending::lost("The stream was taken away"));
            };
            if status.pinging {
                for token in self.shared.outbox.take_pings() {
                    duplex.ping(Some(token));
                }
            }
            duplex.set_traced(self.shared.traced.load(Ordering::Relaxed));
            let turn = duplex.turn(&self.shared.outbox, self.sink, may_read, closing);
            let mut timer_input = duplex.timer_input(closing || self.violation.is_some(), may_read);
            if self.violation.is_some() {
                // An upload extends the wait of a close, but an owner that goes on sending may not put this off.
                timer_input.bytes_taken = 0;
            }
            let frames = duplex.take_frames();
            *self.shared.stats.lock() = duplex.stats();
            drop(guard);

            if !frames.is_empty() && self.sink.frames(frames).is_err() {
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
                && !closing
                && self.sink.receiving(received, total).is_err()
            {
                self.shared.release();
            }
            if self.shared.outbox.take_drained() && self.sink.drained().is_err() {
                self.shared.release();
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
                    if closing || ending.initiator == Initiator::Line {
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
                    if turn.has_more {
                        go_on_later(cx);
                    }
                    return Poll::Pending;
                }
            }
        }
    }
}

/// Wakes the task again when the runtime has looked at what has arrived meanwhile. After a task that wakes itself it
/// looks only after 61 turns of all its tasks, and 64 KiB to compress take from 0.1 ms to several.
fn go_on_later(cx: &mut Context<'_>) {
    // Its first poll leaves the waker with the runtime, where it stays; nobody needs the second.
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

    /// Ends as a driver's turn does that has more to do.
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
    fn what_arrives_is_read_although_another_connection_always_has_more_to_do() {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut peer = TcpStream::connect(address).expect("a peer");
        let (socket, _) = listener.accept().expect("a socket");
        socket
            .set_nonblocking(true)
            .expect("a socket that does not block");
        let same_socket = socket.try_clone().expect("the socket once more");
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
            turns.expect("no turn is forgotten").expect("the turns")
        });
        assert!(turns < 5, "{turns} turns");
    }
}

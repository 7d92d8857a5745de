//! The one task of a connection: connects, reads, writes, keeps the time, and ends it.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::time::timeout;

use crate::{
    ConnectOptions, Ending, EventSink, Initiator,
    establish::establish,
    shared::Shared,
    socket::ReadStop,
    timers::{Due, Timers},
    upgrade::Upgrade,
};

/// Runs a connection from dialling to its last byte.
pub(crate) async fn run(
    shared: Arc<Shared>,
    upgrade: Upgrade,
    options: ConnectOptions,
    mut sink: impl EventSink,
) {
    let (socket, handshake) = match establish(&shared, upgrade, &options).await {
        Ok(connected) => connected,
        Err(error) => {
            shared.outbox.end();
            return sink.failed(error);
        }
    };
    *shared.socket.lock() = Some(socket);
    if sink.opened(handshake).is_err() {
        shared.release();
    }
    let mut driver = Driver {
        shared: &shared,
        timers: Timers::new(&options),
        sink: &mut sink,
    };
    let ending = poll_fn(|cx| driver.poll(cx)).await;

    shared.outbox.end();
    let Some(mut socket) = shared.socket.lock().take() else {
        return sink.closed(ending);
    };
    socket.say_goodbye(ending.close_frame());
    let (initiator, clean) = (ending.initiator, ending.clean);
    sink.closed(ending);
    drop(sink);
    if initiator != Initiator::Line {
        // A peer that does not finish in time loses the line; the owner has had its last event already.
        let _ = timeout(options.close_timeout, socket.linger(clean)).await;
    }
}

/// The life of the open connection.
struct Driver<'a, S> {
    shared: &'a Shared,
    timers: Timers,
    sink: &'a mut S,
}

impl<S: EventSink> Driver<'_, S> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        // Before anything is looked at: whatever changes after it wakes the task again.
        self.shared.driver.register(cx.waker());
        loop {
            let closing = self.shared.outbox.status().closing;
            let may_read = closing || self.shared.credit.is_left();
            let mut guard = self.shared.socket.lock();
            let Some(socket) = guard.as_mut() else {
                return Poll::Ready(Ending::lost("The socket was taken away"));
            };
            socket.write(&self.shared.outbox);
            let (cost, stop) = if may_read {
                socket.read(self.sink, closing)
            } else {
                (0, ReadStop::Empty)
            };
            let moment = socket.moment(closing, may_read);
            drop(guard);

            if cost > 0 {
                self.shared.credit.spend(cost);
                if self.sink.deliver().is_err() {
                    self.shared.release();
                }
            }
            if self.shared.outbox.take_drained() && self.sink.drained().is_err() {
                self.shared.release();
            }
            match stop {
                ReadStop::SliceFull => {}
                ReadStop::Closed(frame) => {
                    let initiator = if moment.close_sent {
                        Initiator::Local
                    } else {
                        Initiator::Remote
                    };
                    return Poll::Ready(Ending::by_close_frame(frame, initiator));
                }
                ReadStop::Failed(error) => {
                    return Poll::Ready(Ending::by_error(&error, moment.close_sent));
                }
                ReadStop::Empty => match ready!(self.timers.poll(cx, &moment)) {
                    Due::Ping => {
                        if let Some(socket) = self.shared.socket.lock().as_mut() {
                            socket.ping(&self.shared.outbox);
                        }
                    }
                    Due::Ending(ending) => return Poll::Ready(ending),
                },
            }
        }
    }
}

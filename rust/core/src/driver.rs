//! The one task of a connection: connects, reads, writes, keeps the time, and ends it.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, Wake, Waker, ready},
};

use futures::task::AtomicWaker;
use tokio::time::timeout;

use crate::{
    ConnectError, ConnectOptions, Ending, EventSink, Handshake, Initiator,
    connection::Shared,
    outbox::Status,
    socket::{ReadStop, Socket},
    stream::ByteStream,
    timers::{Due, Timers},
    transport::Transport,
    upgrade::Upgrade,
};

/// Wakes the driver of a connection from any thread.
#[derive(Debug, Default)]
pub(crate) struct DriverWaker(AtomicWaker);

impl Wake for DriverWaker {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake();
    }
}

/// Runs a connection from dialling to its last byte.
pub(crate) async fn run(
    shared: Arc<Shared>,
    upgrade: Upgrade,
    options: ConnectOptions,
    mut sink: impl EventSink,
) {
    let (socket, handshake) = match connect(&shared, upgrade, &options).await {
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

/// Dials and upgrades, within the time limits and only as long as somebody wants it.
async fn connect(
    shared: &Shared,
    upgrade: Upgrade,
    options: &ConnectOptions,
) -> Result<(Socket, Handshake), ConnectError> {
    let target = upgrade.target.clone();
    let work = async {
        let (stream, handshake, tail) = dial_and_upgrade(upgrade, options.clone()).await?;
        let waker = Waker::from(Arc::clone(&shared.driver));
        Ok((Socket::new(stream, tail, options, waker).await, handshake))
    };
    let limited = async {
        match options.connect_timeout {
            None => work.await,
            Some(limit) => timeout(limit, work).await.unwrap_or_else(|_| {
                Err(ConnectError::Timeout {
                    host: target.host.clone(),
                    port: target.port,
                    limit,
                })
            }),
        }
    };
    let given_up = async {
        until(shared, |status| status.closing).await;
        // What is queued may still be sent, but a close does not wait for ever; a release does not wait at all.
        let released = until(shared, |status| status.released);
        let _ = timeout(options.close_timeout, released).await;
    };
    tokio::select! {
        biased;
        result = limited => result,
        () = given_up => Err(ConnectError::Cancelled { host: target.host.clone(), port: target.port }),
    }
}

/// Dials and upgrades, wherever redirects lead.
async fn dial_and_upgrade(
    mut upgrade: Upgrade,
    mut options: ConnectOptions,
) -> Result<(ByteStream, Handshake, Vec<u8>), ConnectError> {
    for _ in 0..=options.max_redirects {
        let tcp = upgrade.route.dial().await?;
        let transport = match &upgrade.tls {
            None => Transport::Plain(tcp),
            Some(tls) => Transport::Tls(Box::new(tls.secure(tcp, &upgrade.target).await?)),
        };
        let mut stream = ByteStream::new(transport);
        match upgrade.perform(&mut stream).await {
            Ok((handshake, tail)) => return Ok((stream, handshake, tail)),
            Err(ConnectError::UpgradeRefused {
                host,
                port,
                refused,
            }) => match upgrade.redirected(&refused, &mut options)? {
                Some(next) if options.max_redirects > 0 => upgrade = next,
                _ => {
                    return Err(ConnectError::UpgradeRefused {
                        host,
                        port,
                        refused,
                    });
                }
            },
            Err(error) => return Err(error),
        }
    }
    let detail = format!(
        "it is one redirect too many, the limit is {}",
        options.max_redirects
    );
    Err(upgrade.target.bad_reply(detail))
}

/// Waits until the owner wants it so.
async fn until(shared: &Shared, wanted: impl Fn(Status) -> bool) {
    poll_fn(|cx| {
        shared.driver.0.register(cx.waker());
        if wanted(shared.outbox.status()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
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
        self.shared.driver.0.register(cx.waker());
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

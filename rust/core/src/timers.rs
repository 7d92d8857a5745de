use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::{ConnectOptions, Ending, socket::Moment};

/// Longer than any connection, and short enough to be added to an instant.
const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// The memory for deflating is kept for so long after the last message that was.
const DEFLATER_KEPT: Duration = Duration::from_secs(30);

/// The clocks of an open connection: the next ping, its pong, the close, and the rest of the compressor.
#[derive(Debug)]
pub(crate) struct Timers {
    heartbeat: Option<Heartbeat>,
    close_timeout: Duration,
    /// When the close is given up, and how much had been written when that was decided.
    close_deadline: Option<(Instant, u64)>,
    sleep: Option<Pin<Box<Sleep>>>,
}

#[derive(Debug)]
struct Heartbeat {
    interval: Duration,
    pong_timeout: Duration,
    beat: Beat,
    /// Whether the owner had given credit for reading at the last moment.
    reading: bool,
}

/// What comes next in a heartbeat, and when.
#[derive(Clone, Copy, Debug)]
enum Beat {
    Ping(Instant),
    Pong(Instant),
}

/// What is to be done now.
#[derive(Debug)]
pub(crate) enum Due {
    Ping,
    ReleaseDeflater,
    Ending(Ending),
}

enum Next {
    Now(Due),
    At(Instant),
    Never,
}

impl Timers {
    pub(crate) fn new(options: &ConnectOptions) -> Self {
        let bounded = |duration: Duration| duration.min(FOR_EVER);
        let heartbeat = options
            .ping_interval
            .map(bounded)
            .map(|interval| Heartbeat {
                interval,
                pong_timeout: options.pong_timeout.map_or(interval, bounded),
                beat: Beat::Ping(Instant::now() + interval),
                reading: true,
            });
        Self {
            heartbeat,
            close_timeout: bounded(options.close_timeout),
            close_deadline: None,
            sleep: None,
        }
    }

    /// Ready when something is due; else the task is woken when it is.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, moment: &Moment) -> Poll<Due> {
        loop {
            let deadline = match self.next(moment) {
                Next::Now(due) => return Poll::Ready(due),
                Next::At(deadline) => deadline,
                Next::Never => return Poll::Pending,
            };
            let sleep = self
                .sleep
                .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            // One that ends too early is left alone: moving it each time would cost more than being woken once.
            if sleep.is_elapsed() || sleep.deadline() > deadline {
                sleep.as_mut().reset(deadline);
            }
            ready!(sleep.as_mut().poll(cx));
        }
    }

    fn next(&mut self, moment: &Moment) -> Next {
        if moment.closing {
            return self.next_of_close(moment);
        }
        let heartbeat = match &mut self.heartbeat {
            Some(heartbeat) => heartbeat.next(moment),
            None => Next::Never,
        };
        match (heartbeat, moment.deflater_idle_since) {
            (heartbeat, None) | (heartbeat @ Next::Now(_), _) => heartbeat,
            (heartbeat, Some(since)) => {
                let release = since + DEFLATER_KEPT;
                match heartbeat {
                    _ if release <= Instant::now() => Next::Now(Due::ReleaseDeflater),
                    Next::At(deadline) => Next::At(deadline.min(release)),
                    _ => Next::At(release),
                }
            }
        }
    }

    /// A close waits for the peer, but not for ever; what is still being uploaded extends the wait.
    fn next_of_close(&mut self, moment: &Moment) -> Next {
        let now = Instant::now();
        match self.close_deadline {
            Some((deadline, written)) if written == moment.bytes_written => {
                if deadline > now {
                    return Next::At(deadline);
                }
                let error = format!(
                    "The peer did not answer the close within {:?}",
                    self.close_timeout
                );
                Next::Now(Due::Ending(Ending::unanswered(error)))
            }
            _ => {
                let deadline = now + self.close_timeout;
                self.close_deadline = Some((deadline, moment.bytes_written));
                Next::At(deadline)
            }
        }
    }
}

impl Heartbeat {
    fn next(&mut self, moment: &Moment) -> Next {
        let now = Instant::now();
        if moment.pong_received && matches!(self.beat, Beat::Pong(_)) {
            self.beat = Beat::Ping(now + self.interval);
        }
        // While the owner pauses nobody reads, so nobody can have seen the pong. It has all of its time again when
        // reading goes on: it may be behind what has piled up.
        let was_reading = std::mem::replace(&mut self.reading, moment.reading);
        if !(was_reading && moment.reading) && matches!(self.beat, Beat::Pong(_)) {
            self.beat = Beat::Pong(now + self.pong_timeout);
        }
        match self.beat {
            Beat::Ping(at) | Beat::Pong(at) if at > now => Next::At(at),
            Beat::Ping(_) => {
                self.beat = Beat::Pong(now + self.pong_timeout);
                Next::Now(Due::Ping)
            }
            Beat::Pong(_) => {
                let error = format!(
                    "The peer did not answer a ping within {:?}",
                    self.pong_timeout
                );
                Next::Now(Due::Ending(Ending::failed(CloseCode::Away, error)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);
    const QUIET: Moment = Moment {
        closing: false,
        reading: true,
        close_sent: false,
        pong_received: false,
        bytes_written: 0,
        deflater_idle_since: None,
    };

    fn timers() -> Timers {
        Timers::new(&ConnectOptions {
            ping_interval: Some(INTERVAL),
            pong_timeout: Some(Duration::from_secs(3)),
            ..ConnectOptions::default()
        })
    }

    async fn due(timers: &mut Timers, moment: Moment) -> Due {
        std::future::poll_fn(|cx| timers.poll(cx, &moment)).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_ping_is_due_an_interval_after_the_start() {
        let start = Instant::now();
        assert!(matches!(due(&mut timers(), QUIET).await, Due::Ping));
        assert_eq!(start.elapsed(), INTERVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn durations_without_end_are_no_panic() {
        let mut timers = Timers::new(&ConnectOptions {
            ping_interval: Some(Duration::MAX),
            pong_timeout: Some(Duration::MAX),
            close_timeout: Duration::MAX,
            ..ConnectOptions::default()
        });
        assert!(due(&mut timers, QUIET).now_or_never().is_none());
        let closing = Moment {
            closing: true,
            ..QUIET
        };
        assert!(due(&mut timers, closing).now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_ping_is_due_an_interval_after_the_pong() {
        let mut timers = timers();
        due(&mut timers, QUIET).await;
        tokio::time::advance(Duration::from_secs(2)).await;
        let pong = Instant::now();
        let with_pong = Moment {
            pong_received: true,
            ..QUIET
        };
        assert!(matches!(due(&mut timers, with_pong).await, Due::Ping));
        assert_eq!(pong.elapsed(), INTERVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_pong_ends_the_connection_with_1001() {
        let mut timers = timers();
        due(&mut timers, QUIET).await;
        let ping = Instant::now();
        let Due::Ending(ending) = due(&mut timers, QUIET).await else {
            panic!("another ping")
        };
        assert_eq!(
            (ending.code, ping.elapsed()),
            (1001, Duration::from_secs(3))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_owner_is_not_taken_for_a_dead_line() {
        let mut timers = timers();
        due(&mut timers, QUIET).await;
        let paused = Moment {
            reading: false,
            ..QUIET
        };
        let day = Duration::from_secs(24 * 60 * 60);
        assert!(
            tokio::time::timeout(day, due(&mut timers, paused))
                .await
                .is_err()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_the_pong_has_all_of_its_time_again() {
        let mut timers = timers();
        due(&mut timers, QUIET).await;
        let paused = Moment {
            reading: false,
            ..QUIET
        };
        assert!(due(&mut timers, paused).now_or_never().is_none());
        tokio::time::advance(Duration::from_millis(2900)).await;
        let resumed = Instant::now();
        let Due::Ending(ending) = due(&mut timers, QUIET).await else {
            panic!("another ping")
        };
        assert_eq!(
            (ending.code, resumed.elapsed()),
            (1001, Duration::from_secs(3))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_memory_for_deflating_is_released_when_it_was_idle_for_a_while() {
        let mut timers = Timers::new(&ConnectOptions::default());
        let start = Instant::now();
        let idle_since = |since| Moment {
            deflater_idle_since: Some(since),
            ..QUIET
        };
        // Used once more on the way.
        assert!(due(&mut timers, idle_since(start)).now_or_never().is_none());
        let used = start + Duration::from_secs(20);
        assert!(matches!(
            due(&mut timers, idle_since(used)).await,
            Due::ReleaseDeflater
        ));
        assert_eq!(start.elapsed(), Duration::from_secs(50));
    }

    #[tokio::test(start_paused = true)]
    async fn a_close_is_given_up_after_its_timeout() {
        let start = Instant::now();
        let closing = Moment {
            closing: true,
            ..QUIET
        };
        let Due::Ending(ending) = due(&mut timers(), closing).await else {
            panic!("a ping while closing")
        };
        assert_eq!(
            (ending.code, ending.clean, start.elapsed()),
            (1006, false, Duration::from_secs(5))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_moves_extends_the_close() {
        let mut timers = timers();
        let closing = |bytes_written| Moment {
            closing: true,
            bytes_written,
            ..QUIET
        };
        let almost = Duration::from_millis(4900);
        assert!(
            tokio::time::timeout(almost, due(&mut timers, closing(0)))
                .await
                .is_err()
        );
        assert!(
            tokio::time::timeout(almost, due(&mut timers, closing(1)))
                .await
                .is_err()
        );
        let rest = Instant::now();
        assert!(matches!(due(&mut timers, closing(1)).await, Due::Ending(_)));
        assert_eq!(rest.elapsed(), Duration::from_millis(100));
    }
}

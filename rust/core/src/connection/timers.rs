//! The timers of an open connection: heartbeat, idle timeout, close timeout, and release of the compressor's memory.
//!
//! They decide and change nothing. The driver gives them the state and does what is due.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use rust_web_socket_protocol::CloseCode;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::{ConnectOptions, Ending};

/// The longest supported duration, about 30 years. It can be added to an instant without overflow.
const MAX_DURATION: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// How long the compressor's memory is kept after the last compressed message.
const DEFLATER_KEPT: Duration = Duration::from_secs(30);

fn bounded(duration: Duration) -> Duration {
    duration.min(MAX_DURATION)
}

/// The timers of an open connection.
#[derive(Debug)]
pub(crate) struct Timers {
    heartbeat: Option<Heartbeat>,
    /// How long a pong may take, if it is not the ping interval.
    pong_timeout: Option<Duration>,
    /// The longest interval of pings on a quiet line, if it may grow.
    max_ping_interval: Option<Duration>,
    idle: Option<Idle>,
    close_timeout: Duration,
    /// When the close times out, and the bytes accepted by the operating system when that was set.
    close_deadline: Option<(Instant, u64)>,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// Pings on a quiet line. Whatever is received shows that the line works as well as a pong does, so it puts the next
/// ping off.
#[derive(Debug)]
struct Heartbeat {
    /// The interval at the moment, from `shortest` to `longest`.
    interval: Duration,
    /// The interval of a connection in use.
    shortest: Duration,
    /// The interval doubles up to this with each ping between which there was no message.
    longest: Duration,
    pong_timeout: Duration,
    beat: Beat,
    /// The bytes received at the previous call.
    received: u64,
    /// The messages of both directions at the previous call.
    messages: u64,
    /// There was a message beside the ping that is awaited, so the interval does not grow with its pong.
    was_used: bool,
    /// Whether the owner had given credit for reading at the previous call.
    reading: bool,
    /// The bytes accepted by the operating system at the previous call, if it accepted no more then.
    blocked_at: Option<u64>,
}

/// The idle timeout.
#[derive(Debug)]
struct Idle {
    timeout: Duration,
    deadline: Instant,
    /// The bytes received when the deadline was set. `None` while reading is paused.
    received: Option<u64>,
}

/// The next event of the heartbeat and its time.
#[derive(Clone, Copy, Debug)]
enum Beat {
    Ping(Instant),
    Pong(Instant),
}

/// The state of a connection that the timers need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimerInput {
    /// The owner has closed the connection.
    pub(crate) closing: bool,
    /// The owner has given credit for reading.
    pub(crate) reading: bool,
    /// Our Close frame has been written or is in the write buffer.
    pub(crate) close_sent: bool,
    /// A ping was sent behind a message since the last input.
    pub(crate) pinged: bool,
    /// Messages sent and received so far.
    pub(crate) messages: u64,
    /// Bytes accepted by the operating system so far, below TLS.
    pub(crate) bytes_taken: u64,
    /// The operating system accepts no more bytes at the moment, and there are more to write.
    pub(crate) is_blocked: bool,
    /// Bytes received so far.
    pub(crate) bytes_received: u64,
    /// When something was last deflated, if there is memory to release.
    pub(crate) deflater_idle_since: Option<Instant>,
}

/// What is due.
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
        let idle = options.idle_timeout.map(bounded).map(|timeout| Idle {
            timeout,
            deadline: Instant::now() + timeout,
            received: Some(0),
        });
        let mut timers = Self {
            heartbeat: None,
            pong_timeout: options.pong_timeout,
            max_ping_interval: options.max_ping_interval,
            idle,
            close_timeout: bounded(options.close_timeout),
            close_deadline: None,
            sleep: None,
        };
        timers.set_ping_interval(options.ping_interval);
        timers
    }

    /// How long a close waits for the peer without progress.
    pub(crate) fn close_timeout(&self) -> Duration {
        self.close_timeout
    }

    /// Pings are sent in this interval from now on. A pong that is awaited is not awaited any more.
    pub(crate) fn set_ping_interval(&mut self, interval: Option<Duration>) {
        self.heartbeat = interval.map(|interval| {
            let interval = bounded(interval);
            Heartbeat {
                interval,
                shortest: interval,
                longest: self.max_ping_interval.map_or(interval, bounded),
                // Pings without a pause between them would flood the peer.
                pong_timeout: match self.pong_timeout {
                    Some(timeout) if !interval.is_zero() => bounded(timeout),
                    _ => interval,
                },
                beat: Beat::Ping(Instant::now() + interval),
                received: 0,
                messages: 0,
                was_used: false,
                reading: true,
                blocked_at: None,
            }
        });
    }

    /// From when on a ping is sent behind a message, before it is due: a phone's radio is on then anyway.
    ///
    /// That is a quarter of the interval before. An interval that has grown ends with the first message, whose ping
    /// shows at once whether the line still works.
    pub(crate) fn early_ping(&self) -> Option<Instant> {
        let heartbeat = self.heartbeat.as_ref()?;
        let early = match heartbeat.interval > heartbeat.shortest {
            true => heartbeat.interval,
            false => heartbeat.interval / 4,
        };
        match heartbeat.beat {
            Beat::Ping(at) => at.checked_sub(early),
            Beat::Pong(_) => None,
        }
    }

    /// Ready when something is due. Otherwise the task is woken when it is.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, input: &TimerInput) -> Poll<Due> {
        loop {
            let deadline = match self.next(input) {
                Next::Now(due) => return Poll::Ready(due),
                Next::At(deadline) => deadline,
                Next::Never => return Poll::Pending,
            };
            let sleep = self
                .sleep
                .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            // A sleep that ends too early is kept: one extra wake-up costs less than resetting it each time.
            if sleep.is_elapsed() || sleep.deadline() > deadline {
                sleep.as_mut().reset(deadline);
            }
            ready!(sleep.as_mut().poll(cx));
        }
    }

    fn next(&mut self, input: &TimerInput) -> Next {
        if input.closing {
            return self.next_for_close(input);
        }
        let heartbeat = match &mut self.heartbeat {
            Some(heartbeat) => heartbeat.next(input),
            None => Next::Never,
        };
        let idle = match &mut self.idle {
            Some(idle) => idle.next(input),
            None => Next::Never,
        };
        let deflater = match input.deflater_idle_since.map(|since| since + DEFLATER_KEPT) {
            Some(release) if release <= Instant::now() => Next::Now(Due::ReleaseDeflater),
            Some(release) => Next::At(release),
            None => Next::Never,
        };
        heartbeat.or(idle).or(deflater)
    }

    /// The close timeout. It starts again whenever the operating system accepts bytes of an upload.
    fn next_for_close(&mut self, input: &TimerInput) -> Next {
        let now = Instant::now();
        match self.close_deadline {
            Some((deadline, written)) if written == input.bytes_taken => {
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
                self.close_deadline = Some((deadline, input.bytes_taken));
                Next::At(deadline)
            }
        }
    }
}

impl Next {
    /// The earlier of both.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::At(one), Self::At(other)) => Self::At(one.min(other)),
            (now @ Self::Now(_), _) | (now, Self::Never) | (_, now) => now,
        }
    }
}

impl Idle {
    fn next(&mut self, input: &TimerInput) -> Next {
        let now = Instant::now();
        let received = input.reading.then_some(input.bytes_received);
        if self.received != received {
            self.received = received;
            self.deadline = now + self.timeout;
        }
        // While reading is paused, silence of the peer can't be detected.
        if received.is_none() {
            return Next::Never;
        }
        if self.deadline > now {
            return Next::At(self.deadline);
        }
        let error = format!("The peer sent nothing for {:?}", self.timeout);
        Next::Now(Due::Ending(Ending::failed(CloseCode::Away, error)))
    }
}

impl Heartbeat {
    fn next(&mut self, input: &TimerInput) -> Next {
        let now = Instant::now();
        let is_alive =
            std::mem::replace(&mut self.received, input.bytes_received) != input.bytes_received;
        let is_in_use = std::mem::replace(&mut self.messages, input.messages) != input.messages;
        let is_awaiting = matches!(self.beat, Beat::Pong(_));
        if is_in_use {
            self.interval = self.shortest;
            self.was_used = !is_alive && (is_awaiting || input.pinged);
        } else if is_alive && is_awaiting && !std::mem::take(&mut self.was_used) {
            let longest = self.longest.max(self.shortest);
            self.interval = self.interval.saturating_mul(2).min(longest);
        }
        match self.beat {
            _ if is_alive => self.beat = Beat::Ping(now + self.interval),
            Beat::Ping(_) if input.pinged => self.beat = Beat::Pong(now + self.pong_timeout),
            Beat::Ping(at) => self.beat = Beat::Ping(at.min(now + self.interval)),
            Beat::Pong(_) => {}
        }
        // The pong can't be read while the owner pauses. The timeout starts again when reading resumes, since the pong
        // may be behind other data.
        let was_reading = std::mem::replace(&mut self.reading, input.reading);
        if !(was_reading && input.reading) && matches!(self.beat, Beat::Pong(_)) {
            self.beat = Beat::Pong(now + self.pong_timeout);
        }
        // Bytes accepted after the operating system had accepted no more were acknowledged by the peer. Others may only
        // fill the send buffer of a dead connection.
        let blocked_at = input.is_blocked.then_some(input.bytes_taken);
        let before = std::mem::replace(&mut self.blocked_at, blocked_at);
        if before.is_some_and(|written| written != input.bytes_taken)
            && matches!(self.beat, Beat::Pong(_))
        {
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
    const QUIET: TimerInput = TimerInput {
        closing: false,
        reading: true,
        close_sent: false,
        pinged: false,
        messages: 0,
        bytes_taken: 0,
        is_blocked: false,
        bytes_received: 0,
        deflater_idle_since: None,
    };

    fn timers() -> Timers {
        Timers::new(&ConnectOptions {
            ping_interval: Some(INTERVAL),
            pong_timeout: Some(Duration::from_secs(3)),
            ..ConnectOptions::default()
        })
    }

    async fn due(timers: &mut Timers, input: TimerInput) -> Due {
        std::future::poll_fn(|cx| timers.poll(cx, &input)).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_ping_is_due_an_interval_after_the_start() {
        let start = Instant::now();
        assert!(matches!(due(&mut timers(), QUIET).await, Due::Ping));
        assert_eq!(start.elapsed(), INTERVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn very_long_durations_do_not_overflow() {
        let mut timers = Timers::new(&ConnectOptions {
            ping_interval: Some(Duration::MAX),
            pong_timeout: Some(Duration::MAX),
            close_timeout: Duration::MAX,
            ..ConnectOptions::default()
        });
        assert!(due(&mut timers, QUIET).now_or_never().is_none());
        let closing = TimerInput {
            closing: true,
            ..QUIET
        };
        assert!(due(&mut timers, closing).now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_is_received_puts_the_next_ping_off() {
        let mut timers = timers();
        for bytes_received in 1..10 {
            let received = TimerInput {
                bytes_received,
                ..QUIET
            };
            assert!(due(&mut timers, received).now_or_never().is_none());
            tokio::time::advance(Duration::from_secs(9)).await;
        }
        let last = TimerInput {
            bytes_received: 10,
            ..QUIET
        };
        let start = Instant::now();
        assert!(matches!(due(&mut timers, last).await, Due::Ping));
        assert_eq!(start.elapsed(), INTERVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_is_received_answers_a_ping() {
        let mut timers = timers();
        due(&mut timers, QUIET).await;
        tokio::time::advance(Duration::from_secs(2)).await;
        let answer = Instant::now();
        let received = TimerInput {
            bytes_received: 1,
            ..QUIET
        };
        assert!(matches!(due(&mut timers, received).await, Due::Ping));
        assert_eq!(answer.elapsed(), INTERVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn a_ping_that_followed_a_message_awaits_its_pong() {
        let mut timers = timers();
        let quarter = INTERVAL / 4;
        let early = timers.early_ping().expect("a ping will be due");
        assert_eq!(early - Instant::now(), INTERVAL - quarter);
        let pinged = TimerInput {
            pinged: true,
            ..QUIET
        };
        let start = Instant::now();
        let Due::Ending(ending) = due(&mut timers, pinged).await else {
            panic!("another ping")
        };
        assert_eq!(
            (ending.code, start.elapsed()),
            (1001, Duration::from_secs(3))
        );
        assert_eq!(timers.early_ping(), None);
    }

    /// The pauses between a pong and the next ping, with `messages` at each.
    async fn pauses(timers: &mut Timers, messages: &[u64]) -> Vec<u64> {
        let mut pauses = Vec::new();
        for (at, &messages) in messages.iter().enumerate() {
            let start = Instant::now();
            let input = TimerInput {
                bytes_received: at as u64,
                messages,
                ..QUIET
            };
            assert!(matches!(due(timers, input).await, Due::Ping));
            pauses.push(start.elapsed().as_secs());
        }
        pauses
    }

    #[tokio::test(start_paused = true)]
    async fn the_interval_doubles_on_a_quiet_line_up_to_its_maximum() {
        let mut timers = Timers::new(&ConnectOptions {
            ping_interval: Some(INTERVAL),
            max_ping_interval: Some(Duration::from_secs(50)),
            ..ConnectOptions::default()
        });
        let quiet = pauses(&mut timers, &[0; 5]).await;
        assert_eq!(quiet, [10, 20, 40, 50, 50]);
        timers.set_ping_interval(Some(INTERVAL));
        assert_eq!(pauses(&mut timers, &[0, 0, 1, 1]).await, [10, 20, 10, 20]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_interval_does_not_grow_with_a_ping_beside_a_message() {
        let mut timers = Timers::new(&ConnectOptions {
            ping_interval: Some(INTERVAL),
            max_ping_interval: Some(10 * INTERVAL),
            ..ConnectOptions::default()
        });
        let pinged = TimerInput {
            pinged: true,
            messages: 1,
            ..QUIET
        };
        assert!(due(&mut timers, pinged).now_or_never().is_none());
        let pong = TimerInput {
            bytes_received: 1,
            messages: 1,
            ..QUIET
        };
        for seconds in [10, 20] {
            let start = Instant::now();
            let answered = TimerInput {
                bytes_received: seconds,
                ..pong
            };
            assert!(matches!(due(&mut timers, answered).await, Due::Ping));
            assert_eq!(start.elapsed().as_secs(), seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_is_sent_shortens_a_long_interval_at_once() {
        let mut timers = Timers::new(&ConnectOptions {
            ping_interval: Some(INTERVAL),
            max_ping_interval: Some(10 * INTERVAL),
            ..ConnectOptions::default()
        });
        assert_eq!(pauses(&mut timers, &[0; 4]).await, [10, 20, 40, 80]);
        let quiet = TimerInput {
            bytes_received: 4,
            ..QUIET
        };
        assert!(due(&mut timers, quiet).now_or_never().is_none());
        let sent = TimerInput {
            messages: 1,
            ..quiet
        };
        let start = Instant::now();
        assert!(matches!(due(&mut timers, sent).await, Due::Ping));
        assert_eq!(start.elapsed(), INTERVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn a_maximum_below_the_interval_has_no_effect() {
        let mut timers = Timers::new(&ConnectOptions {
            ping_interval: Some(INTERVAL),
            max_ping_interval: Some(Duration::ZERO),
            ..ConnectOptions::default()
        });
        assert_eq!(pauses(&mut timers, &[0; 3]).await, [10; 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_interval_that_is_set_while_a_pong_is_awaited_starts_anew() {
        let mut timers = timers();
        due(&mut timers, QUIET).await;
        tokio::time::advance(Duration::from_secs(2)).await;
        let start = Instant::now();
        timers.set_ping_interval(Some(Duration::from_secs(60)));
        assert!(matches!(due(&mut timers, QUIET).await, Due::Ping));
        assert_eq!(start.elapsed(), Duration::from_secs(60));
        timers.set_ping_interval(None);
        assert!(due(&mut timers, QUIET).now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_pong_fails_the_connection_with_1001() {
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
    async fn a_paused_owner_does_not_fail_the_connection() {
        let mut timers = timers();
        due(&mut timers, QUIET).await;
        let paused = TimerInput {
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
    async fn the_pong_timeout_starts_again_after_a_pause() {
        let mut timers = timers();
        due(&mut timers, QUIET).await;
        let paused = TimerInput {
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

    /// After a ping and some time: the duration until the timeout for the pong.
    async fn pong_missed_after(before: TimerInput, after: TimerInput) -> Duration {
        let mut timers = timers();
        due(&mut timers, QUIET).await;
        assert!(due(&mut timers, before).now_or_never().is_none());
        tokio::time::advance(Duration::from_millis(2900)).await;
        let start = Instant::now();
        let Due::Ending(ending) = due(&mut timers, after).await else {
            panic!("another ping")
        };
        assert_eq!(ending.code, 1001);
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_with_progress_extends_the_pong_timeout() {
        let uploading = |bytes_taken| TimerInput {
            bytes_taken,
            is_blocked: true,
            ..QUIET
        };
        let left = pong_missed_after(uploading(1), uploading(2)).await;
        assert_eq!(left, Duration::from_secs(3));
        let stuck = pong_missed_after(uploading(1), uploading(1)).await;
        assert_eq!(stuck, Duration::from_millis(100));
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_that_only_fill_the_send_buffer_do_not_extend_the_pong_timeout() {
        let written = |bytes_taken| TimerInput {
            bytes_taken,
            ..QUIET
        };
        let left = pong_missed_after(written(1), written(2)).await;
        assert_eq!(left, Duration::from_millis(100));
    }

    fn idle_timers() -> Timers {
        Timers::new(&ConnectOptions {
            idle_timeout: Some(INTERVAL),
            ..ConnectOptions::default()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_fails_the_connection_with_1001() {
        let mut timers = idle_timers();
        let received = |bytes_received| TimerInput {
            bytes_received,
            ..QUIET
        };
        let almost = INTERVAL - Duration::from_secs(1);
        for bytes in 0..3 {
            let waiting = due(&mut timers, received(bytes));
            assert!(tokio::time::timeout(almost, waiting).await.is_err());
        }
        let Due::Ending(ending) = due(&mut timers, received(2)).await else {
            panic!("an unexpected ping")
        };
        assert_eq!(ending.code, 1001);
        assert!(ending.error.is_some_and(|error| error.contains("10s")));
    }

    #[tokio::test(start_paused = true)]
    async fn the_idle_timeout_does_not_run_while_the_owner_pauses() {
        let mut timers = idle_timers();
        let paused = TimerInput {
            reading: false,
            ..QUIET
        };
        let day = Duration::from_secs(24 * 60 * 60);
        let waiting = due(&mut timers, paused);
        assert!(tokio::time::timeout(day, waiting).await.is_err());
        let resumed = Instant::now();
        assert!(matches!(due(&mut timers, QUIET).await, Due::Ending(_)));
        assert_eq!(resumed.elapsed(), INTERVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn the_compressors_memory_is_released_after_it_was_idle() {
        let mut timers = Timers::new(&ConnectOptions::default());
        let start = Instant::now();
        let idle_since = |since| TimerInput {
            deflater_idle_since: Some(since),
            ..QUIET
        };
        // Something is deflated in between.
        assert!(due(&mut timers, idle_since(start)).now_or_never().is_none());
        let used = start + Duration::from_secs(20);
        assert!(matches!(
            due(&mut timers, idle_since(used)).await,
            Due::ReleaseDeflater
        ));
        assert_eq!(start.elapsed(), Duration::from_secs(50));
    }

    #[tokio::test(start_paused = true)]
    async fn a_close_ends_after_its_timeout() {
        let start = Instant::now();
        let closing = TimerInput {
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
    async fn an_upload_with_progress_extends_the_close() {
        let mut timers = timers();
        let closing = |bytes_taken| TimerInput {
            closing: true,
            bytes_taken,
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

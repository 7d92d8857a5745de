//! Happy Eyeballs (RFC 8305): addresses are tried in parallel with a delay, so that one that does not respond costs
//! 250 ms and not the minutes of the operating system's timeout. [`Target`](super::target::Target) calls it.

use std::{net::SocketAddr, time::Duration};

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::timeout;

/// The delay between the starts of two attempts (section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Sorts addresses so that their families alternate (section 4). The resolver sorts them by reachability (RFC 6724), so
/// the first address stays first.
pub(crate) fn alternate_families(
    addresses: impl IntoIterator<Item = SocketAddr>,
) -> Vec<SocketAddr> {
    let mut addresses = addresses.into_iter().peekable();
    let ipv6_first = addresses.peek().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.partition(|address| address.is_ipv6() == ipv6_first);
    let mut second = second.into_iter();
    let mut ordered = Vec::new();
    for address in first {
        ordered.push(address);
        ordered.extend(second.next());
    }
    ordered.extend(second);
    ordered
}

/// Connects to the addresses. The next attempt starts when one fails or after a delay (section 5). Returns the first
/// success and drops the other attempts, or returns the last failure. `None` if there is no address.
pub(crate) async fn race<T, E, F: Future<Output = Result<T, E>>>(
    addresses: impl IntoIterator<Item = SocketAddr>,
    mut connect: impl FnMut(SocketAddr) -> F,
) -> Option<Result<T, E>> {
    let mut attempts = FuturesUnordered::new();
    let mut last_failure = None;
    for address in addresses {
        attempts.push(connect(address));
        match timeout(ATTEMPT_DELAY, attempts.next()).await {
            Ok(Some(Ok(connected))) => return Some(Ok(connected)),
            Ok(failure) => last_failure = failure,
            Err(_late) => {}
        }
    }
    while let Some(result) = attempts.next().await {
        if result.is_ok() {
            return Some(result);
        }
        last_failure = Some(result);
    }
    last_failure
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use tokio::time::{Instant, sleep};

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts
            .iter()
            .map(|text| text.parse().expect("an address"))
            .collect()
    }

    #[test]
    fn families_take_turns_after_the_first_address() {
        let cases: [(&[&str], &[&str]); 4] = [
            (
                &["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"],
                &["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"],
            ),
            (
                &["1.1.1.1:1", "[::1]:1", "[::2]:1", "[::3]:1"],
                &["1.1.1.1:1", "[::1]:1", "[::2]:1", "[::3]:1"],
            ),
            (&["2.2.2.2:1", "1.1.1.1:1"], &["2.2.2.2:1", "1.1.1.1:1"]),
            (&[], &[]),
        ];
        for (resolved, ordered) in cases {
            assert_eq!(alternate_families(addresses(resolved)), addresses(ordered));
        }
    }

    /// The outcome of an attempt: a delay in milliseconds, then a success or a failure.
    type Outcome = (u64, Result<(), &'static str>);

    const NEVER: Outcome = (1_000_000, Err("never"));

    /// Runs a race. Returns its result, its duration in milliseconds, and the start of each attempt in milliseconds.
    async fn run(outcomes: &[Outcome]) -> (Option<Result<usize, &'static str>>, u64, Vec<u64>) {
        let start = Instant::now();
        let elapsed = || u64::try_from(start.elapsed().as_millis()).expect("a test is short");
        let starts = RefCell::new(Vec::new());
        let hosts = (0..outcomes.len()).map(|_| SocketAddr::from(([127, 0, 0, 1], 1)));
        let result = race(hosts, |_| {
            let index = starts.borrow().len();
            starts.borrow_mut().push(elapsed());
            async move {
                let (delay, outcome) = outcomes[index];
                sleep(Duration::from_millis(delay)).await;
                outcome.map(|()| index)
            }
        })
        .await;
        (result, elapsed(), starts.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_connects_in_time_is_the_only_attempt() {
        assert_eq!(
            run(&[(240, Ok(())), (0, Ok(()))]).await,
            (Some(Ok(0)), 240, vec![0])
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_address_costs_250_ms() {
        assert_eq!(
            run(&[NEVER, NEVER, (10, Ok(())), NEVER]).await,
            (Some(Ok(2)), 510, vec![0, 250, 500])
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_starts_the_next_attempt_at_once() {
        assert_eq!(
            run(&[(10, Err("a")), (5, Err("b")), (10, Ok(()))]).await,
            (Some(Ok(2)), 25, vec![0, 10, 15])
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_attempt_may_still_succeed_first() {
        assert_eq!(
            run(&[(300, Ok(())), (200, Ok(()))]).await,
            (Some(Ok(0)), 300, vec![0, 250])
        );
        assert_eq!(
            run(&[(2000, Ok(())), (10, Err("a"))]).await,
            (Some(Ok(0)), 2000, vec![0, 250])
        );
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_success_the_last_failure_is_returned() {
        assert_eq!(
            run(&[(600, Err("a")), (10, Err("b")), (10, Err("c"))]).await,
            (Some(Err("a")), 600, vec![0, 250, 260])
        );
        assert_eq!(
            run(&[(1, Err("a")), (1, Err("b"))]).await,
            (Some(Err("b")), 2, vec![0, 1])
        );
        assert_eq!(run(&[]).await, (None, 0, vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn the_other_attempts_are_dropped_after_a_success() {
        struct Attempt<'a>(&'a Cell<i32>);
        impl Drop for Attempt<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() - 1);
            }
        }
        let live = &Cell::new(0);
        let hosts = addresses(&["1.1.1.1:1", "2.2.2.2:1"]);
        let won: Option<Result<(), ()>> = race(hosts, |address| {
            live.set(live.get() + 1);
            let attempt = Attempt(live);
            async move {
                let _attempt = attempt;
                let is_second = address.ip().to_string() == "2.2.2.2";
                sleep(Duration::from_secs(if is_second { 1 } else { 60 })).await;
                Ok(())
            }
        })
        .await;
        assert_eq!((won, live.get()), (Some(Ok(())), 0));
    }
}

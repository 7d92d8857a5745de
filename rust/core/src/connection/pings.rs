//! The pings of a connection until they are answered (RFC 6455 section 5.5.3). The sender adds them, and the receiver's
//! pongs answer them. When to ping is decided in [`timers`](super::timers).

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use crate::connection::stats::RoundTrips;

/// The maximum number of unanswered pings. Without it, a peer that sends no matching pong would fill the memory.
const MAX_WAITING: usize = 1024;

/// The unanswered pings. Of several that are not sent yet only the latest is sent, and its pong answers all of them.
#[derive(Debug, Default)]
pub(crate) struct Pings {
    waiting: VecDeque<Ping>,
    answered: Vec<(u64, Duration)>,
    round_trips: RoundTrips,
}

#[derive(Debug)]
struct Ping {
    /// The owner's token. `None` for a ping of the heartbeat, whose payload is empty.
    token: Option<u64>,
    /// When its frame, or the frame of a later ping, was encoded.
    sent: Option<Instant>,
}

impl Pings {
    /// Adds a ping, and returns its payload.
    ///
    /// Only the latest ping of the heartbeat is kept, and at most [`MAX_WAITING`] in total. The oldest is dropped.
    pub(crate) fn add(&mut self, token: Option<u64>) -> Bytes {
        if token.is_none() {
            self.waiting.retain(|ping| ping.token.is_some());
        }
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Ping { token, sent: None });
        payload(token)
    }

    /// All added pings have been sent.
    pub(crate) fn sent(&mut self) {
        let unsent = self.waiting.iter_mut().rev();
        for ping in unsent.take_while(|ping| ping.sent.is_none()) {
            ping.sent = Some(Instant::now());
        }
    }

    /// A pong arrived. It answers the earlier pings too, since a peer may answer the latest ping only.
    pub(crate) fn answer(&mut self, pong: &[u8]) {
        let position = self
            .waiting
            .iter()
            .position(|ping| ping.sent.is_some() && is_payload(ping.token, pong));
        let Some(position) = position else {
            return; // Unsolicited (RFC 6455 section 5.5.3).
        };
        let now = Instant::now();
        for ping in self.waiting.drain(..=position) {
            let Some(sent) = ping.sent else { continue };
            self.round_trips.add(now - sent);
            if let Some(token) = ping.token {
                self.answered.push((token, now - sent));
            }
        }
    }

    pub(crate) fn round_trips(&self) -> RoundTrips {
        self.round_trips
    }

    /// The tokens of the owner's pings that were answered since the last call, with their round trips.
    pub(crate) fn take_answered(&mut self) -> Vec<(u64, Duration)> {
        std::mem::take(&mut self.answered)
    }
}

fn payload(token: Option<u64>) -> Bytes {
    token.map_or_else(Bytes::new, |token| {
        Bytes::copy_from_slice(&token.to_be_bytes())
    })
}

fn is_payload(token: Option<u64>, pong: &[u8]) -> bool {
    token.map_or(pong.is_empty(), |token| pong == token.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_round_trip_begins_when_the_ping_is_encoded() {
        let mut pings = Pings::default();
        let payload = pings.add(Some(7));
        advance(SECOND).await;
        pings.sent();
        advance(2 * SECOND).await;
        pings.answer(&payload);
        assert_eq!(pings.take_answered(), [(7, 2 * SECOND)]);
        assert_eq!(pings.take_answered(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pong_answers_earlier_pings_too_and_no_later_one() {
        let mut pings = Pings::default();
        let mut payloads = Vec::new();
        for token in [Some(1), None, Some(2), Some(3)] {
            payloads.push(pings.add(token));
            pings.sent();
            advance(SECOND).await;
        }
        pings.answer(&payloads[2]);
        assert_eq!(pings.take_answered(), [(1, 4 * SECOND), (2, 2 * SECOND)]);
        pings.answer(&payloads[3]);
        assert_eq!(pings.take_answered(), [(3, SECOND)]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_unsolicited_pong_answers_nothing() {
        let mut pings = Pings::default();
        let payload = pings.add(Some(1));
        pings.answer(&payload);
        pings.sent();
        pings.answer(b"");
        pings.answer(b"12345678");
        assert_eq!(pings.take_answered(), []);
        pings.answer(&payload);
        assert_eq!(pings.take_answered(), [(1, Duration::ZERO)]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_unanswered_pings_is_bounded() {
        for token in [|_| None, Some] {
            let mut pings = Pings::default();
            for count in 0..10_000 {
                pings.add(token(count));
                pings.sent();
                pings.answer(b"another");
            }
            assert!(pings.waiting.len() <= MAX_WAITING);
            assert_eq!(pings.take_answered(), []);
        }
        let mut pings = Pings::default();
        let heartbeats = [None; 2].map(|token| pings.add(token));
        assert_eq!(pings.waiting.len(), 1, "the last heartbeat alone");
        pings.sent();
        advance(SECOND).await;
        pings.answer(&heartbeats[1]);
        assert_eq!(pings.round_trips().count, 1);
    }
}

//! Counters of an open connection. The sender and the receiver count, and the driver copies them once a turn.

use std::time::Duration;

use tokio::time::Instant;

/// Counters of a connection since it opened.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Bytes of frames written, without the overhead of TLS and TCP.
    pub bytes_sent: u64,
    /// Bytes of frames read, without the overhead of TLS and TCP.
    pub bytes_received: u64,
    /// Messages that were written, at least in part.
    pub sent: Traffic,
    /// Messages that were received completely and accepted.
    pub received: Traffic,
    /// Round trips of answered pings, the heartbeat's and the owner's.
    pub round_trips: RoundTrips,
    pub(crate) opened: Option<Instant>,
    pub(crate) ended: Option<Instant>,
}

impl Stats {
    /// How long the connection has been open, or was open. Zero before it opens.
    pub fn open_for(&self) -> Duration {
        let end = self.ended.unwrap_or_else(Instant::now);
        self.opened.map_or(Duration::ZERO, |opened| end - opened)
    }
}

/// Counters of messages in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Number of messages.
    pub messages: u64,
    /// Bytes of payload, uncompressed.
    pub payload: u64,
    /// Bytes of payload as on the wire, possibly compressed.
    pub payload_on_wire: u64,
}

impl Traffic {
    /// Counts a message of `size` bytes.
    pub(crate) fn add(&mut self, size: usize) {
        self.messages += 1;
        self.payload += size as u64;
    }
}

/// Round-trip times of pings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundTrips {
    /// Number of answered pings.
    pub count: u32,
    /// The latest round trip.
    pub last: Duration,
    /// The shortest round trip.
    pub least: Duration,
    sum: Duration,
}

impl RoundTrips {
    pub(crate) fn add(&mut self, round_trip: Duration) {
        self.least = match self.count {
            0 => round_trip,
            _ => self.least.min(round_trip),
        };
        self.count = self.count.saturating_add(1);
        self.last = round_trip;
        self.sum = self.sum.saturating_add(round_trip);
    }

    /// The mean of all round trips. Zero if there were none.
    pub fn average(&self) -> Duration {
        self.sum.checked_div(self.count).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_have_a_last_a_least_and_an_average() {
        let mut round_trips = RoundTrips::default();
        assert_eq!(round_trips.average(), Duration::ZERO);
        for milliseconds in [30, 10, 50] {
            round_trips.add(Duration::from_millis(milliseconds));
        }
        let RoundTrips {
            count, last, least, ..
        } = round_trips;
        let milliseconds = [last, least, round_trips.average()].map(|it| it.as_millis());
        assert_eq!((count, milliseconds), (3, [50, 10, 30]));
    }
}

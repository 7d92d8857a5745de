//! Counters of what a connection has carried.

use std::time::Duration;

use tokio::time::Instant;

/// What a connection has carried since it opened.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Bytes of frames that were written, without what TLS and TCP add.
    pub bytes_sent: u64,
    /// Bytes of frames that were read, without what TLS and TCP add.
    pub bytes_received: u64,
    /// Messages that were written, or of which the writing has begun.
    pub sent: Traffic,
    /// Messages that were read to their end and not refused.
    pub received: Traffic,
    /// Pings that were answered, the heartbeat's and the owner's.
    pub round_trips: RoundTrips,
    pub(crate) opened: Option<Instant>,
    pub(crate) ended: Option<Instant>,
}

impl Stats {
    /// How long the connection has been open, or was; zero before it is.
    pub fn open_for(&self) -> Duration {
        let end = self.ended.unwrap_or_else(Instant::now);
        self.opened.map_or(Duration::ZERO, |opened| end - opened)
    }
}

/// Messages in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many.
    pub messages: u64,
    /// Bytes of their payload as the owner has it.
    pub payload: u64,
    /// Bytes of their payload as it is on the wire, where it may be compressed.
    pub payload_on_wire: u64,
}

impl Traffic {
    /// Another message, of so many bytes.
    pub(crate) fn add(&mut self, size: usize) {
        self.messages += 1;
        self.payload += size as u64;
    }
}

/// How long pongs took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundTrips {
    /// How many there were.
    pub count: u32,
    /// The last one.
    pub last: Duration,
    /// The shortest.
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

    /// The mean of all.
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

//! The interface through which a connection reports events to its owner. Only the connection's task calls it. The
//! bridge implements it with a Dart port, the tests with a channel.

use std::{borrow::Cow, time::Duration};

use crate::{ConnectError, Ending, Handshake, Text, TracedFrame};

/// The owner of the connection no longer exists, since its isolate ended. The connection closes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerGone;

/// Receives the events of a connection, in order.
///
/// Either [`failed`](Self::failed) is called once, or [`opened`](Self::opened), then any number of batches, then
/// [`closed`](Self::closed). A batch is a run of [`text`](Self::text) and [`binary`](Self::binary), which only collect,
/// and one [`deliver`](Self::deliver), which delivers the run. Each message of a batch costs credit (see
/// [`Connection::grant`](crate::Connection::grant)). A payload of 16 KiB or more is owned, so that it can be passed on
/// without a copy. A smaller one may borrow from the read buffer.
///
/// All methods are called by the connection's task and must not block. After [`OwnerGone`] the connection closes with
/// code 1001.
pub trait EventSink: Send + 'static {
    /// The connection is open.
    fn opened(&mut self, handshake: Handshake) -> Result<(), OwnerGone>;

    /// Connecting failed. This is the last event.
    fn failed(&mut self, error: ConnectError);

    /// Returns memory for the payload of a message that is announced to have `size` bytes. It must allocate at most
    /// `fresh` bytes, since a peer can announce a size without sending it. It may return more if it reuses memory.
    /// Default: newly allocated memory.
    fn memory(&mut self, size: usize, fresh: usize) -> Vec<u8> {
        Vec::with_capacity(size.min(fresh))
    }

    /// Collects a text message. Called with a lock held: do not deliver it here.
    fn text(&mut self, text: Text<'_>);

    /// Collects a binary message. Called with a lock held: do not deliver it here.
    fn binary(&mut self, data: Cow<'_, [u8]>);

    /// Delivers the messages collected since the last call.
    fn deliver(&mut self) -> Result<(), OwnerGone>;

    /// The event that [`Connection::notify_drained`](crate::Connection::notify_drained) requested: at most that many bytes
    /// are buffered.
    fn drained(&mut self) -> Result<(), OwnerGone>;

    /// A [ping](crate::Connection::ping) with this token was answered. Default: ignored.
    fn pong(&mut self, token: u64, round_trip: Duration) -> Result<(), OwnerGone> {
        let _ = (token, round_trip);
        Ok(())
    }

    /// `received` bytes of the next message have arrived, of `total` if the frame headers say so. Default: ignored. See
    /// [`receive_progress_step`](crate::ConnectOptions::receive_progress_step).
    fn receiving(&mut self, received: u64, total: Option<u64>) -> Result<(), OwnerGone> {
        let _ = (received, total);
        Ok(())
    }

    /// Frames were sent or received, in order, while the owner [traces](crate::Connection::trace). Default: ignored.
    fn frames(&mut self, frames: Vec<TracedFrame>) -> Result<(), OwnerGone> {
        let _ = frames;
        Ok(())
    }

    /// The operating system has accepted our Close frame and everything before it, after
    /// [`Connection::close`](crate::Connection::close). At most one such event; it does not come if the connection ends
    /// first. Default: ignored.
    fn close_written(&mut self) -> Result<(), OwnerGone> {
        Ok(())
    }

    /// The connection is closed. This is the last event.
    fn closed(&mut self, ending: Ending);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A sink that drops every event, for the tests of other modules.
    pub(crate) struct Nowhere;

    impl EventSink for Nowhere {
        fn opened(&mut self, _: Handshake) -> Result<(), OwnerGone> {
            Ok(())
        }

        fn failed(&mut self, error: ConnectError) {
            panic!("{error}");
        }

        fn text(&mut self, _: Text<'_>) {}

        fn binary(&mut self, _: Cow<'_, [u8]>) {}

        fn deliver(&mut self) -> Result<(), OwnerGone> {
            Ok(())
        }

        fn drained(&mut self) -> Result<(), OwnerGone> {
            Ok(())
        }

        fn closed(&mut self, _: Ending) {}
    }
}

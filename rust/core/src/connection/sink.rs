//! The interface through which a connection tells its owner what happened.

use std::{borrow::Cow, time::Duration};

use crate::{ConnectError, Ending, Handshake, Text, TracedFrame};

/// The owner of a connection is no longer there (its isolate ended): the connection closes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerGone;

/// Takes what a connection has to tell, in the order in which it happened.
///
/// Either [`failed`](Self::failed) is called once, or [`opened`](Self::opened), then any number of batches, then
/// [`closed`](Self::closed). A batch is a run of [`text`](Self::text) and [`binary`](Self::binary), which only
/// collect, and one [`deliver`](Self::deliver), which hands the run over. Each message of a batch costs credit
/// (see [`Connection::grant`](crate::Connection::grant)). A payload of 16 KiB or more comes owned, so that it can be
/// handed on without a copy; a smaller one may be borrowed from the read buffer.
pub trait EventSink: Send + 'static {
    /// The connection is open.
    fn opened(&mut self, handshake: Handshake) -> Result<(), OwnerGone>;

    /// The connection was not made; the last event.
    fn failed(&mut self, error: ConnectError);

    /// Memory for the payload of a message that will come owned and is announced to have `size` bytes. No more than
    /// `fresh` of that may be asked of the system, since an announcement costs the peer nothing. Default: it is fresh.
    fn memory(&mut self, size: usize, fresh: usize) -> Vec<u8> {
        Vec::with_capacity(size.min(fresh))
    }

    /// A text message. Called with the socket locked: collect, don't hand over.
    fn text(&mut self, text: Text<'_>);

    /// A binary message. Called with the socket locked: collect, don't hand over.
    fn binary(&mut self, data: Cow<'_, [u8]>);

    /// Hands over what was collected since the last call.
    fn deliver(&mut self) -> Result<(), OwnerGone>;

    /// No more is buffered than [`Connection::notify_drained`](crate::Connection::notify_drained) asked for.
    fn drained(&mut self) -> Result<(), OwnerGone>;

    /// A [ping](crate::Connection::ping) with that token was answered. Default: nobody wants to know.
    fn pong(&mut self, token: u64, round_trip: Duration) -> Result<(), OwnerGone> {
        let _ = (token, round_trip);
        Ok(())
    }

    /// So much is there of the message that is received next, and so large it will be, if its frame says so. Default:
    /// nobody wants to know. See [`receive_progress_step`](crate::ConnectOptions::receive_progress_step).
    fn receiving(&mut self, received: u64, total: Option<u64>) -> Result<(), OwnerGone> {
        let _ = (received, total);
        Ok(())
    }

    /// Frames that went over the line, in order, while the owner [traces](crate::Connection::trace). Default: nobody wants
    /// to know.
    fn frames(&mut self, frames: Vec<TracedFrame>) -> Result<(), OwnerGone> {
        let _ = frames;
        Ok(())
    }

    /// The connection is closed; the last event.
    fn closed(&mut self, ending: Ending);
}

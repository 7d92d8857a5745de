//! Inflating messages in pieces (RFC 7692 section 7.2.2). The decoder calls it. It validates no text.

use std::cell::Cell;

use flate2::{Decompress, FlushDecompress, Status};

use crate::{Agreement, ProtocolError};

/// The bytes that the sender removes from the end of a compressed message (RFC 7692 section 7.2.1).
pub(crate) const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The minimum growth of the output, in bytes.
const MIN_GROWTH: usize = 4 * 1024;
/// The maximum input of one call of zlib, in bytes. Its output may be a thousand times as large.
const PIECE_SIZE: usize = 1024;
/// The maximum output of one call of zlib, in bytes.
const ROOM_SIZE: usize = 8 * 1024;
/// The maximum work of one call of [`Inflater::inflate`], in bytes of output.
const MAX_WORK: usize = 256 * 1024;
/// The work of resetting the stream after a final block (RFC 7692 section 7.2.3.4), in bytes of output that take as
/// long. Such a block may have only two bytes.
const RESET_WORK: usize = 1024;

thread_local! {
    /// Zeroed once a thread, not for each call of zlib.
    static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Inflates the messages of one connection as they arrive.
///
/// Its window is allocated with the first compressed message.
#[derive(Debug)]
pub(crate) struct Inflater {
    agreement: Agreement,
    stream: Option<Decompress>,
    /// The number of bytes of [`TAIL`] inserted after the current message.
    tail_taken: usize,
}

/// The result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inflated {
    /// Bytes of input consumed.
    pub(crate) consumed: usize,
    /// The work done, in bytes of output.
    pub(crate) work: usize,
    /// The input has no more output. Otherwise the maximum work or the limit was reached.
    pub(crate) is_done: bool,
}

impl Inflater {
    pub(crate) fn new(agreement: Agreement) -> Self {
        Self {
            agreement,
            stream: None,
            tail_taken: 0,
        }
    }

    /// Appends the inflated `input` to `output`, up to a size of `limit` bytes. Does a bounded amount of work.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        output: &mut Vec<u8>,
        limit: usize,
    ) -> Result<Inflated, ProtocolError> {
        // zlib does not support a window of 256 bytes. A larger window inflates the same data.
        let window_bits = self.agreement.server_max_window_bits.max(9);
        let stream = self
            .stream
            .get_or_insert_with(|| Decompress::new_with_window_bits(false, window_bits));
        let start = output.len();
        let mut resets = 0;
        let mut consumed = 0;
        loop {
            let work = output.len() - start + resets * RESET_WORK;
            if work >= MAX_WORK || output.len() >= limit {
                return Ok(Inflated {
                    consumed,
                    work,
                    is_done: false,
                });
            }
            if output.len() == output.capacity() {
                let growth = output.len().max(input.len() * 2).max(MIN_GROWTH);
                output.reserve_exact(growth.min(limit - output.len()));
            }
            let piece = input.get(consumed..input.len().min(consumed + PIECE_SIZE));
            let before = stream.total_in();
            let (status, has_room) = append(output, |room| {
                let before = stream.total_out();
                let piece = piece.unwrap_or_default();
                let status = stream.decompress(piece, room, FlushDecompress::None);
                (status, stream.total_out() - before)
            });
            let has_ended = status.map_err(|_| ProtocolError::Deflate)? == Status::StreamEnd;
            let taken =
                usize::try_from(stream.total_in() - before).map_err(|_| ProtocolError::Deflate)?;
            consumed += taken;
            if has_ended {
                // A final block (RFC 7692 section 7.2.3.4). A new stream follows.
                stream.reset(false);
                resets += 1;
            }
            // zlib stops before the end of its input only if it has no room.
            if has_room {
                if consumed == input.len() {
                    return Ok(Inflated {
                        consumed,
                        work: output.len() - start + resets * RESET_WORK,
                        is_done: true,
                    });
                }
                if taken == 0 && !has_ended {
                    return Err(ProtocolError::Deflate);
                }
            }
        }
    }

    /// Ends the message and appends the rest of its output. Returns whether the output is complete.
    pub(crate) fn finish(
        &mut self,
        output: &mut Vec<u8>,
        limit: usize,
    ) -> Result<bool, ProtocolError> {
        let tail = TAIL.get(self.tail_taken..).unwrap_or_default();
        let Inflated {
            consumed, is_done, ..
        } = self.inflate(tail, output, limit)?;
        self.tail_taken += consumed;
        if !is_done {
            return Ok(false);
        }
        self.tail_taken = 0;
        if self.agreement.server_no_context_takeover
            && let Some(stream) = &mut self.stream
        {
            stream.reset(false);
        }
        Ok(true)
    }
}

/// Appends to `output` what `write` writes: at most [`ROOM_SIZE`] bytes, within the capacity. `write` returns the
/// number of bytes written. Returns whether there was room for more.
///
/// flate2 can write into a vector itself, but it zeroes all spare capacity for each call. For a large message that is
/// most of the work.
pub(crate) fn append<R>(
    output: &mut Vec<u8>,
    write: impl FnOnce(&mut [u8]) -> (R, u64),
) -> (R, bool) {
    // Not available while the thread ends.
    let mut memory = ROOM.try_with(Cell::take).unwrap_or_default();
    memory.resize(ROOM_SIZE, 0);
    let size = ROOM_SIZE.min(output.capacity() - output.len());
    let (room, _) = memory.split_at_mut(size);
    let (result, written) = write(room);
    let written = usize::try_from(written).unwrap_or(usize::MAX).min(size);
    output.extend_from_slice(room.get(..written).unwrap_or_default());
    let _ = ROOM.try_with(|room| room.set(memory));
    (result, written < size)
}

use std::cell::Cell;

use flate2::{Decompress, FlushDecompress, Status};

use crate::protocol::compression::Agreement;

/// What the sender of a compressed message left out at its end (RFC 7692 section 7.2.2).
pub(crate) const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The output grows at least by so much at a time.
const MIN_GROWTH: usize = 4 * 1024;
/// So much input is taken at a time, which is at most a thousand times as much output: nobody waits long for that.
const PIECE_SIZE: usize = 1024;
/// So much output is made room for at a time.
const ROOM_SIZE: usize = 8 * 1024;
/// So much work is enough for once.
const ENOUGH: usize = 256 * 1024;
/// A last block (RFC 7692 section 7.2.3.4) has the stream start afresh, which takes as long as so much output. Two bytes
/// are enough for such a block.
const RESTART_WORK: usize = 1024;

thread_local! {
    /// Cleared once, not for each piece.
    static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Inflates the messages of one connection, piece by piece as they arrive (RFC 7692 section 7.2.2).
///
/// Its window is in memory from the first compressed message on.
#[derive(Debug)]
pub(crate) struct Inflater {
    agreement: Agreement,
    stream: Option<Decompress>,
    /// How much of [`TAIL`] the message at hand has had.
    tail_taken: usize,
}

/// How far a piece got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inflated {
    /// Bytes of input that are done with.
    pub(crate) consumed: usize,
    /// What that was worth, in bytes of output.
    pub(crate) work: usize,
    /// There is no more output to be had from the input; else that was enough for once, or as much as is allowed.
    pub(crate) is_done: bool,
}

/// Compressed data that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corrupt;

impl Inflater {
    pub(crate) fn new(agreement: Agreement) -> Self {
        Self {
            agreement,
            stream: None,
            tail_taken: 0,
        }
    }

    /// Appends what `input` holds to `output`, up to a size of `limit`.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        output: &mut Vec<u8>,
        limit: usize,
    ) -> Result<Inflated, Corrupt> {
        // A window of 256 bytes is one that zlib does not know.
        let window_bits = self.agreement.server_max_window_bits.max(9);
        let stream = self
            .stream
            .get_or_insert_with(|| Decompress::new_with_window_bits(false, window_bits));
        let start = output.len();
        let mut restarts = 0;
        let mut consumed = 0;
        loop {
            let work = output.len() - start + restarts * RESTART_WORK;
            if work >= ENOUGH || output.len() >= limit {
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
            let has_ended = status.map_err(|_| Corrupt)? == Status::StreamEnd;
            let taken = usize::try_from(stream.total_in() - before).map_err(|_| Corrupt)?;
            consumed += taken;
            if has_ended {
                // A last block (RFC 7692 section 7.2.3.4): what follows starts afresh.
                stream.reset(false);
                restarts += 1;
            }
            // While there is room, zlib goes on to the end of its input.
            if has_room {
                if consumed == input.len() {
                    return Ok(Inflated {
                        consumed,
                        work: output.len() - start + restarts * RESTART_WORK,
                        is_done: true,
                    });
                }
                if taken == 0 && !has_ended {
                    return Err(Corrupt);
                }
            }
        }
    }

    /// Ends the message: appends what is left of it; answers whether that was all.
    pub(crate) fn finish(&mut self, output: &mut Vec<u8>, limit: usize) -> Result<bool, Corrupt> {
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

/// Lets `write` append a few KiB to `output`, and nothing beyond its capacity; it answers how many bytes it wrote.
/// Answers whether there was room for more.
///
/// flate2 writes into a vector too, but clears all that is free of it each time, which for a large message is most of
/// the work.
pub(crate) fn append<R>(
    output: &mut Vec<u8>,
    write: impl FnOnce(&mut [u8]) -> (R, u64),
) -> (R, bool) {
    // Not there when a thread ends.
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

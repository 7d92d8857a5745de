//! Deflating messages in steps (RFC 7692 section 7.2.1). The encoder calls it. It makes no frames.

use bytes::Bytes;
use flate2::{Compression, FlushCompress};
use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::{
    Agreement, Compress, CompressionOptions,
    inflate::{TAIL, append},
};

/// The maximum input of one step, in bytes.
const STEP_SIZE: usize = 32 * 1024;

/// Deflates the messages of one connection.
///
/// Its memory, about 260 KiB, is allocated with the first message. It can be released between two messages. The next
/// message then does not refer to earlier ones.
#[derive(Debug)]
pub(crate) struct Deflater {
    options: CompressionOptions,
    agreement: Agreement,
    stream: Option<flate2::Compress>,
    /// The size of each piece is a multiple of this, in bytes, except for the last piece.
    piece_size: usize,
    message: Option<Deflating>,
}

/// The message that is being deflated.
#[derive(Debug)]
struct Deflating {
    opcode: OpCode,
    input: Bytes,
    consumed: usize,
    /// The part of `consumed` that was in the [`size`](Piece::size) of returned pieces.
    returned: usize,
    output: Vec<u8>,
}

/// The result of a step: the number of input bytes deflated, and a piece if one is complete.
type Step = (usize, Option<Piece>);

impl Deflater {
    /// Returns `None` if zlib does not support the agreed window.
    pub(crate) fn new(
        options: &CompressionOptions,
        agreement: Agreement,
        piece_size: Option<usize>,
    ) -> Option<Self> {
        (agreement.client_max_window_bits > 8).then(|| Self {
            options: options.clone(),
            agreement,
            stream: None,
            piece_size: piece_size.map_or(usize::MAX, |size| size.max(1)),
            message: None,
        })
    }

    /// Whether a message of `size` bytes is to be deflated.
    pub(crate) fn wants(&self, size: usize, compress: Compress) -> bool {
        match compress {
            Compress::Auto => size >= self.options.threshold,
            Compress::Always => true,
            Compress::Never => false,
        }
    }

    /// Whether there is memory to release.
    pub(crate) fn is_releasable(&self) -> bool {
        self.stream.is_some() && self.message.is_none()
    }

    /// Releases the memory.
    pub(crate) fn release(&mut self) {
        if self.message.is_none() {
            self.stream = None;
        }
    }

    /// Starts the next message. [`step`](Self::step) does the work.
    pub(crate) fn start(&mut self, opcode: OpCode, input: Bytes) {
        self.message = Some(Deflating {
            opcode,
            output: Vec::with_capacity(input.len().min(STEP_SIZE) / 2 + 64),
            input,
            consumed: 0,
            returned: 0,
        });
    }

    /// Whether a message is being deflated.
    pub(crate) fn is_busy(&self) -> bool {
        self.message.is_some()
    }

    /// Bytes of the message that are in no returned piece.
    pub(crate) fn unreturned(&self) -> usize {
        let message = self.message.as_ref();
        message.map_or(0, |message| message.input.len() - message.returned)
    }

    /// Does a bounded amount of work on the message.
    pub(crate) fn step(&mut self) -> Step {
        let Some(message) = self.message.as_mut() else {
            return (0, None);
        };
        let stream = self.stream.get_or_insert_with(|| {
            flate2::Compress::new_with_window_bits(
                Compression::new(self.options.level),
                false,
                self.agreement.client_max_window_bits,
            )
        });
        let start = message.consumed;
        let end = message.input.len().min(start + STEP_SIZE);
        let is_last = end == message.input.len();
        let flush = if is_last {
            FlushCompress::Sync
        } else {
            FlushCompress::None
        };
        let output = &mut message.output;
        loop {
            let rest = message.input.get(message.consumed..end).unwrap_or_default();
            let before = stream.total_in();
            let (_, has_room) = append(output, |room| {
                let before = stream.total_out();
                // It fails only after the end of the stream, which is never written.
                let status = stream.compress(rest, room, flush);
                (status, stream.total_out() - before)
            });
            let taken = stream.total_in() - before;
            message.consumed += usize::try_from(taken).unwrap_or_default();
            if has_room {
                break;
            }
            if output.len() == output.capacity() {
                output.reserve(output.len().max(STEP_SIZE / 2));
            }
        }
        let work = message.consumed - start;
        if is_last {
            return (work, self.last_piece());
        }
        let whole_pieces = output.len() - output.len() % self.piece_size;
        if whole_pieces == 0 {
            return (work, None);
        }
        let rest = output.split_off(whole_pieces);
        let payload = std::mem::replace(output, rest);
        (work, Some(message.piece(payload, false)))
    }

    /// Ends the message.
    fn last_piece(&mut self) -> Option<Piece> {
        if self.agreement.client_no_context_takeover
            && let Some(stream) = &mut self.stream
        {
            stream.reset();
        }
        let mut message = self.message.take()?;
        let mut payload = std::mem::take(&mut message.output);
        if payload.ends_with(&TAIL) {
            payload.truncate(payload.len() - TAIL.len());
        }
        if payload.is_empty() {
            // A flush right after a flush writes nothing. An empty message needs one byte (RFC 7692 section 7.2.3.6).
            payload.push(0);
        }
        Some(message.piece(payload, true))
    }
}

impl Deflating {
    fn piece(&mut self, payload: Vec<u8>, is_last: bool) -> Piece {
        let returned = std::mem::replace(&mut self.returned, self.consumed);
        Piece {
            opcode: std::mem::replace(&mut self.opcode, OpCode::Data(Data::Continue)),
            payload: payload.into(),
            is_last,
            size: self.consumed - returned,
        }
    }
}

/// A piece of a deflated message.
#[derive(Debug)]
pub(crate) struct Piece {
    /// The message's opcode for the first piece, continuation for the others.
    pub(crate) opcode: OpCode,
    pub(crate) payload: Bytes,
    pub(crate) is_last: bool,
    /// The number of the message's bytes that it contains, before compression.
    pub(crate) size: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ProtocolError,
        inflate::{Inflated, Inflater},
    };

    const AGREEMENT: Agreement = Agreement {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        server_max_window_bits: 15,
        client_max_window_bits: 15,
    };

    /// Deflates with one side's parameters, and inflates with the same parameters of the other side.
    struct Pair {
        deflater: Deflater,
        inflater: Inflater,
    }

    impl Pair {
        fn new(agreement: Agreement) -> Self {
            let options = CompressionOptions {
                level: 9,
                ..CompressionOptions::default()
            };
            let deflater = Deflater::new(&options, agreement, None);
            Self {
                deflater: deflater.expect("a window that zlib supports"),
                inflater: Inflater::new(agreement),
            }
        }

        fn deflate(&mut self, message: &[u8]) -> Bytes {
            let opcode = OpCode::Data(Data::Binary);
            self.deflater.start(opcode, Bytes::copy_from_slice(message));
            loop {
                if let (_, Some(piece)) = self.deflater.step() {
                    assert!(piece.is_last, "one piece");
                    assert_eq!(piece.size, message.len());
                    return piece.payload;
                }
            }
        }

        /// Inflates `payload` in pieces of `piece` bytes.
        fn inflate(&mut self, payload: &[u8], piece: usize) -> Vec<u8> {
            let mut output = Vec::new();
            for piece in payload.chunks(piece) {
                let inflated = self.inflater.inflate(piece, &mut output, usize::MAX);
                let inflated = inflated.expect("it can be inflated");
                assert_eq!((inflated.consumed, inflated.is_done), (piece.len(), true));
            }
            assert_eq!(self.inflater.finish(&mut output, usize::MAX), Ok(true));
            output
        }
    }

    fn messages() -> Vec<Vec<u8>> {
        let noise = |size: u32| -> Vec<u8> {
            (0..size)
                .map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8)
                .collect()
        };
        vec![
            b"Hello".to_vec(),
            b"Hello".to_vec(),
            Vec::new(),
            Vec::new(),
            b"Hello".repeat(50_000),
            noise(100_000),
            noise(STEP_SIZE as u32),
            noise(1),
        ]
    }

    #[test]
    fn messages_are_equal_after_deflating_and_inflating_with_every_agreement() {
        for bits in 9..=15 {
            for no_context_takeover in [false, true] {
                let mut pair = Pair::new(Agreement {
                    server_no_context_takeover: no_context_takeover,
                    client_no_context_takeover: no_context_takeover,
                    server_max_window_bits: bits,
                    client_max_window_bits: bits,
                });
                for (index, message) in messages().iter().enumerate() {
                    let payload = pair.deflate(message);
                    let piece = [1, 7, 4096, usize::MAX][index % 4];
                    assert!(
                        pair.inflate(&payload, piece) == *message,
                        "message {index}, {bits} bits"
                    );
                }
            }
        }
    }

    #[test]
    fn the_examples_of_the_rfc_are_inflated() {
        let mut pair = Pair::new(AGREEMENT);
        // RFC 7692 section 7.2.3.1 and 7.2.3.2.
        let first = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(pair.inflate(&first, 2), b"Hello");
        assert_eq!(pair.inflate(&[0xf2, 0x00, 0x11, 0x00, 0x00], 2), b"Hello");
        // Section 7.2.3.3, a stored block, and 7.2.3.4, a final block. A final block resets the window.
        for payload in [
            &[
                0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00,
            ][..],
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
            &[
                0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
            ],
        ] {
            assert_eq!(pair.inflate(payload, 3), b"Hello");
        }
    }

    #[test]
    fn without_context_takeover_equal_messages_are_equal() {
        let mut pair = Pair::new(Agreement {
            client_no_context_takeover: true,
            ..AGREEMENT
        });
        assert_eq!(pair.deflate(b"Hello"), pair.deflate(b"Hello"));
    }

    #[test]
    fn after_the_memory_is_released_messages_do_not_refer_to_earlier_ones() {
        let mut pair = Pair::new(AGREEMENT);
        assert!(!pair.deflater.is_releasable());
        let first = pair.deflate(b"Hello");
        assert!(pair.deflater.is_releasable());
        pair.deflater.release();
        assert!(!pair.deflater.is_releasable());
        let second = pair.deflate(b"Hello");
        assert_eq!(first, second);
        assert_eq!(pair.inflate(&first, 10), b"Hello");
        assert_eq!(pair.inflate(&second, 10), b"Hello");
    }

    #[test]
    fn no_more_is_inflated_than_the_limit() {
        let mut pair = Pair::new(AGREEMENT);
        let bomb = pair.deflate(&vec![0; 1_000_000]);
        assert!(bomb.len() < 5_000);
        let mut output = Vec::new();
        let inflated = pair.inflater.inflate(&bomb, &mut output, 10_000);
        assert!(matches!(inflated, Ok(Inflated { is_done: false, .. })));
        assert_eq!((output.len(), output.capacity()), (10_000, 10_000));
    }

    #[test]
    fn a_large_message_is_not_copied_for_each_piece() {
        // Stored blocks (RFC 1951 section 3.2.4).
        let size: u16 = 50_000;
        let mut block = vec![7; 5 + usize::from(size)];
        block[0] = 0;
        block[1..3].copy_from_slice(&size.to_le_bytes());
        block[3..5].copy_from_slice(&(!size).to_le_bytes());

        let mut inflater = Inflater::new(AGREEMENT);
        let mut output = Vec::new();
        let mut moves = 0;
        for _ in 0..1400 {
            let before = output.capacity();
            let inflated = inflater.inflate(&block, &mut output, usize::MAX);
            moves += usize::from(output.capacity() != before);
            assert!(matches!(inflated, Ok(Inflated { is_done: true, .. })));
        }
        assert_eq!(output.len(), 70_000_000);
        assert!(moves < 20, "{moves}");
    }

    #[test]
    fn resets_after_final_blocks_count_as_work() {
        // An empty final block of two bytes (RFC 1951 section 3.2.6).
        let blocks = [0x03, 0x00].repeat(32 * 1024);
        let mut inflater = Inflater::new(AGREEMENT);
        let mut output = Vec::new();
        let inflated = inflater.inflate(&blocks, &mut output, usize::MAX);
        let inflated = inflated.expect("it can be inflated");
        assert!(!inflated.is_done, "{inflated:?}");
        assert!(inflated.consumed < 2 * 1024, "{inflated:?}");
        assert!(inflated.work >= 256 * 1024, "{inflated:?}");
    }

    #[test]
    fn a_message_is_equal_after_deflating_in_pieces_and_inflating() {
        for piece_size in [1, 100, 10_000] {
            let options = CompressionOptions::default();
            let deflater = Deflater::new(&options, AGREEMENT, Some(piece_size));
            let mut deflater = deflater.expect("a window that zlib supports");
            let mut inflater = Inflater::new(AGREEMENT);
            for message in messages() {
                deflater.start(OpCode::Data(Data::Text), Bytes::copy_from_slice(&message));
                let mut output = Vec::new();
                let (mut size, mut deflated) = (0, 0);
                let mut opcode = OpCode::Data(Data::Text);
                loop {
                    let (work, piece) = deflater.step();
                    deflated += work;
                    let Some(piece) = piece else { continue };
                    assert_eq!(piece.opcode, opcode);
                    opcode = OpCode::Data(Data::Continue);
                    assert!(piece.is_last || piece.payload.len() % piece_size == 0);
                    size += piece.size;
                    let inflated = inflater.inflate(&piece.payload, &mut output, usize::MAX);
                    assert!(inflated.is_ok_and(|inflated| inflated.is_done));
                    if piece.is_last {
                        break;
                    }
                }
                assert_eq!((size, deflated), (message.len(), message.len()));
                assert_eq!(inflater.finish(&mut output, usize::MAX), Ok(true));
                assert!(output == message, "pieces of {piece_size}");
            }
        }
    }

    #[test]
    fn data_that_is_not_deflated_is_an_error() {
        let mut inflater = Inflater::new(AGREEMENT);
        let mut output = Vec::new();
        assert_eq!(
            inflater.inflate(&[0xff; 10], &mut output, 1000),
            Err(ProtocolError::Deflate)
        );
    }

    #[test]
    fn a_window_of_eight_bits_is_not_supported_for_deflating() {
        let agreement = Agreement {
            client_max_window_bits: 8,
            ..AGREEMENT
        };
        assert!(Deflater::new(&CompressionOptions::default(), agreement, None).is_none());
        assert!(Deflater::new(&CompressionOptions::default(), AGREEMENT, None).is_some());
    }
}

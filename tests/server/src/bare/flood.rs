//! Floods of the benchmark's server, written from prepared frames.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{deflate::Deflater, frame};
use crate::command::Payload;

/// The minimum size of a write, in bytes, so that the server is not the bottleneck.
const RUN_SIZE: usize = 256 * 1024;

/// A repeated sequence of messages.
pub(crate) struct Flood {
    /// The first sequence, with a new compression window. Empty without compression.
    first: Run,
    /// All other sequences, which begin with the same window.
    rest: Run,
}

/// Frames that are written together.
#[derive(Default)]
struct Run {
    frames: Vec<u8>,
    /// The end position of each frame.
    ends: Vec<usize>,
}

impl Flood {
    pub(crate) fn new(payload: Payload, size: usize, compressed: bool) -> io::Result<Self> {
        let opcode = match payload {
            Payload::Binary => frame::BINARY,
            Payload::Text | Payload::Chinese | Payload::Json => frame::TEXT,
        };
        let messages = payload.messages(size);
        if !compressed {
            return Ok(Self {
                first: Run::default(),
                rest: Run::new(opcode, &messages),
            });
        }
        let mut deflater = Deflater::new();
        let mut round = || {
            let deflated = messages.iter().map(|message| deflater.deflate(message));
            let deflated = deflated.collect::<io::Result<Vec<_>>>()?;
            Ok::<_, io::Error>(Run::new(frame::RSV1 | opcode, &deflated))
        };
        let (mut first, rest) = (round()?, round()?);
        first.cut(messages.len());
        Ok(Self { first, rest })
    }

    /// Writes `count` frames.
    pub(crate) async fn write(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        count: usize,
    ) -> io::Result<()> {
        let mut left = count - self.first.write(stream, count).await?;
        while left > 0 {
            left -= self.rest.write(stream, left).await?;
        }
        stream.flush().await
    }
}

impl Run {
    /// Frames of these messages, repeated up to the minimum size.
    fn new(first_byte: u8, messages: &[Vec<u8>]) -> Self {
        let mut run = Self::default();
        while run.frames.len() < RUN_SIZE {
            for message in messages {
                frame::append(&mut run.frames, first_byte, message);
                run.ends.push(run.frames.len());
            }
        }
        run
    }

    /// Keeps the first `count` frames.
    fn cut(&mut self, count: usize) {
        self.ends.truncate(count);
        self.frames
            .truncate(self.ends.last().copied().unwrap_or_default());
    }

    /// Writes at most `limit` frames. Returns how many it wrote.
    async fn write(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        limit: usize,
    ) -> io::Result<usize> {
        let count = self.ends.len().min(limit);
        let end = count.checked_sub(1).map_or(0, |last| self.ends[last]);
        stream.write_all(&self.frames[..end]).await?;
        Ok(count)
    }
}

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{deflate::Deflater, frame};
use crate::command::Payload;

/// How much is written at a time, at least: the server must not be what is waited for.
const RUN_SIZE: usize = 256 * 1024;

/// The same messages again and again.
pub(crate) struct Flood {
    /// What the first round of them begins a connection's window with; empty without compression.
    first: Run,
    /// Any other rounds: before each, the window is the same.
    rest: Run,
}

/// Frames that are written together.
#[derive(Default)]
struct Run {
    frames: Vec<u8>,
    /// Where each frame ends.
    ends: Vec<usize>,
}

impl Flood {
    pub(crate) fn new(payload: Payload, size: usize, compressed: bool) -> io::Result<Self> {
        let opcode = match payload {
            Payload::Binary => frame::BINARY,
            Payload::Text | Payload::Json => frame::TEXT,
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
    /// Frames of these messages, over and over until there are enough.
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

    /// Keeps the first so many frames.
    fn cut(&mut self, count: usize) {
        self.ends.truncate(count);
        self.frames
            .truncate(self.ends.last().copied().unwrap_or_default());
    }

    /// Writes `limit` frames if there are so many; answers how many it were.
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

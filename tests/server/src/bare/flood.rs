use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{deflate, frame};
use crate::command::Payload;

/// How much is written at a time, at least: the server must not be what is waited for.
const RUN_SIZE: usize = 256 * 1024;

/// A run of frames that is written again and again.
pub(crate) struct Flood {
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
        let messages = match payload.messages(size) {
            messages if compressed => {
                let deflated = messages.iter().map(|message| deflate::deflate(message));
                deflated.collect::<io::Result<Vec<_>>>()?
            }
            messages => messages,
        };
        let first = if compressed {
            frame::RSV1 | opcode
        } else {
            opcode
        };
        let mut flood = Self {
            frames: Vec::new(),
            ends: Vec::new(),
        };
        while flood.frames.len() < RUN_SIZE {
            for message in &messages {
                frame::append(&mut flood.frames, first, message);
                flood.ends.push(flood.frames.len());
            }
        }
        Ok(flood)
    }

    /// Writes `count` frames.
    pub(crate) async fn write(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        count: usize,
    ) -> io::Result<()> {
        for _ in 0..count / self.ends.len() {
            stream.write_all(&self.frames).await?;
        }
        if let Some(last) = (count % self.ends.len()).checked_sub(1) {
            stream.write_all(&self.frames[..self.ends[last]]).await?;
        }
        stream.flush().await
    }
}

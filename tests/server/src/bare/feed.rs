//! Feeds of the benchmark's server: texts that are due at a fixed rate.

use std::io;
use std::num::NonZeroU32;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::frame;

/// Texts that are due at a fixed rate, whether the previous ones could be written or not.
pub(crate) struct Feed {
    /// The number of texts a second.
    pub(crate) rate: NonZeroU32,
    pub(crate) count: usize,
}

impl Feed {
    /// Writes each text when it is due. It is the time at which it is due, in microseconds since 1970.
    pub(crate) async fn write(self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let (sender, mut due) = unbounded_channel();
        // Tokio's timer is too coarse: it has milliseconds.
        thread::spawn(move || self.tick(&sender));
        let mut frames = Vec::new();
        while let Some(time) = due.recv().await {
            append(&mut frames, time);
            while let Ok(time) = due.try_recv() {
                append(&mut frames, time);
            }
            stream.write_all(&frames).await?;
            stream.flush().await?;
            frames.clear();
        }
        Ok(())
    }

    /// Sends the time of each text when it is due.
    fn tick(&self, sender: &UnboundedSender<SystemTime>) {
        let (start, clock) = (SystemTime::now(), Instant::now());
        for index in 0..self.count {
            let due = Duration::from_secs(index as u64) / self.rate.get();
            thread::sleep(due.saturating_sub(clock.elapsed()));
            // The client has gone.
            if sender.send(start + due).is_err() {
                return;
            }
        }
    }
}

fn append(frames: &mut Vec<u8>, time: SystemTime) {
    let time = time.duration_since(SystemTime::UNIX_EPOCH);
    let microseconds = time.unwrap_or_default().as_micros();
    frame::append(frames, frame::TEXT, microseconds.to_string().as_bytes());
}

//! One direction of a connection: forwards bytes with the delays and the fault of its plan. The [`relay`](crate::relay)
//! runs two of them.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until};

use crate::frames::FrameFinder;
use crate::plan::{Fault, Flow, Place};
use crate::proxy::SEGMENT_SIZE;

/// The maximum size of a read, in bytes.
const CHUNK_SIZE: usize = 16 * 1024;
/// The maximum number of chunks in the pipe, so that latency does not limit throughput. It bounds a stalled direction.
const CHUNKS_UNDER_WAY: usize = 16;

/// The progress of a direction.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) bytes: AtomicU64,
    pub(crate) fired: AtomicBool,
}

/// How a whole connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It is reset, as planned or by one of its ends.
    Reset,
    HalfOpen {
        absorbs: bool,
    },
}

/// One direction of a connection.
#[derive(Debug)]
pub(crate) struct Pipe<'a> {
    flow: Flow,
    rng: Rng,
    progress: &'a Progress,
    /// The position of the fault, once it is known.
    fault_at: Option<u64>,
    finder: Option<FrameFinder>,
    /// When the bandwidth allows more bytes.
    free: Instant,
    /// How late the timer was when the bandwidth last allowed more bytes.
    overslept: Duration,
}

/// The resolution of the timer. The bandwidth may be exceeded for this long.
const TICK: Duration = Duration::from_millis(1);

impl<'a> Pipe<'a> {
    pub(crate) fn new(flow: Flow, seed: u64, progress: &'a Progress) -> Self {
        let (fault_at, finder) = match flow.fault {
            None => (None, None),
            Some((Place::Byte(at), _)) => (Some(at), None),
            Some((Place::Frame { number, part }, _)) => {
                (None, Some(FrameFinder::new(number, part)))
            }
        };
        Self {
            flow,
            rng: Rng::with_seed(seed),
            progress,
            fault_at,
            finder,
            free: Instant::now(),
            overslept: Duration::ZERO,
        }
    }

    /// Forwards bytes until the source ends, and forwards the end.
    pub(crate) async fn run(
        mut self,
        source: impl AsyncRead + Unpin,
        sink: impl AsyncWrite + Unpin,
    ) -> Result<(), Cut> {
        // Each segment may be lost.
        let largest = match self.flow.loss > 0.0 {
            true => SEGMENT_SIZE as usize,
            false => CHUNK_SIZE,
        };
        let (chunk_size, under_way) = match self.flow.queue {
            // One chunk is being read, others wait, and one is being written.
            Some(queue) => {
                let size = (queue / 3).clamp(1, largest);
                (size, (queue / size).saturating_sub(2).max(1))
            }
            None => (largest, CHUNKS_UNDER_WAY * CHUNK_SIZE / largest),
        };
        let (sender, chunks) = mpsc::channel(under_way);
        let delay = Delay {
            latency: self.flow.latency,
            jitter: self.flow.jitter,
            rng: self.rng.fork(),
            last: Instant::now(),
        };
        tokio::try_join!(
            read(source, chunk_size, sender, delay),
            self.write(sink, chunks)
        )?;
        Ok(())
    }

    async fn write(
        &mut self,
        mut sink: impl AsyncWrite + Unpin,
        mut chunks: Receiver<Chunk>,
    ) -> Result<(), Cut> {
        let mut flow = self.stop_here().await?;
        while flow.is_continue() {
            let Some(mut chunk) = chunks.recv().await else {
                break;
            };
            sleep_until(chunk.due).await;
            if self.flow.loss > 0.0 && self.rng.f64() < self.flow.loss {
                sleep(2 * self.flow.latency).await;
            }
            self.find_fault(&chunk.bytes);
            self.corrupt(&mut chunk.bytes);
            let mut rest = chunk.bytes.as_slice();
            while flow.is_continue() && !rest.is_empty() {
                let (piece, after) = rest.split_at(self.piece_size(rest.len()));
                sink.write_all(piece).await.map_err(|_| Cut::Reset)?;
                rest = after;
                self.passed(piece.len()).await;
                flow = self.stop_here().await?;
            }
        }
        // Fails if the receiver has closed, which is allowed.
        let _ = sink.shutdown().await;
        Ok(())
    }

    /// Performs the part of the plan at the current position.
    async fn stop_here(&mut self) -> Result<ControlFlow<()>, Cut> {
        let passed = self.progress.bytes.load(Ordering::Relaxed);
        while let Some(stall) = self.flow.stalls.first().filter(|stall| stall.at <= passed) {
            sleep(stall.length).await;
            self.flow.stalls.remove(0);
        }
        if self.fault_at != Some(passed) {
            return Ok(ControlFlow::Continue(()));
        }
        let cut = match self.flow.fault {
            Some((_, Fault::Fin)) => Ok(ControlFlow::Break(())),
            Some((_, Fault::Reset)) => Err(Cut::Reset),
            Some((_, Fault::HalfOpen { absorbs })) => Err(Cut::HalfOpen { absorbs }),
            None | Some((_, Fault::Corrupt(_))) => return Ok(ControlFlow::Continue(())),
        };
        self.progress.fired.store(true, Ordering::Relaxed);
        cut
    }

    fn find_fault(&mut self, bytes: &[u8]) {
        if let Some(finder) = &mut self.finder
            && let Some(at) = finder.feed(bytes)
        {
            self.fault_at = Some(at);
            self.finder = None;
        }
    }

    fn corrupt(&mut self, bytes: &mut [u8]) {
        let passed = self.progress.bytes.load(Ordering::Relaxed);
        if let Some((_, Fault::Corrupt(bits))) = self.flow.fault
            && let Some(offset) = self.fault_at.and_then(|at| at.checked_sub(passed))
            && let Some(byte) = bytes.get_mut(offset as usize)
        {
            *byte ^= bits;
            self.fault_at = None;
            self.progress.fired.store(true, Ordering::Relaxed);
        }
    }

    /// The number of bytes, of `size`, that are forwarded at once.
    fn piece_size(&mut self, size: usize) -> usize {
        let passed = self.progress.bytes.load(Ordering::Relaxed);
        let mut limit = size as u64;
        if let Some(largest) = self.flow.piece {
            limit = limit.min(self.rng.usize(1..=largest) as u64);
        }
        if let Some(bandwidth) = self.flow.bandwidth.filter(|it| it.until > passed) {
            // Fifty pieces per second.
            limit = limit.min((u64::from(bandwidth.rate) / 50).max(1));
        }
        let stops = [
            self.flow.stalls.first().map(|stall| stall.at),
            self.fault_at,
        ];
        for stop in stops.into_iter().flatten() {
            if stop > passed {
                limit = limit.min(stop - passed);
            }
        }
        limit as usize
    }

    async fn passed(&mut self, size: usize) {
        let size = size as u64;
        let passed = self.progress.bytes.fetch_add(size, Ordering::Relaxed);
        if let Some(bandwidth) = self.flow.bandwidth.filter(|it| it.until > passed) {
            let now = Instant::now();
            let busy = Duration::from_secs(size) / bandwidth.rate.max(1);
            self.free = self.free.max(now - self.overslept) + busy;
            self.overslept = Duration::ZERO;
            if self.free > now + TICK {
                sleep_until(self.free).await;
                self.overslept = self.free.elapsed();
                return;
            }
        }
        if self.flow.piece.is_some() {
            // Lets the receiver read the piece before the next one.
            yield_now().await;
        }
    }
}

/// Bytes, and when they arrive.
struct Chunk {
    due: Instant,
    bytes: Vec<u8>,
}

/// The delay of chunks.
struct Delay {
    latency: Duration,
    jitter: Duration,
    rng: Rng,
    last: Instant,
}

impl Delay {
    fn due(&mut self) -> Instant {
        let late = self.latency + self.jitter.mul_f64(self.rng.f64());
        self.last = self.last.max(Instant::now() + late);
        self.last
    }
}

async fn read(
    mut source: impl AsyncRead + Unpin,
    chunk_size: usize,
    chunks: Sender<Chunk>,
    mut delay: Delay,
) -> Result<(), Cut> {
    loop {
        let mut bytes = Vec::with_capacity(chunk_size);
        match source.read_buf(&mut bytes).await {
            Ok(0) => return Ok(()),
            Ok(_) => {
                let due = delay.due();
                // After a FIN there is no receiver. The bytes are lost, and the sender does not wait.
                let _ = chunks.send(Chunk { due, bytes }).await;
            }
            Err(_) => return Err(Cut::Reset),
        }
    }
}

/// Reads and drops bytes until the other end closes.
pub(crate) async fn absorb(mut source: impl AsyncRead + Unpin) {
    let mut rest = vec![0; CHUNK_SIZE];
    while matches!(source.read(&mut rest).await, Ok(read) if read > 0) {}
}

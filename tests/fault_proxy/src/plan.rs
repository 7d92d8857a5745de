use std::time::Duration;

use fastrand::Rng;

/// What happens to one connection.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// How long the proxy waits, with the connection accepted, before it does anything.
    pub delay: Duration,
    /// From the client to the server.
    pub up: Flow,
    /// From the server to the client.
    pub down: Flow,
    /// What jitter and pieces are drawn from.
    pub seed: u64,
}

/// What happens in one direction.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// How much later everything arrives.
    pub latency: Duration,
    /// Up to so much more is added, anew for each read. Nothing overtakes.
    pub jitter: Duration,
    /// How many bytes pass in a second. Default: any number.
    pub bandwidth: Option<Bandwidth>,
    /// About how many bytes wait in the proxy, and as many again in the operating system, before the sender has to.
    /// Default: some hundred thousand.
    pub queue: Option<usize>,
    /// Bytes are passed on in pieces of random size, at most so large. Default: as they come.
    pub piece: Option<usize>,
    /// Pauses, as of segments that are lost and sent again; in the order of their bytes.
    pub stalls: Vec<Stall>,
    /// What breaks, and where.
    pub fault: Option<(Place, Fault)>,
}

/// A limit for the first bytes, or for all.
#[derive(Clone, Copy, Debug)]
pub struct Bandwidth {
    /// Bytes in a second.
    pub rate: u32,
    /// Byte from which on there is no limit: a slow handshake has a small one.
    pub until: u64,
}

/// A pause.
#[derive(Clone, Copy, Debug)]
pub struct Stall {
    /// How many bytes pass before it.
    pub at: u64,
    /// How long it lasts.
    pub length: Duration,
}

/// Where a fault is.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// After so many bytes.
    Byte(u64),
    /// At a text or binary frame, the first has number 0. The proxy follows the frames, so they must
    /// not be encrypted.
    Frame {
        /// Which frame.
        number: usize,
        /// Which byte of it.
        part: FramePart,
    },
}

/// A byte of a frame (RFC 6455 section 5.2).
#[derive(Clone, Copy, Debug)]
pub enum FramePart {
    /// The first: FIN, reserved bits, opcode.
    Opcode,
    /// The second: MASK and length.
    Length,
    /// One of the payload.
    Payload(u64),
}

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The receiver gets a FIN and nothing more; the other direction goes on.
    Fin,
    /// Both ends get a RST.
    Reset,
    /// Nothing passes any more, in neither direction, and neither end is told.
    HalfOpen {
        /// What the client sends is still acknowledged, to be lost.
        absorbs: bool,
    },
    /// These bits of the byte are flipped.
    Corrupt(u8),
}

impl Flow {
    /// A direction that is slow or uneven in a random way and loses nothing. Of up to `size` bytes it holds none up
    /// for much longer than half a second.
    pub fn uneven(rng: &mut Rng, size: u64) -> Self {
        let mut flow = Self::default();
        if rng.u8(..3) == 0 {
            flow.latency = Duration::from_millis(rng.u64(1..30));
        }
        if rng.u8(..3) == 0 {
            flow.jitter = Duration::from_millis(rng.u64(1..20));
        }
        match rng.u8(..6) {
            // As slow as the size allows.
            0 => {
                flow.bandwidth = Some(Bandwidth {
                    rate: u32::try_from(4 * size).unwrap_or(u32::MAX).max(1000),
                    until: u64::MAX,
                });
            }
            // A slow handshake.
            1 => {
                flow.bandwidth = Some(Bandwidth {
                    rate: rng.u32(300..3000),
                    until: rng.u64(1..150),
                });
            }
            _ => {}
        }
        // A few hundred of them at the most, since each takes a turn of the scheduler.
        let least = usize::try_from(size / 256).unwrap_or(usize::MAX);
        flow.piece = match rng.u8(..6) {
            0 if size < 4 * 1024 => Some(1),
            1 => Some(rng.usize(1..16).max(least)),
            2 => Some(rng.usize(1..4096).max(least)),
            _ => None,
        };
        if rng.u8(..4) == 0 {
            flow.stalls = (0..rng.usize(1..3))
                .map(|_| Stall {
                    at: offset(rng, size),
                    length: Duration::from_millis(rng.u64(1..150)),
                })
                .collect();
            flow.stalls.sort_by_key(|stall| stall.at);
        }
        flow
    }
}

impl Plan {
    /// Both directions [uneven](Flow::uneven).
    pub fn uneven(rng: &mut Rng, size: u64) -> Self {
        Self {
            delay: match rng.u8(..6) {
                0 => Duration::from_millis(rng.u64(1..100)),
                _ => Duration::ZERO,
            },
            up: Flow::uneven(rng, size),
            down: Flow::uneven(rng, size),
            seed: rng.u64(..),
        }
    }

    /// An uneven line, of which every second one breaks within the first `size` bytes.
    pub fn random(rng: &mut Rng, size: u64) -> Self {
        let mut plan = Self::uneven(rng, size);
        if rng.bool() {
            let fault = match rng.u8(..4) {
                0 => Fault::Fin,
                1 => Fault::Reset,
                2 => Fault::HalfOpen {
                    absorbs: rng.bool(),
                },
                _ => Fault::Corrupt(1 << rng.u8(..8)),
            };
            let flow = if rng.bool() {
                &mut plan.up
            } else {
                &mut plan.down
            };
            flow.fault = Some((Place::Byte(offset(rng, size)), fault));
        }
        plan
    }
}

/// A byte below `size`, an early one as often as a late one: one of the first ten, of the first hundred and so on is
/// equally likely.
pub(crate) fn offset(rng: &mut Rng, size: u64) -> u64 {
    let exponent = rng.f64() * (size.max(1) as f64).ln();
    (exponent.exp() as u64).saturating_sub(1)
}

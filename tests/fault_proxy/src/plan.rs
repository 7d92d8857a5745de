//! Plans of connections, made by a test or by a seeded generator. They only describe; the [`pipe`](crate::pipe) applies
//! them.

use std::time::Duration;

use fastrand::Rng;

/// What happens to one connection.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// How long the proxy waits after accepting the connection, before it does anything.
    pub delay: Duration,
    /// From the client to the server.
    pub up: Flow,
    /// From the server to the client.
    pub down: Flow,
    /// Seed of the jitter, of the losses and of the pieces.
    pub seed: u64,
}

/// What happens in one direction.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// The delay of all bytes.
    pub latency: Duration,
    /// Maximum additional delay, random for each read. The order is kept.
    pub jitter: Duration,
    /// The probability that a segment is lost, from 0 to 1. Then it and all that follows arrive one round trip later,
    /// twice the latency, as after a retransmission.
    pub loss: f64,
    /// Maximum rate. Default: none, no limit.
    pub bandwidth: Option<Bandwidth>,
    /// About the number of bytes that wait in the proxy, and as many again in the operating system, before the sender
    /// is blocked. Default: some hundred thousand.
    pub queue: Option<usize>,
    /// Maximum size of the random pieces in which bytes are forwarded. Default: none, as they arrive.
    pub piece: Option<usize>,
    /// Pauses, as for lost segments that are sent again, in the order of their positions.
    pub stalls: Vec<Stall>,
    /// The fault and its position. Default: none.
    pub fault: Option<(Place, Fault)>,
}

/// A limit for the first bytes, or for all bytes.
#[derive(Clone, Copy, Debug)]
pub struct Bandwidth {
    /// Bytes per second.
    pub rate: u32,
    /// The limit ends at this byte. A slow handshake has a small value.
    pub until: u64,
}

impl Bandwidth {
    /// A limit for all bytes, in bytes per second.
    pub fn always(rate: u32) -> Self {
        let until = u64::MAX;
        Self { rate, until }
    }
}

/// A pause.
#[derive(Clone, Copy, Debug)]
pub struct Stall {
    /// The number of bytes before it.
    pub at: u64,
    /// Its duration.
    pub length: Duration,
}

/// The position of a fault.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// After this many bytes.
    Byte(u64),
    /// At a text or binary frame, of which the first has number 0. The proxy parses the frames, so they must not be
    /// encrypted.
    Frame {
        /// The number of the frame.
        number: usize,
        /// The byte of the frame.
        part: FramePart,
    },
}

/// A byte of a frame (RFC 6455 section 5.2).
#[derive(Clone, Copy, Debug)]
pub enum FramePart {
    /// The first byte: FIN, reserved bits, opcode.
    Opcode,
    /// The second byte: MASK and length.
    Length,
    /// A byte of the payload, by its position.
    Payload(u64),
}

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The receiver gets a FIN and nothing more. The other direction continues.
    Fin,
    /// Both ends get a RST.
    Reset,
    /// Nothing is forwarded in either direction, and neither end is closed.
    HalfOpen {
        /// Whether bytes of the client are still acknowledged, and dropped.
        absorbs: bool,
    },
    /// These bits of the byte are flipped.
    Corrupt(u8),
}

impl Flow {
    /// A random direction that is slow or uneven and loses nothing. It delays `size` bytes by little more than half a
    /// second.
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
        // At most a few hundred pieces, since each takes a turn of the scheduler.
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
    /// Both directions are [uneven](Flow::uneven).
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

    /// An uneven connection. Every second one has a fault within the first `size` bytes.
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

/// A random position below `size`. Its magnitude is random, so that early and late positions are equally frequent.
pub(crate) fn offset(rng: &mut Rng, size: u64) -> u64 {
    let exponent = rng.f64() * (size.max(1) as f64).ln();
    (exponent.exp() as u64).saturating_sub(1)
}

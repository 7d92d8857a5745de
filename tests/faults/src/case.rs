//! A test case: a random script of connections and faults, generated from a seed before it begins.

use std::fmt;
use std::time::Duration;

use fastrand::Rng;
use fault_proxy::{Fault, Flow, FramePart, Place, Plan};
use tokio_tungstenite::tungstenite::Message;

/// A limit that a connection without losses never reaches, also on a busy machine.
const GENEROUS_LIMIT: Duration = Duration::from_secs(75);
/// The maximum size of a message, in bytes.
const MAX_MESSAGE_SIZE: usize = 300_000;
/// The maximum size of the request or of the response, with TLS, in bytes.
const HANDSHAKE_SIZE: u64 = 3000;
/// The minimum size of the request and of the response, in bytes.
const HEADER_SIZE: u64 = 120;

/// A few consecutive connections to one server.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) tls: bool,
    pub(crate) visits: Vec<Visit>,
}

/// One connection.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) trouble: Trouble,
    pub(crate) plan: Plan,
    pub(crate) limits: Limits,
    pub(crate) steps: Vec<Step>,
    pub(crate) end: End,
}

/// What can go wrong, which determines what the model expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing: at most the connection is uneven.
    None,
    /// A FIN or a RST, if the connection reaches that point.
    Cut,
    /// The connection becomes silent, if it reaches that point. Time limits are short.
    Silence,
    /// The handshake takes longer than the connect timeout.
    SlowHandshake,
    /// A byte of the HTTP handshake is changed. The connect timeout is short.
    CorruptHandshake,
    /// A frame of the server is invalid. The client must close with `code`. `before` complete messages precede it.
    CorruptFrame { code: u16, before: usize },
    /// A byte of a frame is changed, so that anything may follow. `before` complete messages precede it.
    CorruptAnything { before: usize },
    /// A byte below TLS is changed. Time limits are short, since it may be one of a length.
    CorruptTls,
}

/// The options of the connection.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) connect: Option<Duration>,
    pub(crate) close: Duration,
    /// The ping interval and the pong timeout.
    pub(crate) ping: Option<(Duration, Duration)>,
    pub(crate) message_size: Option<usize>,
    /// How long the client waits for each expected event before it continues. `None`: without a limit.
    pub(crate) patience: Option<Duration>,
}

/// A step of the client.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends a message without a flush.
    Send(Message),
    /// Requests `count` messages of a size from the server.
    Flood {
        count: usize,
        size: usize,
        binary: bool,
    },
    /// Requests a ping from the server, and waits for its report of the pong.
    Ping(String),
    /// Flushes.
    Flush,
    /// Flushes, and waits for everything that the server has to send.
    Await,
    /// Waits until at most this many bytes are buffered.
    Drain(usize),
    /// Takes no events for this long.
    Pause(Duration),
    /// Waits until the connection is open.
    Open,
}

/// How the connection is ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The client closes it.
    Close { code: Option<u16>, reason: String },
    /// The client drops it.
    Release,
    /// The client drops the sink, then causes an event.
    Vanish,
    /// The server closes it.
    ServerClose { code: Option<u16>, reason: String },
    /// The server drops it.
    ServerDrop,
    /// The server sends a message over the limit.
    Oversize { size: usize },
    /// The client waits for the trouble to end it. If it may not, it closes after its patience.
    Wait,
}

/// Messages are shown by their size.
impl fmt::Debug for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(Message::Text(text)) => write!(formatter, "text {}", text.len()),
            Self::Send(message) => write!(formatter, "binary {}", message.len()),
            Self::Flood {
                count,
                size,
                binary,
            } => write!(formatter, "flood {count} {size} binary={binary}"),
            Self::Ping(payload) => write!(formatter, "ping {payload}"),
            Self::Flush => write!(formatter, "flush"),
            Self::Await => write!(formatter, "await"),
            Self::Drain(mark) => write!(formatter, "drain {mark}"),
            Self::Pause(length) => write!(formatter, "pause {length:?}"),
            Self::Open => write!(formatter, "open"),
        }
    }
}

/// The maximum size of a frame's header, in bytes.
const FRAME_OVERHEAD: u64 = 14;

impl Step {
    /// The number of bytes on the wire, in the larger direction.
    fn size(&self) -> u64 {
        match self {
            Self::Send(message) => message.len() as u64 + FRAME_OVERHEAD,
            Self::Flood { count, size, .. } => *count as u64 * (*size as u64 + FRAME_OVERHEAD),
            _ => 0,
        }
    }
}

impl End {
    fn size(&self) -> u64 {
        match self {
            Self::Oversize { size } => *size as u64,
            _ => 0,
        }
    }
}

impl Case {
    /// The case with this number. The same seed and number make the same case.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        // Mixes the seed, so that adjacent seeds give different sequences.
        let mut rng = Rng::with_seed(Rng::with_seed(seed).u64(..) ^ number);
        rng = Rng::with_seed(rng.u64(..));
        let tls = rng.u8(..3) == 0;
        let visits = rng.usize(1..=3);
        Self {
            tls,
            visits: (0..visits).map(|_| Visit::new(&mut rng, tls)).collect(),
        }
    }
}

impl Visit {
    fn new(rng: &mut Rng, tls: bool) -> Self {
        let trouble = match rng.u8(..16) {
            0..5 => Trouble::None,
            5..9 => Trouble::Cut,
            9..12 => Trouble::Silence,
            12 => Trouble::SlowHandshake,
            _ if tls => Trouble::CorruptTls,
            13 => Trouble::CorruptHandshake,
            14 => Trouble::CorruptFrame { code: 0, before: 0 },
            _ => Trouble::CorruptAnything { before: 0 },
        };
        let mut limits = limits(rng, trouble);
        let end = end(rng, trouble, &mut limits);
        let messages = messages(rng, trouble);
        let steps = steps(rng, trouble, &limits, &messages);
        let size = HANDSHAKE_SIZE + steps.iter().map(Step::size).sum::<u64>() + end.size();
        let mut visit = Self {
            trouble,
            plan: Plan::uneven(rng, size),
            limits,
            steps,
            end,
        };
        // tungstenite's server rejects a request that arrives byte by byte, as an attack.
        visit.plan.up.piece = visit.plan.up.piece.map(|piece| piece.max(16));
        visit.plan_trouble(rng, size, &messages);
        visit
    }

    /// Whether the trouble always ends the connection, if the client waits.
    pub(crate) fn ends_by_itself(&self) -> bool {
        match self.trouble {
            Trouble::Cut | Trouble::SlowHandshake | Trouble::CorruptFrame { .. } => true,
            Trouble::Silence => self.limits.ping.is_some(),
            _ => false,
        }
    }

    /// Plans the trouble.
    fn plan_trouble(&mut self, rng: &mut Rng, size: u64, messages: &[Message]) {
        let byte = match self.end {
            // A fault that is always reached.
            End::Wait => {
                rng.u64(..HEADER_SIZE + messages.iter().map(|it| it.len() as u64).sum::<u64>())
            }
            _ => offset(rng, size),
        };
        let mut byte = Place::Byte(byte);
        match &mut self.trouble {
            Trouble::None => {}
            Trouble::Cut => {
                let fault = rng.choice([Fault::Fin, Fault::Reset]);
                either(rng, &mut self.plan).fault = fault.map(|fault| (byte, fault));
            }
            Trouble::Silence => {
                let absorbs = rng.bool();
                if self.end == End::Release && rng.bool() {
                    // Within the handshake, and only the release ends it.
                    byte = Place::Byte(rng.u64(..HEADER_SIZE));
                    self.limits.connect = None;
                    self.limits.close = GENEROUS_LIMIT;
                }
                either(rng, &mut self.plan).fault = Some((byte, Fault::HalfOpen { absorbs }));
            }
            Trouble::SlowHandshake => {
                let limit = Duration::from_millis(rng.u64(50..200));
                self.plan.delay = limit * 20;
                self.limits.connect = Some(limit);
            }
            Trouble::CorruptHandshake => {
                let place = Place::Byte(rng.u64(..HEADER_SIZE));
                let flip = Fault::Corrupt(rng.u8(1..));
                either(rng, &mut self.plan).fault = Some((place, flip));
            }
            Trouble::CorruptTls => {
                let flip = Fault::Corrupt(rng.u8(1..));
                either(rng, &mut self.plan).fault = Some((byte, flip));
            }
            Trouble::CorruptFrame { code, before } => {
                let number = rng.usize(..messages.len());
                *before = number;
                let payload = messages[number].len() as u64;
                let (part, bits);
                (*code, part, bits) = match rng.u8(..3) {
                    // Not valid in UTF-8, alone or with the next byte: the text is ASCII.
                    0 if messages[number].is_text() && payload > 0 => {
                        (1007, FramePart::Payload(rng.u64(..payload)), 0x80)
                    }
                    // A reserved opcode.
                    1 => (1002, FramePart::Opcode, 0x04),
                    // A reserved bit.
                    _ => (1002, FramePart::Opcode, 0x10 << rng.u8(..3)),
                };
                let place = Place::Frame { number, part };
                self.plan.down.fault = Some((place, Fault::Corrupt(bits)));
            }
            Trouble::CorruptAnything { before } => {
                let number = rng.usize(..messages.len());
                *before = number;
                let part = match rng.u8(..4) {
                    0 => FramePart::Opcode,
                    1 | 2 => FramePart::Length,
                    _ => FramePart::Payload(rng.u64(..=messages[number].len() as u64)),
                };
                let place = Place::Frame { number, part };
                let flip = Fault::Corrupt(rng.u8(1..));
                either(rng, &mut self.plan).fault = Some((place, flip));
            }
        }
    }
}

fn either<'a>(rng: &mut Rng, plan: &'a mut Plan) -> &'a mut Flow {
    if rng.bool() {
        &mut plan.up
    } else {
        &mut plan.down
    }
}

/// A position in the handshake or in the rest, with equal probability.
fn offset(rng: &mut Rng, size: u64) -> u64 {
    if rng.u8(..3) == 0 {
        rng.u64(..HEADER_SIZE * 2)
    } else {
        rng.u64(HEADER_SIZE..size)
    }
}

fn limits(rng: &mut Rng, trouble: Trouble) -> Limits {
    let mut short = |range: std::ops::Range<u64>| Duration::from_millis(rng.u64(range));
    match trouble {
        Trouble::None | Trouble::Cut | Trouble::SlowHandshake | Trouble::CorruptFrame { .. } => {
            Limits {
                connect: Some(GENEROUS_LIMIT),
                close: GENEROUS_LIMIT,
                ping: Some((short(5..100), GENEROUS_LIMIT)),
                message_size: None,
                patience: None,
            }
        }
        Trouble::Silence
        | Trouble::CorruptHandshake
        | Trouble::CorruptAnything { .. }
        | Trouble::CorruptTls => Limits {
            connect: Some(short(200..600)),
            close: short(50..400),
            ping: Some((short(20..200), short(100..400))),
            message_size: None,
            patience: Some(short(50..600)),
        },
    }
    .with_fewer(rng, trouble)
}

impl Limits {
    fn with_fewer(mut self, rng: &mut Rng, trouble: Trouble) -> Self {
        if rng.bool() {
            self.ping = None;
        }
        // Only without trouble: nothing else would end a connect that becomes silent.
        if trouble == Trouble::None && rng.bool() {
            self.connect = None;
        }
        self
    }
}

fn end(rng: &mut Rng, trouble: Trouble, limits: &mut Limits) -> End {
    if matches!(trouble, Trouble::CorruptFrame { .. }) {
        return End::Wait;
    }
    match rng.u8(..16) {
        0..6 => End::Close {
            code: close_code(rng),
            reason: reason(rng),
        },
        6..8 => End::Release,
        8 => End::Vanish,
        9..12 => End::ServerClose {
            code: close_code(rng),
            reason: reason(rng),
        },
        12 => End::ServerDrop,
        13 => {
            let limit = rng.usize(MAX_MESSAGE_SIZE..2 * MAX_MESSAGE_SIZE);
            limits.message_size = Some(limit);
            End::Oversize {
                size: limit + rng.usize(1..1000),
            }
        }
        // Without trouble there is nothing to wait for.
        _ if trouble == Trouble::None => End::Close {
            code: Some(1000),
            reason: String::new(),
        },
        _ => End::Wait,
    }
}

/// Not 1014, which tungstenite does not support.
fn close_code(rng: &mut Rng) -> Option<u16> {
    match rng.u8(..4) {
        0 => None,
        1 => Some(1000),
        2 => Some(rng.u16(3000..5000)),
        _ => rng.choice([1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013]),
    }
}

fn reason(rng: &mut Rng) -> String {
    match rng.u8(..3) {
        0 => String::new(),
        1 => "on purpose".into(),
        _ => "ü".repeat(rng.usize(1..=61)),
    }
}

fn messages(rng: &mut Rng, trouble: Trouble) -> Vec<Message> {
    let ascii = matches!(trouble, Trouble::CorruptFrame { .. });
    // One of them will be corrupted.
    let least = usize::from(ascii || matches!(trouble, Trouble::CorruptAnything { .. }));
    let count = match rng.u8(..8) {
        0 => rng.usize(20..200),
        _ => rng.usize(least..20),
    };
    let largest = match rng.u8(..10) {
        0..6 => 126,
        6..8 => 4096,
        8 => 70_000,
        _ => MAX_MESSAGE_SIZE,
    };
    let mut budget = 600_000_usize;
    (0..count)
        .map(|index| {
            let size = rng.usize(..=largest).min(budget);
            budget -= size;
            message(rng, index, size, ascii)
        })
        .collect()
}

/// A message that differs from all others of the connection, if its size allows. It is not a command to the server.
fn message(rng: &mut Rng, index: usize, size: usize, ascii: bool) -> Message {
    if rng.bool() {
        let mut data = index.to_be_bytes().to_vec();
        data.resize_with(size, || rng.u8(..));
        return Message::binary(data);
    }
    let mut text = format!("{index} ");
    text.truncate(size);
    while text.len() < size {
        let next = match rng.u8(..8) {
            0 if !ascii => rng.choice(['ü', '你', '😀']).unwrap_or('ü'),
            _ => rng.alphanumeric(),
        };
        text.push(if text.len() + next.len_utf8() > size {
            'x'
        } else {
            next
        });
    }
    Message::text(text)
}

fn steps(rng: &mut Rng, trouble: Trouble, limits: &Limits, messages: &[Message]) -> Vec<Step> {
    // The first corrupted message is known only if each message is an echo.
    let only_echoes = matches!(
        trouble,
        Trouble::CorruptFrame { .. } | Trouble::CorruptAnything { .. }
    );
    let mut steps = Vec::new();
    if rng.bool() {
        steps.push(Step::Open);
    }
    for message in messages {
        steps.push(Step::Send(message.clone()));
        match rng.u8(..24) {
            0 if !only_echoes && limits.patience.is_none() && rng.u8(..20) == 0 => {
                // More than is read ahead, while the owner takes nothing.
                steps.push(Step::Flood {
                    count: 100,
                    size: 60_000,
                    binary: rng.bool(),
                });
                steps.push(Step::Flush);
                steps.push(Step::Pause(Duration::from_millis(200)));
                steps.push(Step::Await);
            }
            0 => steps.push(Step::Await),
            1 => steps.push(Step::Drain(rng.usize(..4096))),
            2 => steps.push(Step::Pause(Duration::from_millis(rng.u64(..30)))),
            3 if !only_echoes => {
                let largest = rng.choice([10, 1000, 20_000]).unwrap_or(10);
                steps.push(Step::Flood {
                    count: rng.usize(1..30),
                    size: rng.usize(..largest),
                    binary: rng.bool(),
                });
            }
            // The order of a pong that is not awaited and other messages is not determined.
            4 if !only_echoes && limits.patience.is_none() => {
                steps.push(Step::Ping(rng.u32(..).to_string()))
            }
            5..16 => steps.push(Step::Flush),
            _ => {}
        }
    }
    if rng.u8(..3) > 0 || matches!(trouble, Trouble::CorruptFrame { .. }) {
        steps.push(Step::Await);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_number_make_the_same_case() {
        let shown = |seed, number| format!("{:?}", Case::new(seed, number));
        assert_eq!(shown(3, 4), shown(3, 4));
        assert_ne!(shown(3, 4), shown(3, 5));
        assert_ne!(shown(3, 4), shown(4, 3));
    }
}

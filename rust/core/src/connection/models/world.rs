//! A connection whose driver and owner's threads loom runs in every order.

use std::{
    borrow::Cow,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Wake, Waker},
    time::Duration,
};

use bytes::Bytes;
use loom::{
    sync::atomic::{AtomicBool, Ordering},
    thread::{Builder, JoinHandle},
};
use rust_web_socket_protocol::{Compress, Text};
use tokio::runtime;

use super::line::Line;
use crate::{
    ConnectError, ConnectOptions, Ending, EventSink, Handshake, OwnerGone, SendError, TracedFrame,
    connection::{
        driver,
        duplex::Duplex,
        outbox::{Message, Outgoing},
        shared::Shared,
    },
    net::stream::ByteStream,
    sync::Mutex,
};

/// What the owner was told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A batch of that many messages.
    Batch(usize),
    Drained,
    Pong(u64),
    Frames,
    CloseWritten,
    Closed(u16),
}

/// Runs `model` with every order of what its threads do, up to a number of switches between threads that are not
/// needed.
pub(super) fn check(model: impl Fn() + Sync + Send + 'static) {
    // The close timeout needs a runtime. It never runs, so no time passes.
    let runtime = runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let _inside = runtime.enter();
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.max_branches = 10_000;
    let model = Arc::new(model);
    builder.check(move || {
        let model = Arc::clone(&model);
        let running = spawn(move || model());
        running.join().expect("no panic");
    });
}

/// Starts a thread. Its stack is larger than loom's default, which a driver that is not optimised overflows.
fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let builder = Builder::new().stack_size(64 * 1024);
    builder.spawn(work).expect("a thread")
}

/// What the threads share.
#[derive(Clone)]
pub(super) struct World {
    pub(super) shared: Arc<Shared<Line>>,
    pub(super) line: Line,
    events: Arc<Mutex<Vec<Event>>>,
}

impl World {
    /// A connection that opens when its driver is first polled.
    pub(super) fn new() -> (Self, Driver) {
        let world = Self {
            shared: Arc::default(),
            line: Line::default(),
            events: Arc::default(),
        };
        let World { shared, line, .. } = world.clone();
        let sink = Recorder {
            messages: 0,
            events: Arc::clone(&world.events),
        };
        let future = async move {
            let options = ConnectOptions::default()
                .ping_interval(None)
                .close_timeout(Duration::from_secs(24 * 60 * 60));
            let stream = ByteStream::new(line);
            let waker = Waker::from(Arc::clone(&shared.driver));
            let duplex = Duplex::new(stream, Vec::new(), None, &options, waker);
            let handshake = Handshake {
                protocol: None,
                extensions: String::new(),
                headers: Vec::new(),
                agreement: None,
            };
            driver::drive(shared, duplex, handshake, &options, sink).await;
        };
        let driver = Driver {
            future: Some(Box::pin(future)),
            task: Arc::new(Task {
                is_woken: AtomicBool::new(true),
            }),
        };
        (world, driver)
    }

    /// A connection that is open and idle.
    pub(super) fn open() -> (Self, Driver) {
        let (world, mut driver) = Self::new();
        driver.run();
        (world, driver)
    }

    /// Queues a message.
    pub(super) fn push(&self, payload: &'static str) -> Result<(), SendError> {
        self.shared.push(Outgoing::Message(Message {
            is_text: true,
            payload: Bytes::from_static(payload.as_bytes()),
            compress: Compress::Never,
        }))
    }

    /// Queues a message and flushes, as Dart does in each turn of its event loop.
    pub(super) fn send(&self, payload: &'static str) {
        self.push(payload).expect("it is open");
        self.shared.flush();
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.events.lock().clone()
    }

    pub(super) fn count(&self, wanted: &Event) -> usize {
        self.events()
            .iter()
            .filter(|event| *event == wanted)
            .count()
    }

    /// The messages that have arrived at the peer.
    pub(super) fn messages(&self) -> Vec<String> {
        let frames = self.line.frames().into_iter();
        let texts = frames.filter(|(opcode, _)| *opcode == 1);
        texts
            .map(|(_, payload)| String::from_utf8(payload).expect("text"))
            .collect()
    }

    /// Runs the driver, which something else has woken, and the owner's threads at the same time, and then the driver
    /// until it waits.
    pub(super) fn race<const N: usize>(&self, driver: &mut Driver, owners: [fn(&Self); N]) {
        driver.task.wake_by_ref();
        let owners = owners.map(|owner| {
            let world = self.clone();
            spawn(move || owner(&world))
        });
        driver.run();
        for owner in owners {
            owner.join().expect("no panic");
        }
        driver.run();
    }
}

/// The driver's task, and what a runtime does with it.
pub(super) struct Driver {
    /// `None` after the end.
    future: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    task: Arc<Task>,
}

struct Task {
    is_woken: AtomicBool,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // A task that is polled is polled again, as in tokio.
        self.is_woken.swap(true, Ordering::AcqRel);
    }
}

impl Driver {
    /// Polls until nothing has woken the task.
    pub(super) fn run(&mut self) {
        let waker = Waker::from(Arc::clone(&self.task));
        let mut cx = Context::from_waker(&waker);
        while self.task.is_woken.swap(false, Ordering::AcqRel)
            && let Some(future) = &mut self.future
        {
            if future.as_mut().poll(&mut cx).is_ready() {
                self.future = None;
            }
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.future.is_none()
    }
}

/// The owner's sink.
struct Recorder {
    messages: usize,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Recorder {
    fn record(&self, event: Event) -> Result<(), OwnerGone> {
        self.events.lock().push(event);
        Ok(())
    }
}

impl EventSink for Recorder {
    fn opened(&mut self, _: Handshake) -> Result<(), OwnerGone> {
        Ok(())
    }

    fn failed(&mut self, error: ConnectError) {
        panic!("{error}");
    }

    fn text(&mut self, _: Text<'_>) {
        self.messages += 1;
    }

    fn binary(&mut self, _: Cow<'_, [u8]>) {
        self.messages += 1;
    }

    fn deliver(&mut self) -> Result<(), OwnerGone> {
        let messages = std::mem::take(&mut self.messages);
        self.record(Event::Batch(messages))
    }

    fn drained(&mut self) -> Result<(), OwnerGone> {
        self.record(Event::Drained)
    }

    fn pong(&mut self, token: u64, _: Duration) -> Result<(), OwnerGone> {
        self.record(Event::Pong(token))
    }

    fn frames(&mut self, _: Vec<TracedFrame>) -> Result<(), OwnerGone> {
        self.record(Event::Frames)
    }

    fn close_written(&mut self) -> Result<(), OwnerGone> {
        self.record(Event::CloseWritten)
    }

    fn closed(&mut self, ending: Ending) {
        let _ = self.record(Event::Closed(ending.code));
    }
}

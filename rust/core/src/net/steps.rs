//! The steps of connecting, for an inspector: lookups, TCP connections, proxies, TLS and upgrades, with their times.
//!
//! They belong to the task that connects, as spans of a tracer do. So the functions that take them need no argument.

use std::{io, sync::Arc, time::SystemTime};

use parking_lot::Mutex;

use crate::{ConnectError, net::stream::HandshakeFailure};

tokio::task_local! {
    static CURRENT: Option<Steps>;
}

/// What a step of connecting does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepKind {
    /// Looks up the addresses of a host.
    Lookup,
    /// Opens a TCP connection to an address. Several may run at the same time (RFC 8305).
    Tcp,
    /// Opens a tunnel through a proxy.
    Proxy,
    /// Performs a TLS handshake.
    Tls,
    /// Requests the upgrade (RFC 6455 section 4.1). After a redirect the steps are repeated.
    Upgrade,
}

/// A step of connecting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectStep {
    /// What it does.
    pub kind: StepKind,
    /// The host, or the address with its port.
    pub target: String,
    /// When it began.
    pub start: SystemTime,
    /// When it ended. `None` while it runs, and if it was given up.
    pub end: Option<SystemTime>,
    /// What it found, such as the TLS version or the HTTP status.
    pub detail: String,
    /// Why it failed.
    pub error: Option<String>,
}

/// The steps of one connect.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps(Arc<Mutex<Vec<ConnectStep>>>);

/// The maximum number of steps. A host may have many addresses, and a server may redirect.
const MAX_STEPS: usize = 128;

impl Steps {
    /// Runs `work`, whose steps belong to `steps`. Without them nothing is recorded.
    pub(crate) async fn record<T>(steps: Option<Self>, work: impl Future<Output = T>) -> T {
        CURRENT.scope(steps, work).await
    }

    /// Begins a step and returns its index. `None` if there are too many.
    fn begin(&self, kind: StepKind, target: impl FnOnce() -> String) -> Option<usize> {
        let mut steps = self.0.lock();
        if steps.len() == MAX_STEPS {
            return None;
        }
        steps.push(ConnectStep {
            kind,
            target: target(),
            start: SystemTime::now(),
            end: None,
            detail: String::new(),
            error: None,
        });
        Some(steps.len() - 1)
    }

    /// Ends a step, with its detail or its error.
    fn end(&self, index: usize, outcome: Result<String, String>) {
        if let Some(step) = self.0.lock().get_mut(index) {
            step.end = Some(SystemTime::now());
            match outcome {
                Ok(detail) => step.detail = detail,
                Err(error) => step.error = Some(error),
            }
        }
    }

    /// The steps so far, in the order of their starts.
    pub(crate) fn get(&self) -> Vec<ConnectStep> {
        self.0.lock().clone()
    }
}

/// Why a step failed.
pub(crate) trait Failure {
    fn cause(&self) -> String;
}

impl Failure for io::Error {
    fn cause(&self) -> String {
        self.to_string()
    }
}

impl Failure for ConnectError {
    fn cause(&self) -> String {
        self.with_sources()
    }
}

impl Failure for HandshakeFailure {
    fn cause(&self) -> String {
        let (Self::Lost(error) | Self::Rejected(error)) = self;
        error.cause()
    }
}

/// Records `work` as a step. `detail` describes its result.
pub(crate) async fn step<T, E: Failure>(
    kind: StepKind,
    target: impl FnOnce() -> String,
    work: impl Future<Output = Result<T, E>>,
    detail: impl FnOnce(&T) -> String,
) -> Result<T, E> {
    let steps = CURRENT.try_with(Option::clone).ok().flatten();
    let begun = steps.and_then(|steps| {
        let index = steps.begin(kind, target)?;
        Some((steps, index))
    });
    // Awaited at one place only: its code is inlined.
    let result = work.await;
    if let Some((steps, index)) = begun {
        let outcome = match &result {
            Ok(value) => Ok(detail(value)),
            Err(error) => Err(error.cause()),
        };
        steps.end(index, outcome);
    }
    result
}

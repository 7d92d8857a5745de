//! Runs a case: starts its server, proxies and client, and collects their observations for the [`model`](crate::model).

use std::time::Duration;

use anyhow::{Context, Result};
use fault_proxy::FaultProxy;
use rust_web_socket_core::TlsOptions;
use test_server::{EchoServer, Identity, Record};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, timeout};

use crate::case::{Case, End, Visit};
use crate::client::{Client, Log, Outcome, TIMEOUT};
use crate::model::{Observed, Seen};
use crate::panics;

/// Shared by all cases.
#[derive(Clone)]
pub(crate) struct Trust {
    /// The server's certificate.
    pub(crate) identity: Identity,
    /// The client's trust.
    pub(crate) options: TlsOptions,
}

/// How a connection ended.
pub(crate) type Label = String;

/// The environment of a case: a server, and a runtime for the client only, so that its tasks can be counted.
pub(crate) struct Stage {
    server: EchoServer,
    records: UnboundedReceiver<Record>,
    scheme: &'static str,
    /// The name of the runtime's threads.
    name: String,
    trust: Trust,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

impl Stage {
    pub(crate) async fn new(case: &Case, name: String, trust: &Trust) -> Result<Self> {
        let identity = case.tls.then_some(&trust.identity);
        let (server, records) = EchoServer::start_recording(identity).await?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(&name)
            .enable_all()
            .build()?;
        Ok(Self {
            server,
            records,
            scheme: if case.tls { "wss" } else { "ws" },
            name,
            trust: trust.clone(),
            runtime: Some(runtime),
        })
    }

    /// Runs a case. Returns how its connections ended, or a failure.
    pub(crate) async fn run(mut self, case: &Case) -> Result<Vec<Label>> {
        let mut labels = Vec::new();
        for (index, visit) in case.visits.iter().enumerate() {
            let label = self.visit(visit).await;
            labels.push(label.with_context(|| format!("connection {index}: {visit:?}"))?);
        }
        Ok(labels)
    }

    async fn visit(&mut self, visit: &Visit) -> Result<Label> {
        let plan = visit.plan.clone();
        let proxy = FaultProxy::start(self.server.addr, move |_| plan.clone()).await?;
        let url = format!("{}://{}/", self.scheme, proxy.addr());
        let runtime = self
            .runtime
            .as_ref()
            .context("it is there until the drop")?;
        let client = Client::connect(visit, &url, &self.trust.options, runtime.handle())?;
        let (mut log, connection) = client.run().await;

        // An owner that is gone is detected at the next event, if the connection still delivers one.
        if visit.end == End::Vanish {
            let patience = visit.limits.patience.unwrap_or(TIMEOUT);
            if !self.no_task_within(patience).await && visit.limits.patience.is_none() {
                log.violations
                    .push("it did not detect that its owner is gone".into());
            }
        }
        drop(connection);
        if !self.no_task_within(visit.limits.close + TIMEOUT).await {
            log.violations.push("a task did not end".into());
        }
        let report = match proxy.finish(TIMEOUT).await {
            Ok(reports) => reports.into_iter().next(),
            Err(_) => {
                log.violations.push("a socket was not closed".into());
                None
            }
        };
        let panics = panics::take(&self.name);
        log.violations
            .extend(panics.iter().map(|panic| format!("it panicked: {panic}")));
        let mut seen = Seen::default();
        if report.is_some() {
            self.see(&mut seen).await?;
        }
        let observed = Observed {
            visit,
            tls: self.scheme == "wss",
            log: &log,
            seen: &seen,
            report: &report.unwrap_or_default(),
        };
        let violations = observed.violations();
        anyhow::ensure!(
            violations.is_empty(),
            "{}",
            describe_failure(&violations, &observed)
        );
        Ok(label(&log))
    }

    /// Waits until the client's runtime has no tasks.
    async fn no_task_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let metrics = self.runtime.as_ref().map(Runtime::metrics);
        while metrics.as_ref().is_some_and(|it| it.num_alive_tasks() > 0) {
            if Instant::now() > deadline {
                return false;
            }
            sleep(Duration::from_millis(1)).await;
        }
        true
    }

    /// Collects the server's observations up to the end of the connection.
    async fn see(&mut self, seen: &mut Seen) -> Result<()> {
        loop {
            let record = timeout(TIMEOUT, self.records.recv()).await;
            let record = record.context("the server did not close the connection")?;
            match record.context("the server has ended")? {
                Record::End => return Ok(()),
                record => seen.add(record),
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Within a task a runtime can only be shut down in the background.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Formats a failure: the violated rules and the observations.
fn describe_failure(violations: &[String], observed: &Observed<'_>) -> String {
    let log = observed.log;
    let since = |at: Option<Instant>| at.map(|at| at.duration_since(log.start));
    format!(
        "{}\nopened after {:?}, closed {:?} after {:?}, over after {:?}: {:?}\nsent {}, expected {}, received {}, \
         the server has {} and the close {:?}\n{:?}",
        violations.join("\n"),
        since(log.opened),
        log.close,
        since(log.close.as_ref().map(|close| close.at)),
        since(log.over),
        log.outcome,
        log.sent.len(),
        log.expected.len(),
        log.received.len(),
        observed.seen.messages.len(),
        observed.seen.close,
        observed.report,
    )
}

fn label(log: &Log) -> Label {
    match &log.outcome {
        None => "owner gone".into(),
        Some(Outcome::Failed(error)) => {
            let shown = format!("{error:?}");
            let kind = shown.split([' ', '(']).next().unwrap_or_default();
            format!("failed: {kind}")
        }
        Some(Outcome::Closed(ending)) => {
            let code = match ending.code {
                3000..=4999 => "3000-4999".to_owned(),
                code => code.to_string(),
            };
            let clean = if ending.clean { "clean" } else { "not clean" };
            format!("closed: {code} {:?}, {clean}", ending.initiator)
        }
    }
}

//! Connecting with its time limits: from the request to the open connection, until the owner cancels it.
//!
//! [`perform`](crate::handshake) does the work. This module adds the delay, the connect timeout and cancellation. The
//! driver calls it.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Poll, Waker},
    time::Duration,
};

use tokio::time::{Instant, timeout};

use crate::{
    ConnectError, ConnectOptions, Handshake,
    connection::{duplex::Duplex, outbox::OutboxStatus, recording::Recording, shared::Shared},
    handshake::{perform::perform, refusal::Answer, upgrade::Upgrade},
    net::steps::Steps,
};

/// Connects and performs the upgrade. It ends early when a time limit is reached or the owner cancels it.
pub(crate) async fn connect(
    shared: &Shared,
    upgrade: Upgrade,
    options: &ConnectOptions,
) -> Result<(Duplex, Handshake), ConnectError> {
    let target = upgrade.target.clone();
    if !wait_for_delay(options.delay, shared).await {
        let (host, port) = (target.host, target.port);
        return Err(ConnectError::Cancelled { host, port });
    }
    let work = async {
        let start = Instant::now();
        let steps = shared.recording.as_ref().map(Recording::step_recorder);
        let limit = options.connect_timeout.unwrap_or(Duration::MAX);
        let asked = timeout(
            limit,
            Steps::record(steps, perform(upgrade, options.clone())),
        )
        .await;
        let (mut stream, answer) = asked.unwrap_or_else(|_| {
            Err(ConnectError::Timeout {
                host: target.host.clone(),
                port: target.port,
                limit,
            })
        })?;
        match answer {
            Answer::Upgraded(handshake, tail) => {
                let waker = Waker::from(Arc::clone(&shared.driver));
                let agreement = handshake.agreement;
                let duplex = Duplex::new(stream, tail, agreement, options, waker);
                Ok((duplex, handshake))
            }
            // The server has refused. The limit only cuts its body short and does not replace the refusal.
            Answer::Refused(refusal) => {
                let left = limit.saturating_sub(start.elapsed());
                Err(refusal.read_body(&mut stream, left).await)
            }
        }
    };
    let cancelled = async {
        until(shared, |status| status.closing).await;
        // Queued messages may still be sent until the close timeout. A release does not wait.
        let released = until(shared, |status| status.released);
        let _ = timeout(options.close_timeout, released).await;
    };
    tokio::select! {
        biased;
        result = work => result,
        () = cancelled => Err(ConnectError::Cancelled { host: target.host.clone(), port: target.port }),
    }
}

/// Waits for the delay before connecting. Returns whether the connection is still wanted.
async fn wait_for_delay(delay: Duration, shared: &Shared) -> bool {
    delay.is_zero()
        || timeout(delay, until(shared, |status| status.closing))
            .await
            .is_err()
}

/// Waits until the outbox's status matches.
async fn until(shared: &Shared, wanted: impl Fn(OutboxStatus) -> bool) {
    poll_fn(|cx| {
        shared.driver.register(cx.waker());
        if wanted(shared.outbox.status()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::Proxy;

    const LIMIT: Duration = Duration::from_secs(30);

    /// A server that accepts connections and never responds, and its port.
    async fn silent() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        (listener, port)
    }

    /// Returns why the connect failed and how long it took. The clock must be paused.
    async fn failure(
        shared: &Shared,
        url: &str,
        options: &ConnectOptions,
    ) -> (ConnectError, Duration) {
        let start = Instant::now();
        let upgrade = Upgrade::new(url, options).expect("a valid request");
        let error = connect(shared, upgrade, options)
            .await
            .expect_err("silence");
        (error, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn the_connect_timeout_covers_every_step() {
        let (_listener, port) = silent().await;
        let proxy = |scheme: &str| Proxy::Url {
            url: format!("{scheme}://127.0.0.1:{port}"),
            no_proxy: Vec::new(),
        };
        for (scheme, proxy) in [
            ("ws", Proxy::None),
            ("wss", Proxy::None),
            ("ws", proxy("http")),
            ("wss", proxy("socks5")),
        ] {
            let options = ConnectOptions::default()
                .connect_timeout(LIMIT)
                .proxy(proxy);
            let url = format!("{scheme}://127.0.0.1:{port}");
            let (error, taken) = failure(&Shared::default(), &url, &options).await;
            assert!(
                matches!(&error, ConnectError::Timeout { limit, .. } if *limit == LIMIT),
                "{error}"
            );
            assert_eq!(taken, LIMIT, "{url}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_close_the_connect_ends_within_the_close_timeout() {
        let (_listener, port) = silent().await;
        let options = ConnectOptions::default().close_timeout(LIMIT);
        let shared = Shared::default();
        shared.outbox.close(None);
        let (error, taken) = failure(&shared, &format!("ws://127.0.0.1:{port}"), &options).await;
        assert!(matches!(error, ConnectError::Cancelled { .. }), "{error}");
        assert_eq!(taken, LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_release_cancels_the_connect_at_once() {
        let (_listener, port) = silent().await;
        let options = ConnectOptions::default().close_timeout(LIMIT);
        let shared = Shared::default();
        shared.release();
        let (error, taken) = failure(&shared, &format!("ws://127.0.0.1:{port}"), &options).await;
        assert!(matches!(error, ConnectError::Cancelled { .. }), "{error}");
        assert_eq!(taken, Duration::ZERO);
    }
}

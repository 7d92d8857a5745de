//! From the request to the open connection, within the time limits and as long as the owner wants it.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Poll, Waker},
    time::Duration,
};

use tokio::time::{Instant, timeout};

use crate::{
    ConnectError, ConnectOptions, Handshake,
    connection::{duplex::Duplex, outbox::OutboxStatus, shared::Shared},
    handshake::{perform::perform, refusal::Answer, upgrade::Upgrade},
};

/// Connects and upgrades, within the time limits and only as long as the owner wants it.
pub(crate) async fn connect(
    shared: &Shared,
    upgrade: Upgrade,
    options: &ConnectOptions,
) -> Result<(Duplex, Handshake), ConnectError> {
    let target = upgrade.target.clone();
    if !is_wanted_after(options.delay, shared).await {
        let (host, port) = (target.host, target.port);
        return Err(ConnectError::Cancelled { host, port });
    }
    let work = async {
        let start = Instant::now();
        let limit = options.connect_timeout.unwrap_or(Duration::MAX);
        let asked = timeout(limit, perform(upgrade, options.clone())).await;
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
            // That there is no WebDuplex is known: the limit cuts the body short, and no more.
            Answer::Refused(refusal) => {
                let left = limit.saturating_sub(start.elapsed());
                Err(refusal.read_body(&mut stream, left).await)
            }
        }
    };
    let given_up = async {
        until(shared, |status| status.closing).await;
        // What is queued may still be sent, but a close does not wait for ever; a release does not wait at all.
        let released = until(shared, |status| status.released);
        let _ = timeout(options.close_timeout, released).await;
    };
    tokio::select! {
        biased;
        result = work => result,
        () = given_up => Err(ConnectError::Cancelled { host: target.host.clone(), port: target.port }),
    }
}

/// Waits before connecting; returns whether the connection is still wanted then.
async fn is_wanted_after(delay: Duration, shared: &Shared) -> bool {
    delay.is_zero()
        || timeout(delay, until(shared, |status| status.closing))
            .await
            .is_err()
}

/// Waits until the owner wants it so.
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

    /// A server that never answers, and its port.
    async fn silent() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        (listener, port)
    }

    /// Why nothing was connected, and how long it took. The clock is to be paused: it goes on when nobody works.
    async fn failure(
        shared: &Shared,
        url: &str,
        options: &ConnectOptions,
    ) -> (ConnectError, Duration) {
        let start = Instant::now();
        let upgrade = Upgrade::new(url, options).expect("a good request");
        let error = connect(shared, upgrade, options)
            .await
            .expect_err("silence");
        (error, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_is_for_all_that_a_connect_waits_for() {
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
    async fn a_close_gives_the_connect_as_long_as_a_close_may_take() {
        let (_listener, port) = silent().await;
        let options = ConnectOptions::default().close_timeout(LIMIT);
        let shared = Shared::default();
        shared.outbox.close(None);
        let (error, taken) = failure(&shared, &format!("ws://127.0.0.1:{port}"), &options).await;
        assert!(matches!(error, ConnectError::Cancelled { .. }), "{error}");
        assert_eq!(taken, LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_release_gives_it_no_time() {
        let (_listener, port) = silent().await;
        let options = ConnectOptions::default().close_timeout(LIMIT);
        let shared = Shared::default();
        shared.release();
        let (error, taken) = failure(&shared, &format!("ws://127.0.0.1:{port}"), &options).await;
        assert!(matches!(error, ConnectError::Cancelled { .. }), "{error}");
        assert_eq!(taken, Duration::ZERO);
    }
}

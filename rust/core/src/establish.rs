//! From the request to the open socket.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Poll, Waker},
};

use tokio::time::timeout;

use crate::{
    ConnectError, ConnectOptions, Handshake, outbox::Status, shared::Shared, socket::Socket,
    stream::ByteStream, tcp, transport::Transport, upgrade::Upgrade,
};

/// Dials and upgrades, within the time limits and only as long as somebody wants it.
pub(crate) async fn establish(
    shared: &Shared,
    upgrade: Upgrade,
    options: &ConnectOptions,
) -> Result<(Socket, Handshake), ConnectError> {
    let target = upgrade.target.clone();
    let work = async {
        let (stream, handshake, tail) = dial_and_upgrade(upgrade, options.clone()).await?;
        let waker = Waker::from(Arc::clone(&shared.driver));
        let agreement = handshake.agreement;
        Ok((
            Socket::new(stream, tail, agreement, options, waker),
            handshake,
        ))
    };
    let limited = async {
        match options.connect_timeout {
            None => work.await,
            Some(limit) => timeout(limit, work).await.unwrap_or_else(|_| {
                Err(ConnectError::Timeout {
                    host: target.host.clone(),
                    port: target.port,
                    limit,
                })
            }),
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
        result = limited => result,
        () = given_up => Err(ConnectError::Cancelled { host: target.host.clone(), port: target.port }),
    }
}

/// Dials and upgrades, wherever redirects lead.
async fn dial_and_upgrade(
    mut upgrade: Upgrade,
    mut options: ConnectOptions,
) -> Result<(ByteStream, Handshake, Vec<u8>), ConnectError> {
    let limit = options.max_redirects;
    let mut followed = 0;
    loop {
        let tcp = upgrade.route.dial().await?;
        tcp::configure(&tcp, &options);
        let transport = match &upgrade.tls {
            None => Transport::Plain(tcp),
            Some(tls) => Transport::Tls(Box::new(tls.secure(tcp, &upgrade.target).await?)),
        };
        let mut stream = ByteStream::new(transport);
        let error = match upgrade.perform(&mut stream).await {
            Ok((handshake, tail)) => return Ok((stream, handshake, tail)),
            Err(error) => error,
        };
        let next = match &error {
            ConnectError::UpgradeRefused { refused, .. } if limit > 0 => {
                upgrade.redirected(refused, &mut options)?
            }
            _ => None,
        };
        let Some(next) = next else { return Err(error) };
        if followed == limit {
            let detail = format!("it is one redirect too many, the limit is {limit}");
            return Err(upgrade.target.bad_reply(detail));
        }
        followed += 1;
        upgrade = next;
    }
}

/// Waits until the owner wants it so.
async fn until(shared: &Shared, wanted: impl Fn(Status) -> bool) {
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

//! Connecting and the upgrade, repeated for each redirect. The connection's [`connect`](crate::connection) calls it.

use crate::{
    ConnectError, ConnectOptions,
    handshake::{refusal::Answer, upgrade::Upgrade},
    net::{
        stream::{ByteStream, HandshakeFailure, Layers},
        tcp::{self, Tcp},
    },
};

/// Connects and requests the upgrade. Follows redirects.
pub(crate) async fn perform(
    mut upgrade: Upgrade,
    mut options: ConnectOptions,
) -> Result<(ByteStream, Answer), ConnectError> {
    let limit = options.max_redirects;
    let mut followed = 0;
    loop {
        let reading_roots = async {
            if let Some(tls) = &upgrade.tls {
                tls.prepare().await;
            }
            Ok(())
        };
        let connecting = upgrade.route.connect(upgrade.max_header_size);
        // A connect that fails does not wait for the platform's store.
        let ((tcp, tunnel), ()) = tokio::try_join!(connecting, reading_roots)?;
        tcp::configure(&tcp, &options);
        let requested = request_upgrade(&upgrade, Tcp::new(tcp)).await;
        let (stream, answer) = requested.map_err(|error| match (error, tunnel) {
            (error, Some(tunnel)) => tunnel.error_for(error),
            (HandshakeFailure::Lost(error) | HandshakeFailure::Rejected(error), None) => error,
        })?;
        let next = match &answer {
            Answer::Refused(refusal) if limit > 0 => {
                upgrade.redirected(&refusal.response, &mut options)?
            }
            _ => None,
        };
        let Some(next) = next else {
            return Ok((stream, answer));
        };
        if followed == limit {
            let detail = format!("it redirects more often than the limit of {limit}");
            return Err(upgrade.target.bad_reply(detail));
        }
        followed += 1;
        upgrade = next;
    }
}

/// Requests the upgrade, over TLS for wss.
async fn request_upgrade(
    upgrade: &Upgrade,
    tcp: Tcp,
) -> Result<(ByteStream, Answer), HandshakeFailure> {
    let layers = match &upgrade.tls {
        None => Layers::Plain(tcp),
        Some(tls) => {
            let mut stream = tls.secure(tcp, &upgrade.target).await?;
            // rustls' default limit of 64 KiB would split a frame of 64 KiB and its header into two writes.
            stream.get_mut().1.set_buffer_limit(None);
            Layers::Tls(Box::new(stream))
        }
    };
    let mut stream = ByteStream::new(layers);
    let answer = upgrade.perform(&mut stream).await?;
    Ok((stream, answer))
}

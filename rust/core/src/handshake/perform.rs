//! Connecting and the upgrade, repeated for each redirect. The connection's [`connect`](crate::connection) calls it.

use crate::{
    ConnectError, ConnectOptions,
    handshake::{refusal::Answer, upgrade::Upgrade},
    net::{
        steps::{StepKind, step},
        stream::{ByteStream, HandshakeFailure, Layers},
        tcp,
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
        let ((layers, tunnel), ()) = tokio::try_join!(connecting, reading_roots)?;
        tcp::configure(layers.tcp(), &options);
        let requested = request_upgrade(&upgrade, layers).await;
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
    mut layers: Layers,
) -> Result<(ByteStream, Answer), HandshakeFailure> {
    if let Some(tls) = &upgrade.tls {
        layers = tls.secure(layers, &upgrade.target).await?;
    }
    let mut stream = ByteStream::new(layers);
    let answer = step(
        StepKind::Upgrade,
        || upgrade.target.authority(),
        upgrade.perform(&mut stream),
        |answer| answer.status().to_string(),
    );
    let answer = answer.await?;
    Ok((stream, answer))
}

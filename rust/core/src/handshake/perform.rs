//! Dialling and the upgrade, again for each redirect.

use crate::{
    ConnectError, ConnectOptions,
    handshake::{refusal::Answer, upgrade::Upgrade},
    net::{
        stream::{ByteStream, HandshakeFailure, Layers},
        tcp::{self, Tcp},
    },
};

/// Dials and asks for the upgrade, wherever redirects lead.
pub(crate) async fn perform(
    mut upgrade: Upgrade,
    mut options: ConnectOptions,
) -> Result<(ByteStream, Answer), ConnectError> {
    let limit = options.max_redirects;
    let mut followed = 0;
    loop {
        let reading = async {
            if let Some(tls) = &upgrade.tls {
                tls.prepare().await;
            }
            Ok(())
        };
        let connecting = upgrade.route.connect(upgrade.max_header_size);
        // A connect that fails does not wait for the read.
        let ((tcp, tunnel), ()) = tokio::try_join!(connecting, reading)?;
        tcp::configure(&tcp, &options);
        let asked = ask(&upgrade, Tcp::new(tcp)).await;
        let (stream, answer) = asked.map_err(|error| match (error, tunnel) {
            (error, Some(tunnel)) => tunnel.error_for(error),
            (HandshakeFailure::Lost(error) | HandshakeFailure::Unfit(error), None) => error,
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
            let detail = format!("it is one redirect too many, the limit is {limit}");
            return Err(upgrade.target.bad_reply(detail));
        }
        followed += 1;
        upgrade = next;
    }
}

/// Asks for the upgrade, with TLS if the URL wants it.
async fn ask(upgrade: &Upgrade, tcp: Tcp) -> Result<(ByteStream, Answer), HandshakeFailure> {
    let transport = match &upgrade.tls {
        None => Layers::Plain(tcp),
        Some(tls) => {
            let mut stream = tls.secure(tcp, &upgrade.target).await?;
            // Of rustls' own limit, 64 KiB, a frame with its header would leave a few bytes for a write of their own.
            stream.get_mut().1.set_buffer_limit(None);
            Layers::Tls(Box::new(stream))
        }
    };
    let mut stream = ByteStream::new(transport);
    let answer = upgrade.perform(&mut stream).await?;
    Ok((stream, answer))
}

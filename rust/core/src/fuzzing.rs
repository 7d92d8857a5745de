//! The handshake for the fuzz targets under `tests/fuzz`, which give it a stream in memory.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    ConnectError, ConnectOptions, Handshake, RefusedUpgrade,
    handshake::{refusal::Answer, upgrade},
    net::stream::HandshakeFailure,
};

/// One upgrade.
#[derive(Debug)]
pub struct Upgrade(upgrade::Upgrade);

impl Upgrade {
    /// Makes the request.
    pub fn new(url: &str, options: &ConnectOptions) -> Result<Self, ConnectError> {
        upgrade::Upgrade::new(url, options).map(Self)
    }

    /// The Sec-WebSocket-Accept that the response must have.
    pub fn accept(&self) -> &str {
        &self.0.accept
    }

    /// Where a refusal leads to, if it is a redirect.
    pub fn redirected(&self, refused: &RefusedUpgrade) -> Result<Option<String>, ConnectError> {
        let next = self.0.redirected(refused, &mut ConnectOptions::default())?;
        Ok(next.map(|next| next.url.into()))
    }

    /// Sends the request and reads the response, and perhaps something of what follows it.
    pub async fn perform(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ) -> Result<(Handshake, Vec<u8>), ConnectError> {
        match self.0.perform(stream).await {
            Ok(Answer::Upgraded(handshake, tail)) => Ok((handshake, tail)),
            Ok(Answer::Refused(refusal)) => Err(refusal.read_body(stream, Duration::MAX).await),
            Err(HandshakeFailure::Lost(error) | HandshakeFailure::Unfit(error)) => Err(error),
        }
    }
}

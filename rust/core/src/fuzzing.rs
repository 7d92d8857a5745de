//! The handshake on a stream in memory, for the fuzz targets under `tests/fuzz`. Not part of the API.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    ConnectError, ConnectOptions, Handshake, RefusedUpgrade,
    handshake::{refusal::Answer, upgrade},
    net::stream::HandshakeFailure,
};

/// A request for the upgrade.
#[derive(Debug)]
pub struct Upgrade(upgrade::Upgrade);

impl Upgrade {
    /// Creates the request.
    pub fn new(url: &str, options: &ConnectOptions) -> Result<Self, ConnectError> {
        upgrade::Upgrade::new(url, options).map(Self)
    }

    /// The Sec-WebSocket-Accept that the response must have (RFC 6455 section 4.2.2).
    pub fn accept(&self) -> &str {
        &self.0.accept
    }

    /// The URL to which a response redirects, if it is a redirect.
    pub fn redirected(&self, refused: &RefusedUpgrade) -> Result<Option<String>, ConnectError> {
        let next = self.0.redirected(refused, &mut ConnectOptions::default())?;
        Ok(next.map(|next| next.url.into()))
    }

    /// Sends the request and reads the response, and possibly some of the bytes that follow it.
    pub async fn perform(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ) -> Result<(Handshake, Vec<u8>), ConnectError> {
        match self.0.perform(stream).await {
            Ok(Answer::Upgraded(handshake, tail)) => Ok((handshake, tail)),
            Ok(Answer::Refused(refusal)) => Err(refusal.read_body(stream, Duration::MAX).await),
            Err(HandshakeFailure::Lost(error) | HandshakeFailure::Rejected(error)) => Err(error),
        }
    }
}

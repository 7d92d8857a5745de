//! A server's response to the upgrade: accepted (101), or refused with a body. [`upgrade`](super::upgrade) creates it,
//! and the connection reads the body of a refusal.

use std::time::Duration;

use tokio::io::AsyncRead;

use crate::{
    ConnectError, Handshake, RefusedUpgrade,
    net::{
        http::{
            body::{BodyEnd, read_start},
            response::Response,
        },
        target::Target,
    },
};

/// A server's response to the upgrade.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It upgraded. The bytes are those that arrived after the response and belong to frames.
    Upgraded(Handshake, Vec<u8>),
    /// It refused.
    Refused(Refusal),
}

impl Answer {
    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Upgraded(..) => 101,
            Self::Refused(refusal) => refusal.response.status,
        }
    }
}

/// A response other than 101, whose body has not been read.
#[derive(Debug)]
pub(crate) struct Refusal {
    target: Target,
    /// The response without its body.
    pub(crate) response: RefusedUpgrade,
    body_end: BodyEnd,
    /// The bytes that arrived after the header.
    received: Vec<u8>,
}

impl Refusal {
    pub(crate) fn new(target: &Target, response: Response, received: Vec<u8>) -> Self {
        Self {
            target: target.clone(),
            body_end: response.body_end(),
            response: RefusedUpgrade {
                status: response.status,
                headers: response.headers,
                body: Vec::new(),
            },
            received,
        }
    }

    /// Reads the start of the body, for at most `limit`.
    pub(crate) async fn read_body(
        self,
        stream: &mut (impl AsyncRead + Unpin),
        limit: Duration,
    ) -> ConnectError {
        let body = read_start(self.received, self.body_end, stream, limit).await;
        ConnectError::UpgradeRefused {
            host: self.target.host,
            port: self.target.port,
            refused: Box::new(RefusedUpgrade {
                body,
                ..self.response
            }),
        }
    }
}

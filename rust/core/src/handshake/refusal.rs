//! A server's answer to the upgrade: 101, or a refusal with its body.

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

/// A server's answer to the request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It upgraded. What came after the response in the same segments belongs to the frames.
    Upgraded(Handshake, Vec<u8>),
    /// It did not.
    Refused(Refusal),
}

/// A response other than 101, whose body is still to be read.
#[derive(Debug)]
pub(crate) struct Refusal {
    target: Target,
    /// Without its body.
    pub(crate) response: RefusedUpgrade,
    body_end: BodyEnd,
    /// What came after the header in the same segments.
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

    /// Reads what comes of the body within `limit`.
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

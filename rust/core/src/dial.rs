use std::io;

use tokio::net::{TcpStream, lookup_host};
use url::Host;

use crate::ConnectError;

/// Where to connect: the host as the URL has it, without the brackets of an IPv6 literal, and the port.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Target {
    pub(crate) fn new(host: Host<&str>, port: u16) -> Self {
        let host = match host {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        Self { host, port }
    }

    /// Connects to the first address of the host that answers, with TCP_NODELAY: a message is to leave at once.
    pub(crate) async fn dial(&self) -> Result<TcpStream, ConnectError> {
        let addresses = lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(|error| self.unresolved(error))?;
        let mut last_error = None;
        for address in addresses {
            match TcpStream::connect(address)
                .await
                .and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp))
            {
                Ok(tcp) => return Ok(tcp),
                Err(error) => last_error = Some(error),
            }
        }
        Err(match last_error {
            Some(error) => self.unconnected(error),
            None => self.unresolved(io::Error::new(
                io::ErrorKind::NotFound,
                "the name has no address",
            )),
        })
    }

    fn unresolved(&self, source: io::Error) -> ConnectError {
        ConnectError::Dns {
            host: self.host.clone(),
            source,
        }
    }

    fn unconnected(&self, source: io::Error) -> ConnectError {
        let Self { host, port } = self.clone();
        match source.kind() {
            io::ErrorKind::ConnectionRefused => ConnectError::Refused { host, port, source },
            _ => ConnectError::Unreachable { host, port, source },
        }
    }

    pub(crate) fn bad_reply(&self, detail: impl Into<String>) -> ConnectError {
        ConnectError::BadReply {
            host: self.host.clone(),
            port: self.port,
            detail: detail.into(),
        }
    }
}

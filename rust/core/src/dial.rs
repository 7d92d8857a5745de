use std::{io, net::SocketAddr};

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
        self.dial_any(addresses).await
    }

    async fn dial_any(
        &self,
        addresses: impl Iterator<Item = SocketAddr>,
    ) -> Result<TcpStream, ConnectError> {
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

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// An address where nobody listens.
    async fn free_address() -> SocketAddr {
        listener().await.1
    }

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        (listener, address)
    }

    fn target(address: SocketAddr) -> Target {
        Target {
            host: address.ip().to_string(),
            port: address.port(),
        }
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_passed_over() {
        let (_listener, address) = listener().await;
        let addresses = [free_address().await, address].into_iter();
        let tcp = target(address).dial_any(addresses).await;
        let tcp = tcp.expect("the second address answers");
        assert_eq!(tcp.peer_addr().ok(), Some(address));
    }

    #[tokio::test]
    async fn when_all_addresses_refuse_so_does_the_host() {
        let refusing = [free_address().await, free_address().await];
        let error = target(refusing[0])
            .dial_any(refusing.into_iter())
            .await
            .expect_err("nobody listens");
        assert!(matches!(error, ConnectError::Refused { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_name_without_addresses_is_unresolved() {
        let error = target(free_address().await)
            .dial_any([].into_iter())
            .await
            .expect_err("there is no address");
        assert!(matches!(error, ConnectError::Dns { .. }), "{error}");
    }

    #[tokio::test]
    async fn small_messages_do_not_wait_for_others() {
        let (_listener, address) = listener().await;
        let tcp = target(address).dial().await.expect("it listens");
        assert_eq!(tcp.nodelay().ok(), Some(true));
    }
}

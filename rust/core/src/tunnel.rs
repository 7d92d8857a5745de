//! The tunnel through a proxy: by HTTP CONNECT (RFC 9110 section 9.3.6) or SOCKS 5 (RFC 1928).

use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_socks::{Error as SocksError, IntoTargetAddr, tcp::Socks5Stream};

use crate::{
    ConnectError,
    dial::Target,
    proxy::{Protocol, ProxyServer},
    response::Response,
};

impl ProxyServer {
    /// Opens a byte stream to the destination.
    pub(crate) async fn dial(&self, destination: &Target) -> Result<TcpStream, ConnectError> {
        match self.protocol {
            Protocol::Http => self.http_tunnel(destination).await,
            Protocol::Socks5h => {
                self.socks_tunnel((destination.host.as_str(), destination.port))
                    .await
            }
            Protocol::Socks5 => {
                destination
                    .try_addresses(|address| self.socks_tunnel(address))
                    .await
            }
        }
    }

    /// Connects to the proxy itself.
    async fn reach(&self) -> Result<TcpStream, ConnectError> {
        self.target
            .dial()
            .await
            .map_err(|error| self.failure(None, error.to_string()))
    }

    async fn http_tunnel(&self, destination: &Target) -> Result<TcpStream, ConnectError> {
        let mut tcp = self.reach().await?;
        let authority = destination.authority();
        let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        if let Some(credentials) = &self.credentials {
            request.push_str(&format!("Proxy-Authorization: {}\r\n", credentials.basic()));
        }
        request.push_str("\r\n");
        let written = tcp.write_all(request.as_bytes()).await;
        written.map_err(|error| self.failure(None, format!("the connection broke ({error})")))?;
        let (response, rest) = Response::read(&mut tcp)
            .await
            .map_err(|detail| self.failure(None, detail))?;
        let status = response.status;
        let detail = match status {
            200..=299 if rest.is_empty() => return Ok(tcp),
            // In a ws or wss connection it is the client who speaks first.
            200..=299 => "it sent something before the tunnel was used".into(),
            407 if self.credentials.is_some() => {
                "it does not accept the user name and password: HTTP status 407".into()
            }
            407 => "it asks for a user name and password: HTTP status 407".into(),
            _ => format!("it answered HTTP status {status}"),
        };
        Err(self.failure(Some(status), detail))
    }

    async fn socks_tunnel(
        &self,
        destination: impl IntoTargetAddr<'_>,
    ) -> Result<TcpStream, ConnectError> {
        let tcp = self.reach().await?;
        let tunnel = match &self.credentials {
            None => Socks5Stream::connect_with_socket(tcp, destination).await,
            Some(credentials) => {
                let user = String::from_utf8_lossy(&credentials.user);
                let password = String::from_utf8_lossy(&credentials.password);
                Socks5Stream::connect_with_password_and_socket(tcp, destination, &user, &password)
                    .await
            }
        };
        match tunnel {
            Ok(tunnel) => Ok(tunnel.into_inner()),
            Err(SocksError::Io(error)) => {
                Err(self.failure(None, format!("the connection broke ({error})")))
            }
            Err(error) => Err(self.failure(None, format!("SOCKS failed: {error}"))),
        }
    }

    fn failure(&self, status: Option<u16>, detail: String) -> ConnectError {
        ConnectError::Proxy {
            host: self.target.host.clone(),
            port: self.target.port,
            status,
            detail,
        }
    }
}

//! The tunnel through a proxy: HTTP CONNECT (RFC 9110 section 9.3.6) or SOCKS 5 (RFC 1928). The route calls it. It
//! knows nothing of WebSocket.

use std::sync::Arc;

use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_socks::{Error as SocksError, IntoTargetAddr, TargetAddr, tcp::Socks5Stream};

use crate::{
    ConnectError,
    net::{
        http::response::Response,
        proxy::{Protocol, ProxyServer},
        resolver::Resolver,
        stream::{HandshakeFailure, Layers},
        target::Target,
        tcp::Tcp,
    },
};

/// An open tunnel through a proxy.
#[derive(Debug)]
pub(crate) struct Tunnel {
    proxy: Arc<ProxyServer>,
    /// The HTTP status of the response that opened it.
    status: Option<u16>,
}

impl Tunnel {
    /// The HTTP status of the response that opened it, if there was one.
    pub(crate) fn detail(&self) -> String {
        self.status.map(|it| it.to_string()).unwrap_or_default()
    }

    /// Converts a failure in the tunnel. If the connection was lost, the proxy's error is returned, since the lost end
    /// of the tunnel is unknown. Every other error names the proxy, since some proxies terminate TLS themselves.
    pub(crate) fn error_for(&self, error: HandshakeFailure) -> ConnectError {
        match error {
            HandshakeFailure::Lost(error) => {
                let detail = format!("its tunnel ended before the WebSocket was open ({error})");
                self.proxy.failure(self.status, detail)
            }
            HandshakeFailure::Rejected(mut error) => {
                if let ConnectError::Tls { detail, .. } | ConnectError::BadReply { detail, .. } =
                    &mut error
                {
                    let proxy = self.proxy.target.authority();
                    detail.push_str(&format!(" (through the proxy {proxy})"));
                }
                error
            }
        }
    }
}

impl ProxyServer {
    /// Opens a tunnel to the destination.
    pub(crate) async fn connect(
        self: &Arc<Self>,
        destination: &Target,
        resolver: &Resolver,
        max_header_size: usize,
    ) -> Result<(Layers, Tunnel), ConnectError> {
        let tunnel = |status| Tunnel {
            proxy: Arc::clone(self),
            status,
        };
        let tcp = match self.protocol {
            Protocol::Http => {
                let (layers, status) = self
                    .http_tunnel(destination, resolver, max_header_size)
                    .await?;
                return Ok((layers, tunnel(Some(status))));
            }
            Protocol::Socks5h | Protocol::Socks5 => {
                let through = |address| self.socks_tunnel(TargetAddr::Ip(address), resolver);
                match destination.literal() {
                    // What the resolver makes of an IPv4 address is valid in this network, not in the proxy's.
                    Some(address) => through(address).await?,
                    None if self.protocol == Protocol::Socks5 => {
                        destination.try_addresses(resolver, through).await?
                    }
                    None => {
                        // It fails for a name that is too long.
                        let name = (destination.host.as_str(), destination.port).into_target_addr();
                        let name = name.map_err(|error| self.failed_socks(error))?;
                        self.socks_tunnel(name, resolver).await?
                    }
                }
            }
        };
        Ok((Layers::Tcp(Tcp::new(tcp)), tunnel(None)))
    }

    /// Opens a TCP connection to the proxy.
    async fn connect_to_proxy(&self, resolver: &Resolver) -> Result<TcpStream, ConnectError> {
        self.target
            .connect(resolver)
            .await
            .map_err(|error| self.failure(None, error.with_sources()))
    }

    /// Opens a tunnel with CONNECT. The second result is the status of the response.
    async fn http_tunnel(
        &self,
        destination: &Target,
        resolver: &Resolver,
        max_header_size: usize,
    ) -> Result<(Layers, u16), ConnectError> {
        let mut layers = Layers::Tcp(Tcp::new(self.connect_to_proxy(resolver).await?));
        if let Some(tls) = &self.tls {
            let secured = tls.secure(layers, &self.target).await;
            layers = secured.map_err(|error| self.failed_tls(error))?;
        }
        let authority = destination.authority();
        let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        if let Some(credentials) = &self.credentials {
            request.push_str(&format!("Proxy-Authorization: {}\r\n", credentials.basic()));
        }
        request.push_str("\r\n");
        let written = async {
            layers.write_all(request.as_bytes()).await?;
            layers.flush().await
        };
        written
            .await
            .map_err(|error| self.failure(None, format!("the connection failed ({error})")))?;
        let (response, rest) = Response::read(&mut layers, max_header_size)
            .await
            .map_err(|error| self.failure(None, error.to_string()))?;
        let status = response.status;
        let detail = match status {
            200..=299 if rest.is_empty() => return Ok((layers, status)),
            // The client sends first in a ws and in a wss connection.
            200..=299 => "it sent data before the tunnel was used".into(),
            407 if self.credentials.is_some() => {
                "it rejected the user name and password: HTTP status 407".into()
            }
            407 => "it requires a user name and password: HTTP status 407".into(),
            _ => format!("it responded with HTTP status {status}"),
        };
        Err(self.failure(Some(status), detail))
    }

    async fn socks_tunnel(
        &self,
        destination: TargetAddr<'_>,
        resolver: &Resolver,
    ) -> Result<TcpStream, ConnectError> {
        let tcp = self.connect_to_proxy(resolver).await?;
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
            Err(error) => Err(self.failed_socks(error)),
        }
    }

    fn failed_socks(&self, error: SocksError) -> ConnectError {
        let detail = match error {
            SocksError::Io(error) => format!("the connection failed ({error})"),
            error => format!("SOCKS failed: {error}"),
        };
        self.failure(None, detail)
    }

    /// The failure of TLS with the proxy itself.
    fn failed_tls(&self, error: HandshakeFailure) -> ConnectError {
        match error {
            HandshakeFailure::Lost(ConnectError::Tls { kind, detail, .. })
            | HandshakeFailure::Rejected(ConnectError::Tls { kind, detail, .. }) => {
                self.failure(None, format!("TLS with it failed, {kind}: {detail}"))
            }
            // An invalid option.
            HandshakeFailure::Lost(error) | HandshakeFailure::Rejected(error) => error,
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

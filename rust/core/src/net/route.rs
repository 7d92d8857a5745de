//! The route to the server: directly, or through a proxy. The handshake calls it for each attempt.

use tokio::net::TcpStream;
use url::Url;

use crate::{
    ConnectError, ConnectOptions,
    net::{
        proxy::{ProxyServer, tunnel::Tunnel},
        target::Target,
    },
};

/// The route to the server of a URL.
#[derive(Debug)]
pub(crate) struct Route {
    destination: Target,
    proxy: Option<ProxyServer>,
}

impl Route {
    /// Checks the options, so that invalid ones fail before anything is sent. `target` is the URL's host and port.
    pub(crate) fn new(
        url: &Url,
        target: &Target,
        options: &ConnectOptions,
    ) -> Result<Self, ConnectError> {
        let destination = match &options.address {
            None => target.clone(),
            Some(address) => address.target(target.port)?,
        };
        let proxy = options.proxy.server_for(url.scheme(), target)?;
        Ok(Self { destination, proxy })
    }

    /// Opens a TCP connection to the server. With a proxy, the second result is the tunnel. `max_header_size` limits
    /// the header of its response, in bytes.
    pub(crate) async fn connect(
        &self,
        max_header_size: usize,
    ) -> Result<(TcpStream, Option<Tunnel<'_>>), ConnectError> {
        match &self.proxy {
            None => Ok((self.destination.connect().await?, None)),
            Some(proxy) => {
                let (tcp, tunnel) = proxy.connect(&self.destination, max_header_size).await?;
                Ok((tcp, Some(tunnel)))
            }
        }
    }
}

//! The way to the server: directly, or through a proxy.

use tokio::net::TcpStream;
use url::Url;

use crate::{
    ConnectError, ConnectOptions,
    net::{
        proxy::{ProxyServer, tunnel::Tunnel},
        target::Target,
    },
};

/// The way to the server of a URL.
#[derive(Debug)]
pub(crate) struct Route {
    destination: Target,
    proxy: Option<ProxyServer>,
}

impl Route {
    /// Checks the options, so that bad ones fail before anything is sent. `target` is where the URL leads.
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

    /// Opens a byte stream to the server, of a proxy's response reading up to `max_header_size`. With a proxy in
    /// between the second result is its tunnel.
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

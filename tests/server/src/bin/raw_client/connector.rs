//! Opens connections for the measurements, and sends over them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// TCP, or TLS over TCP.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub(crate) type Socket = WebSocketStream<Box<dyn Stream>>;

/// Opens connections to one server.
pub(crate) struct Connector {
    url: String,
    tls: Option<TlsConnector>,
    config: WebSocketConfig,
}

impl Connector {
    pub(crate) fn new(url: String, authority: Option<&Path>) -> Result<Self> {
        Ok(Self {
            url,
            tls: authority.map(tls).transpose()?,
            config: WebSocketConfig::default(),
        })
    }

    /// The same with the read buffer that tungstenite advises for many connections, 4 KiB instead of 128 KiB.
    pub(crate) fn for_many_connections(&self) -> Self {
        Self {
            url: self.url.clone(),
            tls: self.tls.clone(),
            config: self.config.read_buffer_size(4096),
        }
    }

    pub(crate) async fn connect(&self) -> Result<Socket> {
        let (_, address) = self.url.split_once("://").context("not a URL")?;
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(tcp),
            Some(tls) => {
                let (host, _) = address.rsplit_once(':').context("no port")?;
                let name = ServerName::try_from(host.to_owned())?;
                Box::new(tls.connect(name, tcp).await?)
            }
        };
        let config = Some(self.config);
        Ok(client_async_with_config(&self.url, stream, config).await?.0)
    }
}

fn tls(authority: &Path) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

pub(crate) async fn next(socket: &mut Socket) -> Result<Message> {
    Ok(socket.next().await.context("the server has closed")??)
}

/// Closes, and waits until the server has closed too.
pub(crate) async fn close(mut socket: Socket) -> Result<()> {
    socket.close(None).await?;
    while socket.next().await.is_some() {}
    Ok(())
}

/// Sends a text and waits for its echo.
pub(crate) async fn echo(socket: &mut Socket, message: Message) -> Result<()> {
    socket.send(message).await?;
    next(socket).await?;
    Ok(())
}

//! The listener of both servers, with and without TLS.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{self, ServerConfig, pki_types::PrivatePkcs8KeyDer};

use crate::authority::Identity;
use crate::journal::{Journal, Record};
use crate::{bare, connection};

/// The implementation of frames.
#[derive(Clone, Debug)]
enum Frames {
    Tungstenite(Journal),
    Bare,
}

/// The maximum number of connections that wait to be accepted. Beyond it a client tries again after a second.
const BACKLOG: u32 = 4096;

/// An echo server on the loopback interface. Dropping it ends it and its connections at once, without Close frames.
#[derive(Debug)]
pub struct EchoServer {
    /// The address on which it listens.
    pub addr: SocketAddr,
    scheme: &'static str,
    accepting: JoinHandle<()>,
}

impl EchoServer {
    /// Starts on a free port.
    pub async fn start() -> Result<Self> {
        Self::start_on(0).await
    }

    /// Starts on `port`. 0: chosen by the system.
    pub async fn start_on(port: u16) -> Result<Self> {
        Self::start_with(port, None, Frames::Tungstenite(Journal::default())).await
    }

    /// Starts on a free port, with TLS if there is an identity, and records the clients' messages.
    pub async fn start_recording(
        identity: Option<&Identity>,
    ) -> Result<(Self, UnboundedReceiver<Record>)> {
        let (records, receiver) = unbounded_channel();
        let tls = identity.map(acceptor).transpose()?;
        let server = Self::start_with(0, tls, Frames::Tungstenite(Journal::new(records))).await?;
        Ok((server, receiver))
    }

    /// Starts with TLS on `port`. 0: chosen by the system.
    pub async fn start_tls(port: u16, identity: &Identity) -> Result<Self> {
        Self::start_with(
            port,
            Some(acceptor(identity)?),
            Frames::Tungstenite(Journal::default()),
        )
        .await
    }

    /// Starts the benchmark's server on `port`, with TLS if there is an identity. 0: chosen by the system.
    pub async fn start_bare(port: u16, identity: Option<&Identity>) -> Result<Self> {
        let tls = identity.map(acceptor).transpose()?;
        Self::start_with(port, tls, Frames::Bare).await
    }

    async fn start_with(port: u16, tls: Option<TlsAcceptor>, frames: Frames) -> Result<Self> {
        let listener = listen((Ipv4Addr::LOCALHOST, port).into())
            .with_context(|| format!("cannot listen on port {port} of the loopback interface"))?;
        let addr = listener.local_addr()?;
        let scheme = if tls.is_some() { "wss" } else { "ws" };
        let accepting = tokio::spawn(accept(listener, tls, frames));
        Ok(Self {
            addr,
            scheme,
            accepting,
        })
    }

    /// The URL to connect to.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.addr)
    }
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(cfg!(unix))?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

fn acceptor(identity: &Identity) -> Result<TlsAcceptor> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = vec![identity.certificate_der.clone().into()];
    let key = PrivatePkcs8KeyDer::from(identity.key_der.clone());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key.into())?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Accepts until it is aborted. The tasks of the connections end with this one.
async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, frames: Frames) {
    let mut connections = JoinSet::new();
    let drop_all = Arc::new(Notify::new());
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, tls.clone(), frames.clone(), drop_all.clone()));
                }
                // For example, there are no more file descriptors. The client fails too.
                Err(error) => eprintln!("echo server: cannot accept: {error}"),
            },
            Some(_) = connections.join_next() => {}
            () = drop_all.notified() => connections.abort_all(),
        }
    }
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, frames: Frames, drop_all: Arc<Notify>) {
    // An error is observed by the client.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve_over(stream, &frames, &drop_all).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                serve_over(stream, &frames, &drop_all).await;
            }
        }
    }
    if let Frames::Tungstenite(journal) = &frames {
        journal.record(Record::End);
    }
}

async fn serve_over(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    frames: &Frames,
    drop_all: &Notify,
) {
    match frames {
        Frames::Tungstenite(journal) => connection::serve(stream, journal).await,
        Frames::Bare => bare::serve(stream, drop_all).await,
    }
}

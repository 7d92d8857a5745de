//! The floor of the benchmark: plain tokio-tungstenite, no Dart.
//!
//! Usage: `raw_client URL [--scale N] [--authority FILE]`. Each line of input names a row of
//! `dart/benchmark/compare.dart`; its measures are printed as a line of JSON.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Parser;
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async};

#[derive(Parser)]
struct Arguments {
    /// Server to talk to.
    url: String,
    /// What counts are divided by.
    #[arg(long, default_value_t = 1)]
    scale: usize,
    /// The authority that has signed a wss server's certificate, in PEM.
    #[arg(long)]
    authority: Option<PathBuf>,
}

/// TCP, or TLS over it.
trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

type Socket = WebSocketStream<Box<dyn Stream>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (_, address) = arguments.url.split_once("://").context("no URL")?;
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    let stream: Box<dyn Stream> = match &arguments.authority {
        None => Box::new(tcp),
        Some(file) => Box::new(secure(tcp, address, file).await?),
    };
    let (mut socket, _) = client_async(&arguments.url, stream).await?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(row) = lines.next_line().await? {
        let measures = run(&mut socket, &row, arguments.scale).await?;
        let fields: Vec<_> = measures
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        println!("{{{}}}", fields.join(","));
        std::io::stdout().flush()?;
    }
    Ok(())
}

async fn secure(tcp: TcpStream, address: &str, authority: &Path) -> Result<impl Stream + use<>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (host, _) = address.rsplit_once(':').context("no port")?;
    let name = ServerName::try_from(host.to_owned())?;
    Ok(TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await?)
}

type Measures = Vec<(&'static str, f64)>;

async fn run(socket: &mut Socket, row: &str, scale: usize) -> Result<Measures> {
    match row {
        "round_trip" => round_trip(socket, 10_000 / scale).await,
        "receive_text_32" => receive(socket, 1_000_000 / scale, 32, "text").await,
        "receive_text_1k" => receive(socket, 200_000 / scale, 1024, "text").await,
        "receive_text_64k" => receive(socket, 5_000 / scale, 64 * 1024, "text").await,
        "receive_binary_64k" => receive(socket, 5_000 / scale, 64 * 1024, "binary").await,
        "send_text_32" => {
            let message = Message::Text(Utf8Bytes::from("x".repeat(32)));
            send(socket, 200_000 / scale, message).await
        }
        "send_binary_1m" => {
            let message = Message::Binary(Bytes::from(vec![0; 1024 * 1024]));
            send(socket, 200 / scale, message).await
        }
        _ => bail!("no row {row}"),
    }
}

async fn next(socket: &mut Socket) -> Result<Message> {
    Ok(socket.next().await.context("the server has closed")??)
}

async fn round_trip(socket: &mut Socket, count: usize) -> Result<Measures> {
    let message = Message::Text(Utf8Bytes::from("x".repeat(16)));
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        socket.send(message.clone()).await?;
        next(socket).await?;
        times.push(start.elapsed());
    }
    times.sort();
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    Ok(vec![
        ("p50", microseconds(times[count / 2])),
        ("p99", microseconds(times[count * 99 / 100])),
    ])
}

async fn receive(socket: &mut Socket, count: usize, size: usize, kind: &str) -> Result<Measures> {
    let start = Instant::now();
    socket
        .send(Message::text(format!("/flood {count} {size} {kind}")))
        .await?;
    for _ in 0..count {
        let length = next(socket).await?.len();
        if length != size {
            bail!("a message of {length}");
        }
    }
    Ok(rates(start, count, size))
}

async fn send(socket: &mut Socket, count: usize, message: Message) -> Result<Measures> {
    let start = Instant::now();
    socket.send(Message::text(format!("/sink {count}"))).await?;
    for _ in 0..count {
        socket.feed(message.clone()).await?;
    }
    socket.flush().await?;
    next(socket).await?;
    Ok(rates(start, count, message.len()))
}

fn rates(start: Instant, count: usize, size: usize) -> Measures {
    let seconds = start.elapsed().as_secs_f64();
    vec![
        ("messages", count as f64 / seconds),
        ("megabytes", (count * size) as f64 / seconds / 1e6),
    ]
}

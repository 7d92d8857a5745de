//! The echo server as a process. Its only line of output is `listening on ws://127.0.0.1:PORT`, or with TLS
//! `listening on wss://…`.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use test_server::{Authority, EchoServer, Validity};

#[derive(Parser)]
struct Arguments {
    /// Port to listen on. 0: chosen by the system.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Exit when standard input closes, and so with the parent process.
    #[arg(long)]
    until_stdin_closes: bool,
    /// Run the benchmark's server, which accepts compression under the path /deflate.
    #[arg(long)]
    bare: bool,
    /// Use TLS with a generated certificate for localhost and 127.0.0.1, and write its authority's certificate to this
    /// file.
    #[arg(long)]
    tls_authority: Option<PathBuf>,
}

// One thread, so that the measured client has the other cores.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let identity = match arguments.tls_authority {
        None => None,
        Some(file) => {
            let authority = Authority::new()?;
            std::fs::write(&file, &authority.certificate_pem)
                .with_context(|| format!("cannot write {}", file.display()))?;
            Some(authority.issue(&["localhost", "127.0.0.1"], Validity::Now)?)
        }
    };
    let port = arguments.port;
    let server = match (arguments.bare, &identity) {
        (true, identity) => EchoServer::start_bare(port, identity.as_ref()).await?,
        (false, None) => EchoServer::start_on(port).await?,
        (false, Some(identity)) => EchoServer::start_tls(port, identity).await?,
    };
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {}", server.url())?;
    stdout.flush()?;

    if arguments.until_stdin_closes {
        tokio::task::spawn_blocking(|| io::copy(&mut io::stdin().lock(), &mut io::sink()))
            .await??;
    } else {
        std::future::pending::<()>().await;
    }
    Ok(())
}

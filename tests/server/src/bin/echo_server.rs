//! The echo server as a process. Its only line of output is `listening on ws://127.0.0.1:PORT`.

use std::io::{self, Write};

use anyhow::Result;
use clap::Parser;
use test_server::EchoServer;

#[derive(Parser)]
struct Arguments {
    /// Port to listen on; 0 lets the system choose one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// End when standard input ends, and so with the process that started this one.
    #[arg(long)]
    until_stdin_closes: bool,
}

// One thread: what is measured against this server then has the other cores to itself.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let server = EchoServer::start_on(arguments.port).await?;
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

//! The proxy as a process, with random plans. Its only line of output is `listening on 127.0.0.1:PORT`; on standard
//! error it tells the plan of each connection.

use std::io::{self, Write};
use std::net::SocketAddr;

use anyhow::Result;
use clap::Parser;
use fastrand::Rng;
use fault_proxy::{FaultProxy, Plan};

#[derive(Parser)]
struct Arguments {
    /// Address and port of the server.
    #[arg(long)]
    upstream: SocketAddr,
    /// Port to listen on; 0 lets the system choose one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// What the plans are drawn from; the same number makes the same plans.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Faults are within so many bytes.
    #[arg(long, default_value_t = 64 * 1024)]
    size: u64,
    /// End when standard input ends, and so with the process that started this one.
    #[arg(long)]
    until_stdin_closes: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut rng = Rng::with_seed(arguments.seed);
    let proxy = FaultProxy::start_on(arguments.port, arguments.upstream, move |number| {
        let plan = Plan::random(&mut rng, arguments.size);
        eprintln!("connection {number}: {plan:?}");
        plan
    })
    .await?;
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {}", proxy.addr())?;
    stdout.flush()?;

    if arguments.until_stdin_closes {
        tokio::task::spawn_blocking(|| io::copy(&mut io::stdin().lock(), &mut io::sink()))
            .await??;
    } else {
        std::future::pending::<()>().await;
    }
    Ok(())
}

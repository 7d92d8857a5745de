//! The fault proxy as a process, with random plans or with a limited upload rate. Its only line on standard output is
//! `listening on 127.0.0.1:PORT`. Random plans are printed to standard error.

use std::io::{self, Write};
use std::net::SocketAddr;

use anyhow::Result;
use clap::Parser;
use fastrand::Rng;
use fault_proxy::{Bandwidth, FaultProxy, Flow, Plan};

#[derive(Parser)]
struct Arguments {
    /// Address and port of the server.
    #[arg(long)]
    upstream: SocketAddr,
    /// Port to listen on. 0: chosen by the system.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Seed of the random plans. The same seed makes the same plans.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Maximum position of a fault, in bytes.
    #[arg(long, default_value_t = 64 * 1024)]
    size: u64,
    /// No faults, but a limit for the bytes per second from the client to the server.
    #[arg(long, value_name = "BYTES", conflicts_with_all = ["seed", "size"])]
    upload_rate: Option<u32>,
    /// Exit when standard input closes, and so with the parent process.
    #[arg(long)]
    until_stdin_closes: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut rng = Rng::with_seed(arguments.seed);
    let proxy = FaultProxy::start_on(arguments.port, arguments.upstream, move |number| {
        if let Some(rate) = arguments.upload_rate {
            return slow_upload(rate);
        }
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

/// A slow upload with a short queue, so that bytes wait at the client, as before a modem.
fn slow_upload(rate: u32) -> Plan {
    let bandwidth = Bandwidth {
        rate,
        until: u64::MAX,
    };
    let up = Flow {
        bandwidth: Some(bandwidth),
        queue: Some(16 * 1024),
        ..Flow::default()
    };
    Plan {
        up,
        ..Plan::default()
    }
}

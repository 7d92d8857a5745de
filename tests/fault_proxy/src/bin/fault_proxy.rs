//! The proxy as a process, with random plans or as a slow line. Its only line of output is
//! `listening on 127.0.0.1:PORT`; on standard error it tells each plan that is random.

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
    /// Port to listen on; 0 lets the system choose one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// What the plans are drawn from; the same number makes the same plans.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Faults are within so many bytes.
    #[arg(long, default_value_t = 64 * 1024)]
    size: u64,
    /// Instead of random plans: from client to server pass so many bytes a second, and nothing breaks.
    #[arg(long, value_name = "BYTES", conflicts_with_all = ["seed", "size"])]
    upload_rate: Option<u32>,
    /// End when standard input ends, and so with the process that started this one.
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

/// A line whose queue is short, so that what does not pass yet waits with the client, as before a radio.
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

//! The fault proxy as a process, with random plans, with a limited upload rate, or as a slow line with losses. Its only line on standard output is
//! `listening on 127.0.0.1:PORT`. Random plans are printed to standard error.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use fastrand::Rng;
use fault_proxy::{Bandwidth, Fault, FaultProxy, Flow, Place, Plan};

#[derive(Parser)]
struct Arguments {
    /// Address and port of the server.
    #[arg(long)]
    upstream: SocketAddr,
    /// Port to listen on. 0: chosen by the system.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Seed of the random plans, and of the losses. The same seed makes the same ones.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Maximum position of a fault, in bytes.
    #[arg(long, default_value_t = 64 * 1024)]
    size: u64,
    /// No faults, but a limit for the bytes per second from the client to the server.
    #[arg(long, value_name = "BYTES", conflicts_with_all = ["seed", "size"])]
    upload_rate: Option<u32>,
    #[command(flatten)]
    line: Line,
    /// Exit when standard input closes, and so with the parent process.
    #[arg(long)]
    until_stdin_closes: bool,
}

/// A slow line, without random plans.
#[derive(clap::Args)]
struct Line {
    /// Delay of each direction, in milliseconds.
    #[arg(long, value_name = "MS", conflicts_with_all = ["upload_rate", "size"])]
    latency: Option<u64>,
    /// The probability that a segment is lost, from 0 to 1.
    #[arg(long, default_value_t = 0.0, requires = "latency")]
    loss: f64,
    /// Limit for the bytes per second in each direction.
    #[arg(long, value_name = "BYTES", requires = "latency")]
    rate: Option<u32>,
    /// The number of bytes from the server after which a connection is silent in both directions.
    #[arg(long, value_name = "BYTES", requires = "latency")]
    silent_after: Option<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut rng = Rng::with_seed(arguments.seed);
    let proxy = FaultProxy::start_on(arguments.port, arguments.upstream, move |number| {
        if let Some(rate) = arguments.upload_rate {
            return slow_upload(rate);
        }
        if let Some(latency) = arguments.line.latency {
            return arguments.line.plan(latency, arguments.seed + number as u64);
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
    let up = Flow {
        bandwidth: Some(Bandwidth::always(rate)),
        queue: Some(16 * 1024),
        ..Flow::default()
    };
    Plan {
        up,
        ..Plan::default()
    }
}

/// The number of bytes that wait in a slow line, in each direction: what its rate and a round trip of 100 ms need.
const LINE_QUEUE: usize = 100_000;

impl Line {
    fn plan(&self, latency: u64, seed: u64) -> Plan {
        let latency = Duration::from_millis(latency);
        let flow = Flow {
            latency,
            loss: self.loss,
            bandwidth: self.rate.map(Bandwidth::always),
            queue: Some(LINE_QUEUE),
            ..Flow::default()
        };
        let silence = Fault::HalfOpen { absorbs: true };
        Plan {
            // The operating system has accepted the connection without the latency.
            delay: 2 * latency,
            up: flow.clone(),
            down: Flow {
                fault: self.silent_after.map(|at| (Place::Byte(at), silence)),
                ..flow
            },
            seed,
        }
    }
}

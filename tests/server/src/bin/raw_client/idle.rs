//! Measures the cost of idle connections.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use futures::future::try_join_all;
use tokio_tungstenite::tungstenite::Message;

use crate::connector::{Connector, Socket, close, echo};
use crate::{Measures, round_trip};

/// The number of connections that are opened at a time.
const AT_ONCE: usize = 32;

/// How long to be idle before memory is measured, and while processor time is measured.
const REST: Duration = Duration::from_millis(500);

const ROUND_TRIPS: usize = 500;

/// The number of connections that are opened and closed beforehand.
const WARM_UP: usize = 100;

/// The cost of idle connections that have echoed one message, for each number of connections in `levels`, which must be
/// ascending: bytes of resident memory for each beyond the first, processor time in microseconds per second, and the
/// round trip of one of them.
pub(crate) async fn idle(connector: &Connector, levels: &[usize]) -> Result<Measures> {
    let mut open = Vec::new();
    let last = *levels.last().context("no level")?;
    // Memory that is shared by all connections is allocated before.
    open_up_to(WARM_UP.min(last), connector, &mut open).await?;
    try_join_all(open.drain(..).map(close)).await?;
    open_up_to(1, connector, &mut open).await?;
    round_trip::times(&mut open[0], 16, ROUND_TRIPS).await?;
    tokio::time::sleep(REST).await;
    let base = resident_memory()?;

    let mut measures = Measures::new();
    for &level in levels {
        open_up_to(level, connector, &mut open).await?;
        tokio::time::sleep(REST).await;
        if level > 1 {
            let memory = resident_memory()? - base;
            measures.push((format!("memory_{level}"), memory / (level - 1) as f64));
        }
        let before = processor_time()?;
        tokio::time::sleep(REST).await;
        let busy = processor_time()? - before;
        measures.push((format!("cpu_{level}"), busy / REST.as_secs_f64()));
        let times = round_trip::times(&mut open[0], 16, ROUND_TRIPS).await?;
        measures.push((format!("round_trip_{level}"), times[ROUND_TRIPS / 2]));
    }
    Ok(measures)
}

async fn open_up_to(level: usize, connector: &Connector, open: &mut Vec<Socket>) -> Result<()> {
    while open.len() < level {
        let batch = AT_ONCE.min(level - open.len());
        let used = (0..batch).map(async |_| {
            let mut socket = connector.connect().await?;
            echo(&mut socket, Message::text("hello")).await?;
            anyhow::Ok(socket)
        });
        open.extend(try_join_all(used).await?);
    }
    Ok(())
}

/// The resident memory, in bytes.
fn resident_memory() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"))
        .context("/proc/self/status has no VmRSS")?;
    Ok(kilobytes.trim().parse::<f64>()? * 1024.0)
}

/// The processor time of this thread, in microseconds. It is the only thread with work.
fn processor_time() -> Result<f64> {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = statistics.split(' ').next().context("it is empty")?;
    Ok(nanoseconds.parse::<f64>()? / 1e3)
}

//! Measures how fast connections are opened.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures::future::try_join_all;

use crate::Measures;
use crate::connector::{Connector, close};

/// The maximum number of connections that are open at a time.
const AT_ONCE: usize = 100;

/// The number of connections opened per second, one after another. The time for closing them is excluded.
pub(crate) async fn connects(connector: &Connector, count: usize) -> Result<Measures> {
    let mut time = Duration::ZERO;
    let mut left = count;
    while left > 0 {
        let mut open = Vec::new();
        let start = Instant::now();
        for _ in 0..left.min(AT_ONCE) {
            open.push(connector.connect().await?);
        }
        time += start.elapsed();
        left -= open.len();
        try_join_all(open.into_iter().map(close)).await?;
    }
    let seconds = time.as_secs_f64();
    Ok(vec![
        ("seconds".to_owned(), seconds),
        ("per_second".to_owned(), count as f64 / seconds),
    ])
}

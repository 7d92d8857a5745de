//! Measures round trips.

use std::time::Instant;

use anyhow::Result;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::connector::{Socket, echo};

/// The round trips of `count` texts in microseconds, sorted in ascending order.
pub(crate) async fn times(socket: &mut Socket, size: usize, count: usize) -> Result<Vec<f64>> {
    let message = Message::Text(Utf8Bytes::from("x".repeat(size)));
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        echo(socket, message.clone()).await?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

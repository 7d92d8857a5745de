//! Measures the throughput of receiving and of sending.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use futures::SinkExt;
use futures::future::try_join_all;
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use crate::connector::{Connector, Socket, close, next};
use crate::{Measures, Threads, two_threads};

/// The rate at which `count` messages are received that the server sends as fast as possible.
pub(crate) async fn receive(
    connector: &Connector,
    payload: &str,
    size: usize,
    count: usize,
    threads: Threads,
) -> Result<Measures> {
    let mut socket = connector.connect().await?;
    let start = Instant::now();
    match threads {
        Threads::One => flood(&mut socket, payload, size, count).await?,
        Threads::Two => socket = two_threads::flood(socket, payload, size, count).await?,
    }
    let time = start.elapsed();
    close(socket).await?;
    Ok(rates(time, size, count))
}

async fn flood(socket: &mut Socket, payload: &str, size: usize, count: usize) -> Result<()> {
    request_flood(socket, payload, size, count).await?;
    for _ in 0..count {
        check(&next(socket).await?, size)?;
    }
    Ok(())
}

/// Asks the server for `count` messages.
pub(crate) async fn request_flood(
    socket: &mut Socket,
    payload: &str,
    size: usize,
    count: usize,
) -> Result<()> {
    let command = format!("/flood {count} {size} {payload}");
    Ok(socket.send(Message::text(command)).await?)
}

/// Fails if `message` has another size.
pub(crate) fn check(message: &Message, size: usize) -> Result<()> {
    let length = message.len();
    ensure!(length == size, "a message of {length}");
    Ok(())
}

/// The rate at which `count` messages are sent.
pub(crate) async fn send(
    connector: &Connector,
    payload: &str,
    size: usize,
    count: usize,
    threads: Threads,
) -> Result<Measures> {
    let message = match payload {
        "text" => Message::Text(Utf8Bytes::from("x".repeat(size))),
        "chinese" => Message::Text(Utf8Bytes::from(test_server::chinese(size))),
        "binary" => Message::Binary(Bytes::from(vec![0; size])),
        _ => bail!("unknown payload {payload}"),
    };
    let mut socket = connector.connect().await?;
    let start = Instant::now();
    socket.send(Message::text(format!("/sink {count}"))).await?;
    match threads {
        Threads::One => {
            for _ in 0..count {
                socket.feed(message.clone()).await?;
            }
            socket.flush().await?;
        }
        Threads::Two => socket = two_threads::send(socket, message, count).await?,
    }
    ensure!(
        next(&mut socket).await? == Message::text("done"),
        "not done"
    );
    let time = start.elapsed();
    close(socket).await?;
    Ok(rates(time, size, count))
}

/// The rate at which `count` messages are received over `connections` connections together, and its ratio to that of
/// one connection.
pub(crate) async fn busy(
    connector: &Connector,
    connections: usize,
    size: usize,
    count: usize,
) -> Result<Measures> {
    let (one, seconds_one) = flooded(connector, 1, size, count).await?;
    let (all, seconds_all) = flooded(connector, connections, size, count).await?;
    let rate = all / seconds_all;
    Ok(vec![
        ("seconds".to_owned(), seconds_one + seconds_all),
        ("messages".to_owned(), rate),
        ("of_one".to_owned(), rate / (one / seconds_one)),
    ])
}

/// The number of messages, and the seconds that they took.
async fn flooded(
    connector: &Connector,
    connections: usize,
    size: usize,
    count: usize,
) -> Result<(f64, f64)> {
    let mut sockets = Vec::new();
    for _ in 0..connections {
        sockets.push(connector.connect().await?);
    }
    let each = (count / connections).max(1);
    let start = Instant::now();
    try_join_all(sockets.iter_mut().map(|it| flood(it, "text", size, each))).await?;
    let time = start.elapsed();
    try_join_all(sockets.into_iter().map(close)).await?;
    Ok(((each * connections) as f64, time.as_secs_f64()))
}

fn rates(time: Duration, size: usize, count: usize) -> Measures {
    let seconds = time.as_secs_f64();
    vec![
        ("seconds".to_owned(), seconds),
        ("messages".to_owned(), count as f64 / seconds),
        (
            "megabytes".to_owned(),
            (count * size) as f64 / seconds / 1e6,
        ),
    ]
}

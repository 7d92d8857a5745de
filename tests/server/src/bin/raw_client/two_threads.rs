//! Measures throughput with one thread for the connection and another for its messages, as a Dart client has.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use futures::{FutureExt, SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::Measures;
use crate::connector::{Connector, close, next};
use crate::throughput::{message, rates};

/// The messages that may wait for the other thread.
const WAITING: usize = 4096;

/// The rate at which `count` messages are received that the server sends as fast as possible.
pub(crate) async fn receive(
    connector: &Connector,
    payload: &str,
    size: usize,
    count: usize,
) -> Result<Measures> {
    let mut socket = connector.connect().await?;
    let (sender, mut messages) = mpsc::channel(WAITING);
    let start = Instant::now();
    let command = format!("/flood {count} {size} {payload}");
    socket.send(Message::text(command)).await?;
    let reader = tokio::spawn(async move {
        for _ in 0..count {
            sender.send(next(&mut socket).await?).await?;
        }
        anyhow::Ok(socket)
    });
    for _ in 0..count {
        // On failure the reader's error says more.
        let Some(message) = messages.recv().await else {
            break;
        };
        ensure!(message.len() == size, "a message of {}", message.len());
    }
    let time = start.elapsed();
    close(reader.await??).await?;
    Ok(rates(time, size, count))
}

/// The rate at which `count` messages are sent.
pub(crate) async fn send(
    connector: &Connector,
    payload: &str,
    size: usize,
    count: usize,
) -> Result<Measures> {
    let message = message(payload, size)?;
    let mut socket = connector.connect().await?;
    let (sender, mut messages) = mpsc::channel(WAITING);
    let start = Instant::now();
    socket.send(Message::text(format!("/sink {count}"))).await?;
    let writer = tokio::spawn(async move {
        while let Some(message) = messages.recv().await {
            socket.feed(message).await?;
            // Everything that waits goes into one write.
            while let Some(Some(message)) = messages.recv().now_or_never() {
                socket.feed(message).await?;
            }
            socket.flush().await?;
        }
        anyhow::Ok(socket)
    });
    for _ in 0..count {
        if sender.send(message.clone()).await.is_err() {
            break;
        }
    }
    drop(sender);
    let mut socket = writer.await??;
    let answer = socket.next().await.context("the server has closed")??;
    ensure!(answer == Message::text("done"), "not done");
    let time = start.elapsed();
    close(socket).await?;
    Ok(rates(time, size, count))
}

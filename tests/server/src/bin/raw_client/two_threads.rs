//! Receives and sends with one thread for the connection and another for its messages, as a Dart client has.

use anyhow::Result;
use futures::{FutureExt, SinkExt};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::connector::{Socket, next};
use crate::throughput::{check, request_flood};

/// The maximum number of messages that wait for the other thread.
const WAITING: usize = 4096;

/// Receives `count` messages that the server sends as fast as possible.
pub(crate) async fn flood(
    mut socket: Socket,
    payload: &str,
    size: usize,
    count: usize,
) -> Result<Socket> {
    let (sender, mut messages) = mpsc::channel(WAITING);
    request_flood(&mut socket, payload, size, count).await?;
    let reader = tokio::spawn(async move {
        for _ in 0..count {
            sender.send(next(&mut socket).await?).await?;
        }
        anyhow::Ok(socket)
    });
    // It ends when the reader does, also when that has failed.
    while let Some(message) = messages.recv().await {
        check(&message, size)?;
    }
    reader.await?
}

/// Sends `message` `count` times.
pub(crate) async fn send(mut socket: Socket, message: Message, count: usize) -> Result<Socket> {
    let (sender, mut messages) = mpsc::channel(WAITING);
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
        // The writer has failed, and says why.
        if sender.send(message.clone()).await.is_err() {
            break;
        }
    }
    drop(sender);
    writer.await?
}

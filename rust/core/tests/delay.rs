//! The option `delay`: a connect that waits before it starts.

mod support;

use std::time::Duration;

use rust_web_socket_core::{Compress, ConnectError, ConnectOptions};
use support::{Client, Server};
use tokio::time::Instant;

fn delayed_by(delay: Duration) -> ConnectOptions {
    ConnectOptions::default().delay(delay)
}

#[tokio::test]
async fn the_connect_starts_after_the_delay() {
    let server = Server::start().await;
    let delay = Duration::from_millis(200);
    let start = Instant::now();
    let mut client = Client::connect_with(&server.url(), delayed_by(delay));
    let _peer = server.upgrade().await;
    assert!(start.elapsed() >= delay, "{:?}", start.elapsed());
    client.opened().await;
}

// The clock of the following tests is paused. It advances when all tasks are idle.

#[tokio::test(start_paused = true)]
async fn the_connect_timeout_begins_after_the_delay() {
    let server = Server::start().await;
    let options = delayed_by(Duration::from_secs(12)).connect_timeout(Duration::from_secs(10));
    let start = Instant::now();
    let mut client = Client::connect_with(&server.url(), options);
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error}");
    assert_eq!(start.elapsed(), Duration::from_secs(22));
}

#[tokio::test(start_paused = true)]
async fn a_close_within_the_delay_cancels_the_connect_at_once() {
    let server = Server::start().await;
    let start = Instant::now();
    let mut client = Client::connect_with(&server.url(), delayed_by(Duration::from_secs(20)));
    // A queued message does not delay the close.
    let sent = client.connection.send_text("lost".into(), Compress::Auto);
    assert_eq!(sent, Ok(()));
    tokio::task::yield_now().await;
    client.connection.close(Some(1000), "").expect("allowed");
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::Cancelled { .. }), "{error}");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_release_within_the_delay_cancels_the_connect_at_once() {
    let server = Server::start().await;
    let start = Instant::now();
    let mut client = Client::connect_with(&server.url(), delayed_by(Duration::from_secs(20)));
    client.connection.release();
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::Cancelled { .. }), "{error}");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

//! A WebSocket server for tests, the demo and the benchmark.
//!
//! It echoes text and binary messages, answers pings, selects the first subprotocol that the
//! client offers, and accepts messages of up to 1 GiB. Compression is not offered. A text message
//! that reads as one of these commands is obeyed instead of echoed:
//!
//! | command | what the server does |
//! |---|---|
//! | `/flood N SIZE [text\|binary]` | sends N messages of SIZE bytes as fast as it can (text: the letter `x`; binary: zeros) |
//! | `/sink N` | swallows the next N text and binary messages, then sends `done` |
//! | `/close [CODE [REASON]]` | sends a Close frame, then reads until the client has answered it |
//! | `/drop` | ends the TCP connection without a Close frame |
//! | `/ping PAYLOAD` | sends a ping; when its pong arrives, sends `pong PAYLOAD` |
//!
//! Anything else that begins with a slash is echoed like all other text.
//!
//! In a Rust test:
//!
//! ```
//! # async fn example() -> anyhow::Result<()> {
//! let server = test_server::EchoServer::start().await?;
//! println!("listening on {}", server.url());
//! # Ok(())
//! # }
//! ```
//!
//! The same server as a process: `echo_server [--port N] [--until-stdin-closes]`.

mod authority;
mod command;
mod connection;
mod journal;
mod server;

pub use authority::{Authority, Identity, Validity};
pub use journal::Record;
pub use server::EchoServer;

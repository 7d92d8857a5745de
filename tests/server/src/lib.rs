//! A WebSocket server for tests, the demo and the benchmark.
//!
//! It echoes text and binary messages, answers pings, selects the first subprotocol that the
//! client offers, and accepts messages of up to 1 GiB. Compression is not offered. A text message
//! that reads as one of these commands is obeyed instead of echoed:
//!
//! | command | what the server does |
//! |---|---|
//! | `/flood N SIZE [text\|binary\|json]` | sends N messages of SIZE bytes as fast as it can (text: the letter `x`; binary: zeros; json: 64 documents in turn, as text) |
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
//!
//! With `--bare` it is the benchmark's: it reads and writes frames by hand, as little as it can,
//! and accepts permessage-deflate under the path `/deflate`. Of the commands it has `/flood` and
//! `/sink`, and three more:
//!
//! | command | what the server does |
//! |---|---|
//! | `/extensions` | says which extensions it has accepted, or `none` |
//! | `/swallowed` | says how many bytes of payload, as they were on the wire, the last `/sink` has swallowed |
//! | `/upload` | swallows the next message, pings when half a megabyte of it is there (or all of it), and when message and pong are there sends how many microseconds the pong took |

mod authority;
mod bare;
mod command;
mod connection;
mod documents;
mod journal;
mod server;

pub use authority::{Authority, Identity, Validity};
pub use journal::Record;
pub use server::EchoServer;

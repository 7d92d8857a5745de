//! A WebSocket server for tests, the demo and the benchmark.
//!
//! It echoes text and binary messages, answers pings, selects the first subprotocol that the client offers, and accepts
//! messages of up to 1 GiB. It does not offer compression. It refuses the path `/refuse` with status 403. A text message
//! that is one of these commands is executed instead of echoed:
//!
//! | command | what the server does |
//! |---|---|
//! | `/flood N SIZE [text\|chinese\|binary\|json]` | sends N messages of SIZE bytes as fast as it can (text: the letter `x`; chinese: `中`; binary: zeros; json: 64 documents in turn, as text) |
//! | `/fragments SIZE TEXT` | sends TEXT in frames of SIZE bytes |
//! | `/sink N` | drops the next N text and binary messages, then sends `done` |
//! | `/close [CODE [REASON]]` | sends a Close frame, then reads until the client has answered it |
//! | `/drop` | closes the TCP connection without a Close frame |
//! | `/ping PAYLOAD` | sends a ping, and `pong PAYLOAD` when its pong arrives |
//!
//! Other text that begins with a slash is echoed.
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
//! As a process: `echo_server [--port N] [--until-stdin-closes]`.
//!
//! With `--bare` it is the benchmark's server: it handles frames itself with little work, and accepts
//! permessage-deflate under the path `/deflate`. It has the commands `/flood` and `/sink` and five more:
//!
//! | command | what the server does |
//! |---|---|
//! | `/feed RATE N` | sends N texts, RATE a second, each the time at which it is due in microseconds since 1970 |
//! | `/drop_all` | closes all TCP connections at once without Close frames, as a restart does |
//! | `/extensions` | sends the accepted extensions, or `none` |
//! | `/swallowed` | sends the payload bytes, as on the wire, that the last `/sink` dropped |
//! | `/upload` | drops the next message, pings after half a megabyte of it (or all of it), and sends the round trip of the pong in microseconds when message and pong have arrived |

mod authority;
mod bare;
mod command;
mod connection;
mod documents;
mod journal;
mod server;
mod this_program;

pub use authority::{Authority, Identity, Validity};
pub use command::chinese;
pub use journal::Record;
pub use server::EchoServer;
pub use this_program::this_program;

//! A TCP proxy between a client and a server that simulates the faults of a network.
//!
//! A [`Plan`] describes a connection before it begins: the speed, jitter and losses of each direction, the pieces in
//! which bytes are forwarded, and the byte at which the connection is closed, reset, silenced or corrupted. A plan of a
//! seeded generator can be reproduced.
//!
//! ```
//! # async fn example(server: std::net::SocketAddr) -> std::io::Result<()> {
//! use fault_proxy::{Fault, FaultProxy, Place, Plan};
//!
//! let mut plan = Plan::default();
//! plan.down.fault = Some((Place::Byte(200), Fault::Reset));
//! let proxy = FaultProxy::start(server, move |_| plan.clone()).await?;
//! println!("connect to {}", proxy.addr());
//! # Ok(())
//! # }
//! ```
//!
//! As a process, with random plans: `fault_proxy --upstream HOST:PORT [--seed S]`. With other options it is a slow line.

mod frames;
mod pipe;
mod plan;
mod proxy;
mod relay;

pub use plan::{Bandwidth, Fault, Flow, FramePart, Place, Plan, Stall};
pub use proxy::FaultProxy;
pub use relay::Report;

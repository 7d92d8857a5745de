//! A TCP proxy between a client and a server that makes the faults of a network.
//!
//! What happens to a connection is a [`Plan`], made before it begins: how slow and uneven each
//! direction is, in which pieces bytes are passed on, and at which byte the line is cut, falls
//! silent or changes a byte. A plan that was made by a seeded generator can be made again.
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
//! The same as a process, with random plans: `fault_proxy --upstream HOST:PORT [--seed S]`.

mod frames;
mod pipe;
mod plan;
mod proxy;
mod relay;

pub use plan::{Bandwidth, Fault, Flow, FramePart, Place, Plan, Stall};
pub use proxy::FaultProxy;
pub use relay::Report;

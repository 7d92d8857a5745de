//! Frames and messages (RFC 6455 sections 5 to 8) and permessage-deflate (RFC 7692).

pub(crate) mod close_code;
pub(crate) mod compression;
pub(crate) mod deflate;
pub(crate) mod frame;
pub(crate) mod inflate;
pub(crate) mod mask;
pub(crate) mod pings;
pub(crate) mod reader;
pub(crate) mod scratch;
pub(crate) mod text;
pub(crate) mod writer;

//! From a URL to the open socket: addresses, proxies, TLS, the upgrade (RFC 6455 section 4).

pub(crate) mod address;
pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod credentials;
pub(crate) mod dial;
pub(crate) mod establish;
pub(crate) mod happy_eyeballs;
pub(crate) mod no_proxy;
pub(crate) mod proxy;
pub(crate) mod redirect;
pub(crate) mod response;
pub(crate) mod route;
pub(crate) mod tcp;
pub(crate) mod tls;
pub(crate) mod transport;
pub(crate) mod tunnel;
pub(crate) mod upgrade;
pub(crate) mod zone;

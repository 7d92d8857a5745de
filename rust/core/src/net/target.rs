//! A host and port, and connecting to it: lookup, then Happy Eyeballs (RFC 8305). The route and the proxies call it.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use tokio::net::TcpStream;
use url::Host;

use crate::{
    ConnectError,
    net::{
        happy_eyeballs::{alternate_families, race},
        local,
        resolver::Resolver,
        steps::{StepKind, step},
    },
};

/// A host and port to connect to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The host as in the URL, without the brackets of an IPv6 literal.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The zone id of an IPv6 literal (RFC 4007 section 11). It is only valid on this machine, so it is used to connect
    /// and never sent.
    pub(crate) zone: Option<String>,
}

impl Target {
    pub(crate) fn new(host: Host<impl Into<String>>, port: u16) -> Self {
        let host = match host {
            Host::Domain(name) => name.into(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        Self {
            host,
            port,
            zone: None,
        }
    }

    /// Host and port as in a URL's authority.
    pub(crate) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }

    /// The address, if the host is one that is valid everywhere.
    pub(crate) fn literal(&self) -> Option<SocketAddr> {
        let ip: IpAddr = self.host.parse().ok()?;
        self.zone.is_none().then(|| (ip, self.port).into())
    }

    /// Opens a TCP connection to the first address that accepts it. Sets TCP_NODELAY, so that messages are sent at
    /// once.
    pub(crate) async fn connect(&self, resolver: &Resolver) -> Result<TcpStream, ConnectError> {
        self.try_addresses(resolver, |address| self.connect_to(address))
            .await
    }

    /// Calls `connect` for the addresses of the host and returns the first success.
    pub(crate) async fn try_addresses<F: Future<Output = Result<TcpStream, ConnectError>>>(
        &self,
        resolver: &Resolver,
        connect: impl FnMut(SocketAddr) -> F,
    ) -> Result<TcpStream, ConnectError> {
        let lookup = resolver.addresses(&self.host, self.zone.as_deref(), self.port);
        let lookup = step(
            StepKind::Lookup,
            || self.host.clone(),
            lookup,
            |found| match found.len() {
                1 => "1 address".into(),
                count => format!("{count} addresses"),
            },
        );
        let addresses = lookup.await.map_err(|error| self.unresolved(error))?;
        self.first_of(addresses, connect).await
    }

    async fn first_of<F: Future<Output = Result<TcpStream, ConnectError>>>(
        &self,
        addresses: Vec<SocketAddr>,
        connect: impl FnMut(SocketAddr) -> F,
    ) -> Result<TcpStream, ConnectError> {
        race(alternate_families(addresses), connect)
            .await
            .unwrap_or_else(|| {
                Err(self.unresolved(io::Error::new(
                    io::ErrorKind::NotFound,
                    "the name has no address",
                )))
            })
    }

    async fn connect_to(&self, address: SocketAddr) -> Result<TcpStream, ConnectError> {
        log::debug!("Connecting to {address} for {}", self.authority());
        let tcp = step(
            StepKind::Tcp,
            || address.to_string(),
            TcpStream::connect(address),
            |_| String::new(),
        );
        tcp.await
            .and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp))
            .map_err(|error| self.unconnected(address, error))
    }

    fn unresolved(&self, source: io::Error) -> ConnectError {
        ConnectError::Dns {
            host: self.host.clone(),
            source,
        }
    }

    fn unconnected(&self, address: SocketAddr, source: io::Error) -> ConnectError {
        let (host, port) = (self.host.clone(), self.port);
        let is_local = local::is_local(&host, address);
        match source.kind() {
            io::ErrorKind::ConnectionRefused => ConnectError::Refused { host, port, source },
            io::ErrorKind::PermissionDenied if is_local => {
                ConnectError::LocalNetwork { host, port, source }
            }
            _ => ConnectError::Unreachable {
                hint: match is_local {
                    true => local::hint(&source, cfg!(target_vendor = "apple")),
                    false => "",
                },
                host,
                port,
                source,
            },
        }
    }

    pub(crate) fn bad_reply(&self, detail: impl Into<String>) -> ConnectError {
        ConnectError::BadReply {
            host: self.host.clone(),
            port: self.port,
            detail: detail.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        net::{TcpListener, TcpSocket},
        time::{Instant, timeout},
    };

    use super::*;

    /// An address at which nothing listens.
    async fn free_address() -> SocketAddr {
        listener().await.1
    }

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        (listener, address)
    }

    fn target(address: SocketAddr) -> Target {
        Target {
            host: address.ip().to_string(),
            port: address.port(),
            zone: None,
        }
    }

    async fn connect_to_any(
        target: Target,
        addresses: &[SocketAddr],
    ) -> Result<TcpStream, ConnectError> {
        let connect = |address| target.connect_to(address);
        target.first_of(addresses.to_vec(), connect).await
    }

    /// An address that neither accepts nor refuses while the result is kept, since its queue of connections is full.
    async fn black_hole(ip: &str) -> Option<(TcpListener, SocketAddr, Vec<TcpStream>)> {
        let ip: IpAddr = ip.parse().expect("an address");
        let socket = if ip.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        };
        let socket = socket.ok()?;
        // Some machines don't have the address.
        socket.bind((ip, 0).into()).ok()?;
        let listener = socket.listen(1).expect("it is bound");
        let address = listener.local_addr().expect("it is bound");
        let mut queued = Vec::new();
        while let Ok(tcp) = timeout(Duration::from_millis(100), TcpStream::connect(address)).await {
            queued.push(tcp.ok()?);
            assert!(queued.len() < 100, "the queue never fills");
        }
        Some((listener, address, queued))
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_skipped() {
        let (_listener, address) = listener().await;
        let addresses = [free_address().await, address];
        let tcp = connect_to_any(target(address), &addresses).await;
        let tcp = tcp.expect("the second address accepts");
        assert_eq!(tcp.peer_addr().ok(), Some(address));
    }

    #[tokio::test]
    async fn if_all_addresses_refuse_the_connect_is_refused() {
        let refusing = [free_address().await, free_address().await];
        let error = connect_to_any(target(refusing[0]), &refusing)
            .await
            .expect_err("nothing listens");
        assert!(matches!(error, ConnectError::Refused { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_port_at_which_nothing_listens_refuses_with_the_systems_code() {
        let error = target(free_address().await)
            .connect(&Resolver::default())
            .await;
        let error = error.expect_err("nothing listens");
        assert!(matches!(error, ConnectError::Refused { .. }), "{error:?}");
        assert_eq!(error.os_code(), Some(CODES.refused));
    }

    /// The system's codes by name.
    struct Codes {
        refused: i32,
        others: &'static [(&'static str, i32)],
    }

    #[cfg(any(target_os = "android", target_os = "linux"))]
    const CODES: Codes = Codes {
        refused: 111,
        others: &[
            ("EPERM", 1),
            ("EACCES", 13),
            ("EADDRNOTAVAIL", 99),
            ("ENETDOWN", 100),
            ("ENETUNREACH", 101),
            ("ECONNABORTED", 103),
            ("ECONNRESET", 104),
            ("ETIMEDOUT", 110),
            ("EHOSTUNREACH", 113),
        ],
    };
    #[cfg(target_vendor = "apple")]
    const CODES: Codes = Codes {
        refused: 61,
        others: &[
            ("EPERM", 1),
            ("EACCES", 13),
            ("EADDRNOTAVAIL", 49),
            ("ENETDOWN", 50),
            ("ENETUNREACH", 51),
            ("ECONNABORTED", 53),
            ("ECONNRESET", 54),
            ("ETIMEDOUT", 60),
            ("EHOSTUNREACH", 65),
        ],
    };
    #[cfg(windows)]
    const CODES: Codes = Codes {
        refused: 10061,
        others: &[
            ("WSAEACCES", 10013),
            ("WSAEADDRNOTAVAIL", 10049),
            ("WSAENETDOWN", 10050),
            ("WSAENETUNREACH", 10051),
            ("WSAECONNABORTED", 10053),
            ("WSAECONNRESET", 10054),
            ("WSAETIMEDOUT", 10060),
            ("WSAEHOSTUNREACH", 10065),
        ],
    };

    #[tokio::test]
    async fn errors_of_the_system_have_types_and_keep_their_code() {
        let address = free_address().await;
        let target = target(address);
        let refused = target.unconnected(address, io::Error::from_raw_os_error(CODES.refused));
        assert!(matches!(refused, ConnectError::Refused { .. }));
        for &(name, code) in CODES.others {
            let error = target.unconnected(address, io::Error::from_raw_os_error(code));
            assert!(
                matches!(error, ConnectError::Unreachable { .. }),
                "{name}: {error:?}"
            );
            assert_eq!(error.os_code(), Some(code), "{name}");
        }
    }

    #[tokio::test]
    async fn a_name_without_addresses_is_unresolved() {
        let error = connect_to_any(target(free_address().await), &[])
            .await
            .expect_err("there is no address");
        assert!(matches!(error, ConnectError::Dns { .. }), "{error}");
    }

    #[tokio::test]
    async fn nagles_algorithm_is_disabled() {
        let (_listener, address) = listener().await;
        let tcp = target(address)
            .connect(&Resolver::default())
            .await
            .expect("it listens");
        assert_eq!(tcp.nodelay().ok(), Some(true));
    }

    #[tokio::test]
    async fn families_are_tried_alternately() {
        let addresses = ["[::1]:1", "[::2]:1", "127.0.0.1:1"];
        let addresses = addresses.map(|text| text.parse::<SocketAddr>().expect("an address"));
        let mut tried = Vec::new();
        let target = target(addresses[0]);
        let result = target.first_of(addresses.to_vec(), |address| {
            tried.push(address);
            let refusal = target.unconnected(address, io::ErrorKind::ConnectionRefused.into());
            std::future::ready(Err(refusal))
        });
        result.await.expect_err("all refuse");
        assert_eq!(tried, [addresses[0], addresses[2], addresses[1]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_address_costs_250_ms() {
        let (_listener, address) = listener().await;
        for ip in ["127.0.0.2", "::1"] {
            // Other loopback addresses than 127.0.0.1, and a queue that can be filled, exist on Linux only.
            let Some((_hole, silent, _queued)) = black_hole(ip).await else {
                continue;
            };
            let start = Instant::now();
            let tcp = connect_to_any(target(address), &[silent, address]).await;
            let tcp = tcp.expect("the second address accepts");
            assert_eq!(tcp.peer_addr().ok(), Some(address));
            assert_eq!(start.elapsed(), Duration::from_millis(250), "{silent}");
        }
    }

    #[test]
    fn a_forbidden_connection_to_the_local_network_is_a_failure_of_its_own() {
        let failure = |host: &str, ip: &str, code| {
            let address = SocketAddr::new(ip.parse().expect("an address"), 80);
            let target = Target::new(Host::Domain(host), 80);
            target.unconnected(address, io::Error::from_raw_os_error(code))
        };
        // EPERM and EACCES; on Windows WSAEACCES.
        for code in if cfg!(windows) {
            [10013, 10013]
        } else {
            [1, 13]
        } {
            for (host, ip) in [("192.168.1.2", "192.168.1.2"), ("tv.local", "2001:db8::1")] {
                let error = failure(host, ip, code);
                assert!(
                    matches!(error, ConnectError::LocalNetwork { .. }),
                    "{error}"
                );
                assert_eq!(error.os_code(), Some(code));
                let message = error.to_string();
                for word in [
                    host,
                    "ACCESS_LOCAL_NETWORK",
                    "NSLocalNetworkUsageDescription",
                ] {
                    assert!(message.contains(word), "{message}");
                }
            }
            let error = failure("example.com", "93.184.215.14", code);
            assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
        }
    }

    #[tokio::test]
    async fn a_zone_id_is_used_to_connect() {
        let Ok(listener) = TcpListener::bind("[::1]:0").await else {
            return; // A machine without IPv6.
        };
        let mut target = target(listener.local_addr().expect("it is bound"));
        // The loopback interface. For another interface the resolver accepts names with link-local addresses only.
        target.zone = Some("1".into());
        let tcp = target
            .connect(&Resolver::default())
            .await
            .expect("it listens");
        assert!(matches!(tcp.peer_addr(), Ok(SocketAddr::V6(peer)) if peer.ip().is_loopback()));
        target.zone = Some("no such zone".into());
        let error = target
            .connect(&Resolver::default())
            .await
            .expect_err("there is no such zone");
        assert!(matches!(error, ConnectError::Dns { .. }), "{error}");
    }
}

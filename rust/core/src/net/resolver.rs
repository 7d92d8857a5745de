//! The lookup of a host's addresses. [`Target`](super::target::Target) calls it.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use crate::net::blocking;

type Lookup = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// How the addresses of a host are looked up. The default is the operating system's resolver.
#[derive(Clone)]
pub struct Resolver {
    lookup: Arc<Lookup>,
    /// Whether it is called for IPv4 addresses too.
    translates_ipv4: bool,
}

impl Resolver {
    /// Creates a resolver that calls `lookup` with a host name, an IPv4 address, or an IPv6 address with a zone
    /// (`fe80::1%eth0`). The ports of its result are ignored. It runs on a thread that may block; of all lookups in a
    /// process at most 32 run at a time.
    ///
    /// It is called for IPv4 addresses, other than loopback addresses, because a network without IPv4 reaches them
    /// through a gateway (NAT64), by IPv6 addresses that `lookup` returns (RFC 8305 section 7.1, RFC 6052). If it
    /// returns none, or an error, the address itself is used.
    pub fn new(
        lookup: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            lookup: Arc::new(lookup),
            translates_ipv4: true,
        }
    }

    /// The addresses of a host with a port. `zone` is that of an IPv6 address.
    pub(crate) async fn addresses(
        &self,
        host: &str,
        zone: Option<&str>,
        port: u16,
    ) -> io::Result<Vec<SocketAddr>> {
        let literal: Option<IpAddr> = match zone {
            None => host.parse().ok(),
            Some(_) => None,
        };
        if let Some(ip) = literal
            && !self.is_asked_for(ip)
        {
            return Ok(vec![(ip, port).into()]);
        }
        let name = match zone {
            None => host.to_owned(),
            Some(zone) => format!("{host}%{zone}"),
        };
        let lookup = Arc::clone(&self.lookup);
        let found = blocking::run(move || lookup(&name)).await.flatten();
        let mut addresses = match (found, literal) {
            (Ok(addresses), None) => addresses,
            (Ok(addresses), Some(_)) if !addresses.is_empty() => addresses,
            (_, Some(ip)) => vec![(ip, port).into()],
            (Err(error), None) => return Err(error),
        };
        // Apple's resolver leaves the port out of an address that it makes for an IPv4 address.
        for address in &mut addresses {
            address.set_port(port);
        }
        Ok(addresses)
    }

    fn is_asked_for(&self, ip: IpAddr) -> bool {
        self.translates_ipv4 && ip.is_ipv4() && !ip.is_loopback()
    }
}

/// The operating system's resolver. It is asked for IPv4 addresses on Apple's platforms only: there it returns IPv6
/// addresses for them if the network has no IPv4. Android has an IPv4 address in such a network (464XLAT, RFC 6877).
impl Default for Resolver {
    fn default() -> Self {
        Self {
            translates_ipv4: cfg!(target_vendor = "apple"),
            ..Self::new(look_up)
        }
    }
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Resolver").finish_non_exhaustive()
    }
}

#[cfg(not(target_vendor = "apple"))]
fn look_up(host: &str) -> io::Result<Vec<SocketAddr>> {
    Ok(std::net::ToSocketAddrs::to_socket_addrs(&(host, 0))?.collect())
}

/// The standard library and tokio parse IP addresses and do not ask the system for them.
#[cfg(target_vendor = "apple")]
fn look_up(host: &str) -> io::Result<Vec<SocketAddr>> {
    let hints = dns_lookup::AddrInfoHints {
        socktype: dns_lookup::SockType::Stream.into(),
        ..Default::default()
    };
    dns_lookup::getaddrinfo(Some(host), None, Some(hints))?
        .map(|found| Ok(found?.sockaddr))
        .collect()
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    /// What a resolver with this answer is asked for, and the result.
    async fn resolve(
        host: &str,
        zone: Option<&str>,
        answer: Result<&'static [&'static str], io::ErrorKind>,
    ) -> (Vec<String>, Result<Vec<SocketAddr>, io::ErrorKind>) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let names = Arc::clone(&asked);
        let resolver = Resolver::new(move |name| {
            names.lock().push(name.to_owned());
            Ok(answer?.iter().map(|text| address(text)).collect())
        });
        let result = resolver.addresses(host, zone, 443).await;
        let asked = asked.lock().clone();
        (asked, result.map_err(|error| error.kind()))
    }

    #[tokio::test]
    async fn an_ipv4_address_becomes_what_the_resolver_makes_of_it() {
        let made = resolve(
            "192.0.2.1",
            None,
            Ok(&["[64:ff9b::c000:201]:0", "192.0.2.1:9"]),
        );
        let expected = ["[64:ff9b::c000:201]:443", "192.0.2.1:443"].map(address);
        assert_eq!(
            made.await,
            (vec!["192.0.2.1".to_owned()], Ok(expected.to_vec()))
        );
    }

    #[tokio::test]
    async fn an_ipv4_address_that_the_resolver_does_not_know_is_used_itself() {
        for answer in [Ok(&[][..]), Err(io::ErrorKind::NotFound)] {
            let (asked, result) = resolve("192.0.2.1", None, answer).await;
            assert_eq!(asked, ["192.0.2.1"]);
            assert_eq!(result, Ok(vec![address("192.0.2.1:443")]));
        }
    }

    #[tokio::test]
    async fn loopback_and_ipv6_addresses_are_not_looked_up() {
        for (host, expected) in [
            ("127.0.0.1", "127.0.0.1:443"),
            ("2001:db8::1", "[2001:db8::1]:443"),
        ] {
            let made = resolve(host, None, Ok(&["1.1.1.1:1"])).await;
            assert_eq!(made, (vec![], Ok(vec![address(expected)])));
        }
    }

    #[tokio::test]
    async fn a_name_and_a_zone_are_looked_up() {
        let answer = Ok(&["[fe80::1%3]:0"][..]);
        for (host, zone, asked) in [("h", None, "h"), ("fe80::1", Some("eth0"), "fe80::1%eth0")] {
            let made = resolve(host, zone, answer).await;
            assert_eq!(
                made,
                (vec![asked.to_owned()], Ok(vec![address("[fe80::1%3]:443")]))
            );
        }
        let (_, failed) = resolve("h", None, Err(io::ErrorKind::NotFound)).await;
        assert_eq!(failed, Err(io::ErrorKind::NotFound));
    }

    #[tokio::test]
    async fn a_resolver_that_panics_is_an_error() {
        let resolver = Resolver::new(|_| panic!("no such host"));
        resolver.addresses("h", None, 1).await.expect_err("a panic");
    }
}

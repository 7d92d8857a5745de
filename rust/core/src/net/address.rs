//! The option `address`, which replaces the URL's host as the host to connect to. The route checks and uses it.

use std::net::Ipv6Addr;

use url::Host;

use crate::{ConnectError, error::invalid_option, net::target::Target};

/// Where to connect, instead of to the URL's host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A host name or an IP address. An IPv6 address may have brackets and a zone id (`fe80::1%eth0`).
    pub host: String,
    /// The port. `None` is the URL's.
    pub port: Option<u16>,
}

impl Address {
    /// Creates an address. Without `port` the URL's is used.
    pub fn new(host: impl Into<String>, port: Option<u16>) -> Self {
        Self {
            host: host.into(),
            port,
        }
    }

    pub(crate) fn target(&self, url_port: u16) -> Result<Target, ConnectError> {
        let invalid = |detail: &dyn std::fmt::Display| {
            let host = &self.host;
            invalid_option("address", format!("{host:?} is not a host: {detail}"))
        };
        let host = self
            .host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(&self.host);
        let port = self.port.unwrap_or(url_port);
        if port == 0 {
            return Err(invalid_option("address", "port 0 is reserved"));
        }
        let (host, zone) = match host.split_once('%') {
            Some((host, zone)) => (host, Some(zone.to_owned())),
            None => (host, None),
        };
        if let Ok(ip) = host.parse::<Ipv6Addr>() {
            return Ok(Target {
                zone,
                ..Target::new(Host::<&str>::Ipv6(ip), port)
            });
        }
        if zone.is_some() {
            return Err(invalid(&"only an IPv6 address has a zone"));
        }
        let host = Host::parse(host).map_err(|error| invalid(&error))?;
        Ok(Target::new(host, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, port: Option<u16>) -> Result<String, ConnectError> {
        let target = Address::new(host, port).target(443)?;
        Ok(match &target.zone {
            None => target.authority(),
            Some(zone) => format!("{} in {zone}", target.authority()),
        })
    }

    #[test]
    fn every_form_of_host_is_accepted() {
        let cases = [
            ("127.0.0.1", None, "127.0.0.1:443"),
            ("example.com", Some(80), "example.com:80"),
            ("bücher.example", None, "xn--bcher-kva.example:443"),
            ("::1", Some(80), "[::1]:80"),
            ("[::1]", None, "[::1]:443"),
            ("fe80::1%eth0", None, "[fe80::1]:443 in eth0"),
            ("[fe80::1%2]", None, "[fe80::1]:443 in 2"),
        ];
        for (host, port, expected) in cases {
            assert_eq!(target(host, port).expect(host), expected);
        }
    }

    #[test]
    fn an_invalid_host_is_an_error_that_names_the_option() {
        for host in ["", "a b", "a:80", "[::1", "a/b", "127.0.0.1%1", "http://a"] {
            match target(host, None) {
                Err(ConnectError::InvalidRequest(detail)) => {
                    assert!(detail.contains("option address"), "{detail}");
                }
                other => panic!("{host}: {other:?}"),
            }
        }
        assert!(target("a", Some(0)).is_err());
    }
}

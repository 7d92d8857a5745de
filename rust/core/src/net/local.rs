//! The local network, to which a system may forbid connections. [`Target`](super::target::Target) calls it.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

/// Whether the address, or a name of this form, belongs to the local network: private (RFC 1918, RFC 4193, RFC 6598),
/// link-local (RFC 3927, RFC 4291 section 2.5.6) or looked up by multicast (RFC 6762).
pub(crate) fn is_local(host: &str, address: SocketAddr) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    if name.strip_suffix(".local").is_some_and(|it| !it.is_empty()) {
        return true;
    }
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private() || ip.is_link_local() || (a, b & 0xc0) == (100, 64)
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// What may be the cause of `error` besides a host that is off. Apple's systems report a connection that the user has
/// not allowed as EHOSTUNREACH, like a host that is not there.
pub(crate) fn hint(error: &io::Error, is_apple: bool) -> &'static str {
    if is_apple && error.kind() == io::ErrorKind::HostUnreachable {
        " (it is in the local network: the user may have to allow that, see NSLocalNetworkUsageDescription)"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_link_local_and_multicast_names_are_local() {
        let is_local = |host: &str, ip: &str| {
            is_local(host, SocketAddr::new(ip.parse().expect("an address"), 1))
        };
        for ip in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_local("h", ip), "{ip}");
        }
        for ip in [
            "172.32.0.1",
            "100.128.0.1",
            "8.8.8.8",
            "127.0.0.1",
            "::1",
            "2001:db8::1",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_local("h", ip), "{ip}");
            assert!(is_local("printer.Local.", ip), "{ip}");
            assert!(!is_local(".local", ip) && !is_local("local", ip), "{ip}");
        }
        assert!(!is_local("bücher€local", "8.8.8.8"));
    }

    #[test]
    fn only_apples_systems_hide_a_refusal_behind_a_missing_route() {
        let error = io::Error::from(io::ErrorKind::HostUnreachable);
        assert!(hint(&error, true).contains("NSLocalNetworkUsageDescription"));
        assert_eq!(hint(&error, false), "");
        assert_eq!(hint(&io::ErrorKind::TimedOut.into(), true), "");
    }
}

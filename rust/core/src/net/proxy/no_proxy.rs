//! Rules for hosts that are connected to directly.

use std::net::IpAddr;

use url::Host;

use crate::net::target::Target;

/// Hosts to which no proxy is needed, in the rules of the environment variable `no_proxy`.
#[derive(Debug, Default)]
pub(crate) struct NoProxy(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    hosts: Hosts,
    /// None stands for every port.
    port: Option<u16>,
}

#[derive(Debug)]
enum Hosts {
    All,
    /// A name and all names under it, as curl has it.
    Domain(String),
    /// So many bits of the address.
    Network(IpAddr, u32),
}

impl NoProxy {
    /// The error is a rule that can't be understood.
    pub(crate) fn parse(rules: &[String]) -> Result<Self, &str> {
        let parse = |rule| Rule::parse(rule).ok_or(rule);
        let rules = rules.iter().map(String::as_str);
        rules.map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// The rules of an environment variable. Those that can't be understood may be for other programs.
    pub(crate) fn parse_variable(rules: &str) -> Self {
        let rules = rules.split(|separator: char| separator == ',' || separator.is_whitespace());
        Self(rules.filter_map(Rule::parse).collect())
    }

    pub(crate) fn covers(&self, target: &Target) -> bool {
        self.0.iter().any(|rule| rule.covers(target))
    }
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // Before a port is looked for: an IPv6 address has colons of its own.
        if let Some(hosts) = Hosts::parse(text) {
            return Some(Self { hosts, port: None });
        }
        let (hosts, port) = text.rsplit_once(':')?;
        Some(Self {
            hosts: Hosts::parse(hosts)?,
            port: Some(port.parse().ok()?),
        })
    }

    fn covers(&self, target: &Target) -> bool {
        self.port.is_none_or(|port| port == target.port) && self.hosts.cover(&target.host)
    }
}

impl Hosts {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        if let Some((address, bits)) = text.split_once('/') {
            let address: IpAddr = address.parse().ok()?;
            let bits = bits.parse().ok()?;
            return (bits <= size(&address)).then_some(Self::Network(address, bits));
        }
        let one = |address: IpAddr| Self::Network(address, size(&address));
        if let Ok(address) = text.parse() {
            return Some(one(address));
        }
        let name = text.strip_prefix('*').unwrap_or(text);
        let name = name.strip_prefix('.').unwrap_or(name);
        // So that a name in other letters is compared in the form that the URL has.
        match Host::parse(name).ok()? {
            Host::Domain(name) => Some(Self::Domain(name.trim_end_matches('.').to_owned())),
            Host::Ipv4(address) => Some(one(address.into())),
            Host::Ipv6(address) => Some(one(address.into())),
        }
    }

    fn cover(&self, host: &str) -> bool {
        match self {
            Self::All => true,
            Self::Domain(name) => host
                .trim_end_matches('.')
                .strip_suffix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
            Self::Network(network, bits) => host
                .parse()
                .is_ok_and(|address: IpAddr| is_in(address.to_canonical(), network, *bits)),
        }
    }
}

fn size(address: &IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn is_in(address: IpAddr, network: &IpAddr, bits: u32) -> bool {
    let difference = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            (address.to_bits() ^ network.to_bits()).into()
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => address.to_bits() ^ network.to_bits(),
        _ => return false,
    };
    // Shifted by all of its bits nothing is left.
    difference.checked_shr(size(network) - bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the rules are about the URL.
    fn covers(rules: &str, url: &str) -> bool {
        let url = url::Url::parse(url).expect("a URL");
        let host = url.host().expect("a host");
        let port = url.port_or_known_default().expect("a port");
        NoProxy::parse_variable(rules).covers(&Target::new(host, port))
    }

    #[test]
    fn a_name_is_about_itself_and_what_is_under_it() {
        for rule in [
            "example.com",
            ".example.com",
            "*.example.com",
            "EXAMPLE.com.",
        ] {
            assert!(covers(rule, "ws://example.com/"), "{rule}");
            assert!(covers(rule, "ws://www.Example.com:81/"), "{rule}");
            assert!(covers(rule, "ws://example.com./"), "{rule}");
            assert!(!covers(rule, "ws://notexample.com/"), "{rule}");
            assert!(!covers(rule, "ws://example.com.evil/"), "{rule}");
            assert!(!covers(rule, "ws://com/"), "{rule}");
        }
        assert!(covers("bücher.example", "ws://www.bücher.example/"));
    }

    #[test]
    fn an_address_is_about_itself() {
        assert!(covers("127.0.0.1", "ws://127.0.0.1/"));
        assert!(!covers("127.0.0.1", "ws://127.0.0.2/"));
        assert!(!covers("127.0.0.1", "ws://localhost/"));
        assert!(covers("::1", "ws://[::1]/"));
        assert!(covers("[::1]", "ws://[0::1]/"));
        assert!(covers("10.0.0.1", "ws://[::ffff:10.0.0.1]/"));
    }

    #[test]
    fn a_network_is_about_its_addresses() {
        assert!(covers("10.0.0.0/8", "ws://10.255.0.1/"));
        assert!(!covers("10.0.0.0/8", "ws://11.0.0.1/"));
        assert!(covers("10.1.2.3/8", "ws://10.255.0.1/"));
        assert!(covers("10.0.0.1/32", "ws://10.0.0.1/"));
        assert!(!covers("10.0.0.1/32", "ws://10.0.0.0/"));
        assert!(covers("0.0.0.0/0", "ws://1.2.3.4/"));
        assert!(!covers("0.0.0.0/0", "ws://[fe80::1]/"));
        assert!(covers("fe80::/10", "ws://[febf::1]/"));
        assert!(!covers("fe80::/10", "ws://[fec0::1]/"));
        assert!(covers("::/0", "ws://[fec0::1]/"));
        assert!(!covers("10.0.0.0/8", "ws://10.example/"));
    }

    #[test]
    fn a_port_narrows_a_rule() {
        for (rule, url) in [
            ("example.com:81", "ws://example.com:81/"),
            ("10.0.0.0/8:81", "ws://10.0.0.1:81/"),
            ("[::1]:81", "ws://[::1]:81/"),
            ("*:81", "ws://example.com:81/"),
        ] {
            assert!(covers(rule, url), "{rule}");
            assert!(!covers(rule, &url.replace(":81/", ":82/")), "{rule}");
        }
        assert!(covers("example.com:443", "wss://example.com/"));
    }

    #[test]
    fn a_star_is_about_everything() {
        assert!(covers("*", "ws://example.com/"));
        assert!(covers("*", "ws://[::1]:81/"));
    }

    #[test]
    fn rules_are_separated_by_commas_or_spaces() {
        for rules in [
            "a.example,b.example",
            " a.example  b.example,",
            "-/-, b.example",
        ] {
            assert!(covers(rules, "ws://b.example/"), "{rules}");
        }
        for rules in ["", ",", " "] {
            assert!(!covers(rules, "ws://b.example/"), "{rules}");
        }
    }

    #[test]
    fn a_rule_that_can_not_be_understood_is_told() {
        for bad in [
            "",
            "10.0.0.0/33",
            "::/129",
            "a b",
            "a:b",
            "a:99999",
            "10.0.0.0/",
            "a/8",
        ] {
            let rules = ["ok.example".to_owned(), bad.to_owned()];
            assert_eq!(NoProxy::parse(&rules).err(), Some(bad));
        }
    }
}

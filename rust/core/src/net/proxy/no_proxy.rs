//! Rules for hosts to which no proxy is used, in the syntax of the environment variable `no_proxy`. The option
//! `proxy` calls it.

use std::net::IpAddr;

use url::Host;

use crate::net::target::Target;

/// A list of rules for hosts to which no proxy is used.
#[derive(Debug, Default)]
pub(crate) struct NoProxy(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    hosts: Hosts,
    /// The port, or `None` for every port.
    port: Option<u16>,
}

#[derive(Debug)]
enum Hosts {
    All,
    /// A name and all its subdomains, as in curl.
    Domain(String),
    /// A network: its address and the number of its leading bits that count.
    Network(IpAddr, u32),
}

impl NoProxy {
    /// Parses the rules. The error is the first invalid rule.
    pub(crate) fn parse(rules: &[String]) -> Result<Self, &str> {
        let parse = |rule| Rule::parse(rule).ok_or(rule);
        let rules = rules.iter().map(String::as_str);
        rules.map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Parses the rules of an environment variable. Invalid ones are ignored, since they may be for other programs.
    pub(crate) fn parse_variable(rules: &str) -> Self {
        let rules = rules.split(|separator: char| separator == ',' || separator.is_whitespace());
        Self(rules.filter_map(Rule::parse).collect())
    }

    pub(crate) fn matches(&self, target: &Target) -> bool {
        self.0.iter().any(|rule| rule.matches(target))
    }
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // Try this before splitting off a port, since an IPv6 address contains colons.
        if let Some(hosts) = Hosts::parse(text) {
            return Some(Self { hosts, port: None });
        }
        let (hosts, port) = text.rsplit_once(':')?;
        Some(Self {
            hosts: Hosts::parse(hosts)?,
            port: Some(port.parse().ok()?),
        })
    }

    fn matches(&self, target: &Target) -> bool {
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
        // Normalizes the name to the form that it has in a URL.
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
    // Shifting by all bits is an overflow. Then no bits are compared.
    difference.checked_shr(size(network) - bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the rules match the URL.
    fn matches(rules: &str, url: &str) -> bool {
        let url = url::Url::parse(url).expect("a URL");
        let host = url.host().expect("a host");
        let port = url.port_or_known_default().expect("a port");
        NoProxy::parse_variable(rules).matches(&Target::new(host, port))
    }

    #[test]
    fn a_name_matches_itself_and_its_subdomains() {
        for rule in [
            "example.com",
            ".example.com",
            "*.example.com",
            "EXAMPLE.com.",
        ] {
            assert!(matches(rule, "ws://example.com/"), "{rule}");
            assert!(matches(rule, "ws://www.Example.com:81/"), "{rule}");
            assert!(matches(rule, "ws://example.com./"), "{rule}");
            assert!(!matches(rule, "ws://notexample.com/"), "{rule}");
            assert!(!matches(rule, "ws://example.com.evil/"), "{rule}");
            assert!(!matches(rule, "ws://com/"), "{rule}");
        }
        assert!(matches("bücher.example", "ws://www.bücher.example/"));
    }

    #[test]
    fn an_address_matches_itself() {
        assert!(matches("127.0.0.1", "ws://127.0.0.1/"));
        assert!(!matches("127.0.0.1", "ws://127.0.0.2/"));
        assert!(!matches("127.0.0.1", "ws://localhost/"));
        assert!(matches("::1", "ws://[::1]/"));
        assert!(matches("[::1]", "ws://[0::1]/"));
        assert!(matches("10.0.0.1", "ws://[::ffff:10.0.0.1]/"));
    }

    #[test]
    fn a_network_matches_its_addresses() {
        assert!(matches("10.0.0.0/8", "ws://10.255.0.1/"));
        assert!(!matches("10.0.0.0/8", "ws://11.0.0.1/"));
        assert!(matches("10.1.2.3/8", "ws://10.255.0.1/"));
        assert!(matches("10.0.0.1/32", "ws://10.0.0.1/"));
        assert!(!matches("10.0.0.1/32", "ws://10.0.0.0/"));
        assert!(matches("0.0.0.0/0", "ws://1.2.3.4/"));
        assert!(!matches("0.0.0.0/0", "ws://[fe80::1]/"));
        assert!(matches("fe80::/10", "ws://[febf::1]/"));
        assert!(!matches("fe80::/10", "ws://[fec0::1]/"));
        assert!(matches("::/0", "ws://[fec0::1]/"));
        assert!(!matches("10.0.0.0/8", "ws://10.example/"));
    }

    #[test]
    fn a_port_narrows_a_rule() {
        for (rule, url) in [
            ("example.com:81", "ws://example.com:81/"),
            ("10.0.0.0/8:81", "ws://10.0.0.1:81/"),
            ("[::1]:81", "ws://[::1]:81/"),
            ("*:81", "ws://example.com:81/"),
        ] {
            assert!(matches(rule, url), "{rule}");
            assert!(!matches(rule, &url.replace(":81/", ":82/")), "{rule}");
        }
        assert!(matches("example.com:443", "wss://example.com/"));
    }

    #[test]
    fn a_star_matches_everything() {
        assert!(matches("*", "ws://example.com/"));
        assert!(matches("*", "ws://[::1]:81/"));
    }

    #[test]
    fn rules_are_separated_by_commas_or_spaces() {
        for rules in [
            "a.example,b.example",
            " a.example  b.example,",
            "-/-, b.example",
        ] {
            assert!(matches(rules, "ws://b.example/"), "{rules}");
        }
        for rules in ["", ",", " "] {
            assert!(!matches(rules, "ws://b.example/"), "{rules}");
        }
    }

    #[test]
    fn an_invalid_rule_is_returned() {
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

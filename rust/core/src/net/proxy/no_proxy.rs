//! Rules for hosts to which no proxy is used, in the syntax of the environment variable `no_proxy` and in those of the
//! systems' settings. The option `proxy` calls it.

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
    /// Names and addresses of this form, in which each `*` stands for any text.
    Pattern(String),
    /// Names without a dot.
    Simple,
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

    /// Parses the rules of a system's setting. A rule may have `*` anywhere and a scheme before it, which is ignored. A
    /// name does not include its subdomains. `<local>` stands for names without a dot. Invalid rules are ignored, since
    /// they may be for other programs.
    pub(crate) fn parse_setting(rules: &str) -> Self {
        let is_separator = |it: char| matches!(it, ';' | ',' | '|') || it.is_whitespace();
        let rules = rules.split(is_separator).filter(|rule| !rule.is_empty());
        Self(rules.filter_map(Rule::parse_setting).collect())
    }

    pub(crate) fn matches(&self, target: &Target) -> bool {
        self.0.iter().any(|rule| rule.matches(target))
    }
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        Self::parse_with(text.trim(), Hosts::parse)
    }

    fn parse_setting(text: &str) -> Option<Self> {
        let without_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
        Self::parse_with(without_scheme, Hosts::parse_setting)
    }

    fn parse_with(text: &str, parse: fn(&str) -> Option<Hosts>) -> Option<Self> {
        // Try this before splitting off a port, since an IPv6 address contains colons.
        if let Some(hosts) = parse(text) {
            return Some(Self { hosts, port: None });
        }
        let (hosts, port) = text.rsplit_once(':')?;
        Some(Self {
            hosts: parse(hosts)?,
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

    fn parse_setting(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("<local>") {
            return Some(Self::Simple);
        }
        if let Some((address, bits)) = text.split_once('/')
            && !address.contains(':')
        {
            // Apple's settings leave out zeros: 169.254/16.
            let missing = 3usize.checked_sub(address.matches('.').count())?;
            return Self::parse(&format!("{address}{}/{bits}", ".0".repeat(missing)));
        }
        if let Some(name) = text.strip_prefix('.') {
            return Self::parse_setting(&format!("*.{name}"));
        }
        if text.contains('*') && text != "*" {
            let is_host = !text.contains([':', '/', '@', '<', '>']);
            // A pattern can't be normalized as a name is: it has the form that the host has in a URL.
            return is_host.then(|| Self::Pattern(text.to_ascii_lowercase()));
        }
        match Self::parse(text)? {
            Self::Domain(name) => Some(Self::Pattern(name)),
            other => Some(other),
        }
    }

    fn cover(&self, host: &str) -> bool {
        match self {
            Self::All => true,
            Self::Domain(name) => host
                .trim_end_matches('.')
                .strip_suffix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
            Self::Pattern(pattern) => fits(host.trim_end_matches('.'), pattern),
            Self::Simple => !host.contains(['.', ':']),
            Self::Network(network, bits) => host
                .parse()
                .is_ok_and(|address: IpAddr| is_in(address.to_canonical(), network, *bits)),
        }
    }
}

/// Whether `text` has the form of `pattern`, in which each `*` stands for any text.
fn fits(text: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return text == pattern;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match text.split_once(part) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(end)
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

    /// Whether the rules of a system's setting match the URL.
    fn setting_matches(rules: &str, url: &str) -> bool {
        let url = url::Url::parse(url).expect("a URL");
        let port = url.port_or_known_default().expect("a port");
        let target = Target::new(url.host().expect("a host"), port);
        NoProxy::parse_setting(rules).matches(&target)
    }

    #[test]
    fn a_systems_rules_have_stars_anywhere() {
        for (rule, matching, other) in [
            ("*.example.com", "a.example.com", "example.com"),
            (".example.com", "a.example.com", "example.com"),
            ("example.com", "Example.com.", "a.example.com"),
            ("*example.com", "notexample.com", "example.org"),
            ("10.*", "10.255.0.1", "11.0.0.1"),
            ("192.168.*.7", "192.168.1.7", "192.168.1.8"),
            ("a*b*c", "aXbXbc", "acb"),
            ("*a*", "bab", "bbb"),
            ("a*a", "aa", "a"),
            ("HTTP://*.Intra", "a.intra", "intra"),
            ("169.254/16", "169.254.3.4", "169.255.0.1"),
            ("10/8", "10.0.0.1", "11.0.0.1"),
            ("[::1]", "[::1]", "[::2]"),
            ("fe80::/10", "[fe80::1]", "[fec0::1]"),
            ("bücher.example", "bücher.example", "example"),
            ("<local>", "server", "server.example"),
            ("<LOCAL>", "server", "[::1]"),
            ("<local>", "server", "10.0.0.1"),
            ("*", "anything.example", ""),
        ] {
            assert!(
                setting_matches(rule, &format!("ws://{matching}/")),
                "{rule}"
            );
            if !other.is_empty() {
                assert!(!setting_matches(rule, &format!("ws://{other}/")), "{rule}");
            }
        }
        assert!(setting_matches("*.intra:81", "ws://a.intra:81/"));
        assert!(!setting_matches("*.intra:81", "ws://a.intra/"));
    }

    #[test]
    fn a_systems_rules_are_separated_as_on_each_platform() {
        for rules in ["a;b.example", "a|b.example", "a, b.example", "a b.example;"] {
            assert!(setting_matches(rules, "ws://b.example/"), "{rules}");
        }
        for rules in [
            "",
            ";;",
            "<-loopback>",
            "10.0.0.0.0/8",
            "1/2/3",
            "a:b:c",
            "*:*:*",
            "<x*>",
        ] {
            assert!(!setting_matches(rules, "ws://b.example/"), "{rules}");
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

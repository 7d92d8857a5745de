//! The system's proxy settings: what the platform has, and the proxy that it names for a target. Reading them needs
//! calls of the platform, so the owner passes a function that does. The route calls it.

use std::{io, sync::Arc};

use crate::{
    ConnectError, TlsOptions,
    net::{
        blocking,
        proxy::{ProxyServer, no_proxy::NoProxy, server_from_environment},
        target::Target,
    },
};

type Read = dyn Fn() -> io::Result<SystemSettings> + Send + Sync;

/// A function that reads the system's proxy settings.
#[derive(Clone)]
pub struct SystemProxy(Arc<Read>);

impl SystemProxy {
    /// Creates it from a function, which is called for each connect on a thread that may block. If it returns an error,
    /// the connect is direct, and a record is logged.
    pub fn new(read: impl Fn() -> io::Result<SystemSettings> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl std::fmt::Debug for SystemProxy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SystemProxy")
    }
}

/// The system's proxy settings, by the names that the platform has for them. A PAC script (an address from which the
/// system loads a program) is not run: a record is logged, and the other settings apply.
///
/// Of several proxies the one for SOCKS is used, then the one for HTTPS, then the one for HTTP (RFC 6455 section 4.1).
/// Loopback addresses and `localhost` are connected to directly. Credentials are not part of the settings.
#[derive(Clone)]
#[non_exhaustive]
pub enum SystemSettings {
    /// As [`Proxy::Environment`](crate::Proxy::Environment).
    Environment,
    /// Values of the registry key `Internet Settings` on Windows: `ProxyEnable` (a number), `ProxyServer`,
    /// `ProxyOverride` and `AutoConfigURL`.
    Windows(Vec<(String, String)>),
    /// The dictionary of `CFNetworkCopySystemProxySettings` on Apple's platforms, with the items of its list separated
    /// by commas.
    Apple(Vec<(String, String)>),
    /// Java's system properties of [`JAVA_PROPERTIES`](Self::JAVA_PROPERTIES), on Android.
    Java(Vec<(String, String)>),
}

/// A proxy setting may contain a password, which is secret and never printed.
impl std::fmt::Debug for SystemSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SystemSettings")
    }
}

impl SystemSettings {
    /// The system properties that name a proxy. Android sets those for HTTP and HTTPS. For a PAC script it sets them to
    /// a proxy of its own, on the device.
    pub const JAVA_PROPERTIES: [&str; 9] = [
        "http.nonProxyHosts",
        "http.proxyHost",
        "http.proxyPort",
        "https.nonProxyHosts",
        "https.proxyHost",
        "https.proxyPort",
        "socksNonProxyHosts",
        "socksProxyHost",
        "socksProxyPort",
    ];

    /// The proxy for `target`, to which a URL with that scheme leads.
    fn server_for(
        &self,
        scheme: &str,
        target: &Target,
    ) -> Result<Option<ProxyServer>, ConnectError> {
        let (proxy, bypass) = match self {
            Self::Environment => return server_from_environment(scheme, target),
            Self::Windows(values) => windows(&Values(values)),
            Self::Apple(values) => apple(&Values(values)),
            Self::Java(values) => java(&Values(values)),
        };
        let Some((setting, url)) = proxy else {
            return Ok(None);
        };
        let is_direct = is_loopback(target) && !bypass.contains("<-loopback>");
        if is_direct || NoProxy::parse_setting(&bypass).matches(target) {
            return Ok(None);
        }
        ProxyServer::parse(&url)
            .map(Some)
            .map_err(|detail| ConnectError::ProxySetting { setting, detail })
    }
}

/// The route through the system's proxy.
#[derive(Debug)]
pub(crate) struct SystemRoute {
    pub(crate) system: SystemProxy,
    /// The scheme of the URL.
    pub(crate) scheme: String,
    /// The URL's host and port.
    pub(crate) target: Target,
    pub(crate) tls: TlsOptions,
}

impl SystemRoute {
    /// Reads the settings. `None` connects directly. An invalid setting is an error: a direct connection would show the
    /// network what the user wants to hide from it, and a network that requires its proxy would block it.
    pub(crate) async fn server(&self) -> Result<Option<ProxyServer>, ConnectError> {
        let SystemProxy(read) = self.system.clone();
        let settings = match blocking::run(move || read()).await.flatten() {
            Ok(settings) => settings,
            Err(error) => {
                log::warn!("The system's proxy settings can't be read, so none is used: {error}");
                return Ok(None);
            }
        };
        let server = settings.server_for(&self.scheme, &self.target);
        match server.inspect_err(|error| log::warn!("{error}"))? {
            None => Ok(None),
            Some(server) => server.with_tls(&self.tls).map(Some),
        }
    }
}

/// A setting that names a proxy, and the proxy's URL; and the rules for hosts that are connected to directly.
type Found = (Option<(String, String)>, String);

/// Settings by name. An empty value is none.
struct Values<'a>(&'a [(String, String)]);

impl Values<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(its, _)| its == name)?;
        let value = value.trim();
        (!value.is_empty()).then_some(value)
    }

    fn list(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "0")
    }

    /// The setting `host_name` and the URL of the proxy that it names.
    fn proxy(&self, scheme: &str, host_name: &str, port_name: &str) -> Option<(String, String)> {
        let host = self.get(host_name)?;
        let host = match host.contains(':') && !host.starts_with('[') {
            true => format!("[{host}]"),
            false => host.to_owned(),
        };
        let url = match self.get(port_name) {
            None => format!("{scheme}://{host}"),
            Some(port) => format!("{scheme}://{host}:{port}"),
        };
        Some((host_name.to_owned(), url))
    }
}

/// `ProxyServer` is `host:port` for every protocol, or a list such as `http=a:80;https=b:80;socks=c:1080`.
fn windows(values: &Values<'_>) -> Found {
    warn_of_script(values.get("AutoConfigURL").is_some());
    let server = values.get("ProxyServer").unwrap_or_default();
    let mut entries = server.split(|it: char| it == ';' || it.is_whitespace());
    let url = |scheme: &str, server: &str| match server.split_once("://") {
        Some(("http" | "https", _)) => server.to_owned(),
        Some((_, rest)) => format!("socks5h://{rest}"),
        None => format!("{scheme}://{server}"),
    };
    let found = if server.contains('=') {
        let entries: Vec<_> = entries.filter_map(|entry| entry.split_once('=')).collect();
        let entry = |wanted: &str, scheme: &str| {
            let mut entries = entries.iter();
            let entry = entries.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
            entry.map(|(_, server)| url(scheme, server.trim()))
        };
        entry("socks", "socks5h")
            .or_else(|| entry("https", "http"))
            .or_else(|| entry("http", "http"))
    } else {
        let first = entries.find(|entry| !entry.is_empty());
        first.map(|server| url("http", server))
    };
    let proxy = found
        .filter(|_| values.is_on("ProxyEnable"))
        .map(|url| ("ProxyServer".to_owned(), url));
    (proxy, values.list("ProxyOverride"))
}

fn apple(values: &Values<'_>) -> Found {
    warn_of_script(values.is_on("ProxyAutoConfigEnable"));
    let proxy = |kind: &str, scheme: &str| {
        let on = values.is_on(&format!("{kind}Enable"));
        on.then(|| values.proxy(scheme, &format!("{kind}Proxy"), &format!("{kind}Port")))?
    };
    let mut bypass = values.list("ExceptionsList");
    if values.is_on("ExcludeSimpleHostnames") {
        bypass.push_str(",<local>");
    }
    let proxy = proxy("SOCKS", "socks5h")
        .or_else(|| proxy("HTTPS", "http"))
        .or_else(|| proxy("HTTP", "http"));
    (proxy, bypass)
}

fn java(values: &Values<'_>) -> Found {
    if let Some(proxy) = values.proxy("socks5h", "socksProxyHost", "socksProxyPort") {
        return (Some(proxy), values.list("socksNonProxyHosts"));
    }
    let proxy = values
        .proxy("http", "https.proxyHost", "https.proxyPort")
        .or_else(|| values.proxy("http", "http.proxyHost", "http.proxyPort"));
    // Java has one list for both.
    let bypass = ["http.nonProxyHosts", "https.nonProxyHosts"].map(|name| values.list(name));
    (proxy, bypass.join("|"))
}

fn warn_of_script(has_script: bool) {
    if has_script {
        log::warn!("The system's proxy settings name a PAC script, which is not supported");
    }
}

fn is_loopback(target: &Target) -> bool {
    let name = target.host.trim_end_matches('.');
    name == "localhost"
        || name.ends_with(".localhost")
        || (target.literal()).is_some_and(|address| address.ip().to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use url::Host;

    use super::*;

    type Settings = fn(Vec<(String, String)>) -> SystemSettings;
    type Entries<'a> = &'a [(&'a str, &'a str)];

    fn found(
        settings: Settings,
        values: &[(&str, &str)],
        host: &str,
    ) -> Result<Option<String>, ConnectError> {
        let values = values
            .iter()
            .map(|&(name, value)| (name.into(), value.into()));
        let target = Target::new(Host::parse(host).expect("a host"), 443);
        let server = settings(values.collect()).server_for("wss", &target)?;
        Ok(server.map(|it| {
            format!(
                "{:?} {} {}",
                it.protocol,
                it.target.authority(),
                it.is_secure
            )
        }))
    }

    /// The proxy for a host that no rule excludes.
    fn proxy(settings: Settings, values: &[(&str, &str)]) -> Option<String> {
        found(settings, values, "www.example.com").expect("valid settings")
    }

    fn is_direct(settings: Settings, values: &[(&str, &str)], host: &str) -> bool {
        assert!(proxy(settings, values).is_some(), "no proxy at all");
        found(settings, values, host)
            .expect("valid settings")
            .is_none()
    }

    #[test]
    fn windows_has_one_proxy_or_one_for_each_protocol() {
        for (server, expected) in [
            ("p:3128", Some("Http p:3128 false")),
            (" p:3128 ; q:1", Some("Http p:3128 false")),
            ("p", Some("Http p:80 false")),
            ("https://p:3128", Some("Http p:3128 true")),
            ("socks5://p", Some("Socks5h p:1080 false")),
            ("[::1]:8080", Some("Http [::1]:8080 false")),
            ("http=a:1;https=b:2;ftp=c:3", Some("Http b:2 false")),
            ("http=a:1 ftp=c:3", Some("Http a:1 false")),
            ("HTTP=a:1; Socks = c:3", Some("Http a:1 false")),
            ("http=a:1;https=b:2;SOCKS=c:3", Some("Socks5h c:3 false")),
            ("https=http://b:2", Some("Http b:2 false")),
            ("ftp=c:3", None),
            (";;", None),
            ("", None),
        ] {
            let values = [("ProxyEnable", "1"), ("ProxyServer", server)];
            let found = proxy(SystemSettings::Windows, &values);
            assert_eq!(found.as_deref(), expected, "{server}");
            let disabled = [("ProxyEnable", "0"), values[1]];
            assert_eq!(proxy(SystemSettings::Windows, &disabled), None);
            assert_eq!(proxy(SystemSettings::Windows, &values[1..]), None);
        }
        let script = [("AutoConfigURL", "http://wpad/wpad.dat")];
        assert_eq!(proxy(SystemSettings::Windows, &script), None);
    }

    #[test]
    fn windows_excludes_hosts() {
        let bypass = "*.intra;10.*;<local>";
        let values = [
            ("ProxyEnable", "1"),
            ("ProxyServer", "p:1"),
            ("ProxyOverride", bypass),
        ];
        for host in [
            "a.intra",
            "10.1.2.3",
            "server",
            "localhost",
            "127.0.0.1",
            "[::1]",
        ] {
            assert!(is_direct(SystemSettings::Windows, &values, host), "{host}");
        }
        for host in ["intra.example", "11.0.0.1"] {
            assert!(!is_direct(SystemSettings::Windows, &values, host), "{host}");
        }
        let values = [values[0], values[1], ("ProxyOverride", "<-loopback>")];
        assert!(!is_direct(SystemSettings::Windows, &values, "127.0.0.1"));
    }

    #[test]
    fn apples_proxies_are_enabled_one_by_one() {
        let all = [
            ("HTTPEnable", "1"),
            ("HTTPProxy", "a"),
            ("HTTPPort", "1"),
            ("HTTPSEnable", "1"),
            ("HTTPSProxy", "fd00::1"),
            ("HTTPSPort", "2"),
            ("SOCKSEnable", "1"),
            ("SOCKSProxy", "c"),
        ];
        let apple = SystemSettings::Apple;
        assert_eq!(proxy(apple, &all).as_deref(), Some("Socks5h c:1080 false"));
        assert_eq!(
            proxy(apple, &all[..6]).as_deref(),
            Some("Http [fd00::1]:2 false")
        );
        assert_eq!(proxy(apple, &all[..3]).as_deref(), Some("Http a:1 false"));
        assert_eq!(proxy(apple, &all[1..3]), None);
        assert_eq!(proxy(apple, &[("HTTPEnable", "0"), all[1], all[2]]), None);
        assert_eq!(proxy(apple, &[("ProxyAutoConfigEnable", "1")]), None);
    }

    #[test]
    fn apples_exceptions_are_connected_to_directly() {
        let values = [
            ("HTTPEnable", "1"),
            ("HTTPProxy", "a"),
            ("ExceptionsList", "*.local,169.254/16"),
            ("ExcludeSimpleHostnames", "1"),
        ];
        for host in ["tv.local", "169.254.1.1", "server", "127.0.0.1"] {
            assert!(is_direct(SystemSettings::Apple, &values, host), "{host}");
        }
        assert!(!is_direct(SystemSettings::Apple, &values[..2], "server"));
    }

    #[test]
    fn javas_properties_name_a_proxy() {
        let java = SystemSettings::Java;
        let all = [
            ("http.proxyHost", "a"),
            ("http.proxyPort", "1"),
            ("https.proxyHost", "b"),
            ("https.proxyPort", "2"),
            ("socksProxyHost", "c"),
        ];
        assert_eq!(proxy(java, &all).as_deref(), Some("Socks5h c:1080 false"));
        assert_eq!(proxy(java, &all[..4]).as_deref(), Some("Http b:2 false"));
        assert_eq!(proxy(java, &all[..2]).as_deref(), Some("Http a:1 false"));
        assert_eq!(proxy(java, &[("http.proxyHost", " "), all[1]]), None);
        let excluded = [all[0], ("http.nonProxyHosts", "*.intra|10.*|tv")];
        for host in ["a.intra", "10.0.0.1", "tv", "localhost"] {
            assert!(is_direct(java, &excluded, host), "{host}");
        }
        assert!(!is_direct(java, &excluded, "b.tv"));
        // The list is not for SOCKS.
        assert!(!is_direct(java, &[all[4], excluded[1]], "a.intra"));
    }

    #[test]
    fn an_invalid_setting_is_an_error_that_names_it_and_not_its_value() {
        let cases: [(Settings, Entries<'_>, &str); 4] = [
            (
                SystemSettings::Windows,
                &[
                    ("ProxyEnable", "1"),
                    ("ProxyServer", "secret:secret@p:99999"),
                ],
                "ProxyServer",
            ),
            (
                SystemSettings::Apple,
                &[("HTTPEnable", "1"), ("HTTPProxy", "secret secret")],
                "HTTPProxy",
            ),
            (
                SystemSettings::Java,
                &[("http.proxyHost", "a"), ("http.proxyPort", "secret")],
                "http.proxyHost",
            ),
            (
                SystemSettings::Java,
                &[("socksProxyHost", "\u{0}secret")],
                "socksProxyHost",
            ),
        ];
        for (settings, values, setting) in cases {
            let error = found(settings, values, "www.example.com").expect_err("invalid");
            let message = error.to_string();
            assert!(message.contains(setting), "{message}");
            assert!(!message.contains("secret"), "{message}");
            assert!(matches!(error, ConnectError::ProxySetting { .. }));
        }
    }
}

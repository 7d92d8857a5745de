//! The option `proxy`, the environment's proxy variables, and the proxy server that they name. The system's settings are
//! in [`system`], the tunnel through a proxy is in [`tunnel`].

pub(crate) mod no_proxy;
pub(crate) mod system;
pub(crate) mod tunnel;

use url::{Host, Url};

use crate::{
    ConnectError, TlsOptions,
    error::invalid_option,
    net::{
        http::credentials::Credentials,
        proxy::{no_proxy::NoProxy, system::SystemProxy},
        target::Target,
        tls::Tls,
        zone::split_zone,
    },
};

/// The proxy for `ws` and `wss` connections. It opens a tunnel, and TLS is with the server.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Proxy {
    /// Connect directly.
    #[default]
    None,
    /// Connect through this proxy.
    Url {
        /// `http://` for HTTP CONNECT (RFC 9110 section 9.3.6), `https://` for the same over TLS with the proxy,
        /// `socks5://` for SOCKS 5 (RFC 1928) with names looked up by this side, or `socks5h://` for SOCKS 5 with names
        /// looked up by the proxy. The host follows, and the port unless it is 80 for HTTP, 443 for HTTPS or 1080 for
        /// SOCKS. A user name and password (RFC 7617, RFC 1929) precede the host, percent-encoded.
        ///
        /// The certificate of an `https` proxy is always verified, with the roots and revocation lists of
        /// [`TlsOptions`]. The pins, the server name, the client's certificate and disabled verification are for the
        /// server only.
        url: String,
        /// Hosts to connect to directly. A rule is a name, which includes its subdomains, with or without a leading
        /// dot; an address; a network such as `10.0.0.0/8`; or `*`. A port may follow after a colon. Addresses and
        /// networks only match URLs that contain an address, not the addresses of a name.
        no_proxy: Vec<String>,
    },
    /// Use the environment variables `http_proxy` for `ws`, `https_proxy` for `wss`, `all_proxy` for both, and the
    /// rules of `no_proxy`, in lower case or else in upper case. A URL without a scheme is `http`.
    Environment,
    /// Use the system's settings. They are read for each connect, on a thread that may block.
    System(SystemProxy),
}

/// The URL may contain a password, which is secret and never printed.
impl std::fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::Url { .. } => "Url",
            Self::Environment => "Environment",
            Self::System(_) => "System",
        })
    }
}

impl Proxy {
    /// The proxy for `target`, to which a URL with that scheme leads. `None` connects directly. `System` is read by the
    /// route, as it may take time.
    pub(crate) fn server_for(
        &self,
        scheme: &str,
        target: &Target,
    ) -> Result<Option<ProxyServer>, ConnectError> {
        match self {
            Self::None | Self::System(_) => Ok(None),
            Self::Url { url, no_proxy } => {
                let option = "proxy.url";
                let server =
                    ProxyServer::parse(url).map_err(|error| invalid_option(option, error))?;
                let no_proxy = NoProxy::parse(no_proxy).map_err(|rule| {
                    invalid_option("proxy.noProxy", format!("{rule:?} is not a valid rule"))
                })?;
                Ok((!no_proxy.matches(target)).then_some(server))
            }
            Self::Environment => server_from_environment(scheme, target),
        }
    }
}

/// The proxy that the environment names for `target`.
fn server_from_environment(
    scheme: &str,
    target: &Target,
) -> Result<Option<ProxyServer>, ConnectError> {
    server_from_variables(scheme, target, |name| std::env::var(name).ok())
}

fn server_from_variables(
    scheme: &str,
    target: &Target,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<ProxyServer>, ConnectError> {
    // Setting a variable to the empty string is a way to unset it for a program.
    let read = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    // In a CGI program HTTP_PROXY is a header field that clients send (CVE-2016-5385). Windows ignores the case.
    let is_http_proxy = |name: &str| name == "HTTP_PROXY" || cfg!(windows) && name == "http_proxy";
    let is_forged = |name: &str| is_http_proxy(name) && read("REQUEST_METHOD").is_some();
    if ["no_proxy", "NO_PROXY"]
        .into_iter()
        .find_map(read)
        .is_some_and(|rules| NoProxy::parse_variable(&rules).matches(target))
    {
        return Ok(None);
    }
    let own = match scheme {
        "wss" => ["https_proxy", "HTTPS_PROXY"],
        _ => ["http_proxy", "HTTP_PROXY"],
    };
    for name in own.into_iter().chain(["all_proxy", "ALL_PROXY"]) {
        if let Some(url) = read(name).filter(|_| !is_forged(name)) {
            let url = url.trim();
            let server = if url.contains("://") {
                ProxyServer::parse(url)
            } else {
                ProxyServer::parse(&format!("http://{url}"))
            };
            let option = format!("proxy (environment variable {name})");
            return server
                .map(Some)
                .map_err(|error| invalid_option(&option, error));
        }
    }
    Ok(None)
}

/// A proxy server and its protocol.
#[derive(Debug)]
pub(crate) struct ProxyServer {
    pub(crate) target: Target,
    pub(crate) protocol: Protocol,
    /// Whether the connection to the proxy has TLS.
    is_secure: bool,
    /// That TLS, from [`with_tls`](Self::with_tls).
    pub(crate) tls: Option<Tls>,
    pub(crate) credentials: Option<Credentials>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    /// With the IP address of the destination.
    Socks5,
    /// With the host name of the destination.
    Socks5h,
}

impl ProxyServer {
    /// Its URL, without credentials.
    pub(crate) fn name(&self) -> String {
        let scheme = match self.protocol {
            Protocol::Http if self.is_secure => "https",
            Protocol::Http => "http",
            Protocol::Socks5 => "socks5",
            Protocol::Socks5h => "socks5h",
        };
        format!("{scheme}://{}", self.target.authority())
    }

    /// Parses the URL of a proxy. Errors contain its scheme only, since a password may be anywhere else.
    fn parse(url: &str) -> Result<Self, String> {
        let (url, zone) = split_zone(url);
        if !url.contains("://") {
            return Err("it has no scheme: write http://host:port or socks5://host:port".into());
        }
        let url = Url::parse(&url).map_err(|error| format!("it is not a URL ({error})"))?;
        let (protocol, default_port) = match url.scheme() {
            "http" => (Protocol::Http, 80),
            "https" => (Protocol::Http, 443),
            "socks5" => (Protocol::Socks5, 1080),
            "socks5h" => (Protocol::Socks5h, 1080),
            scheme => {
                return Err(format!(
                    "scheme '{scheme}' is not supported: use http, https, socks5 or socks5h"
                ));
            }
        };
        // The parser validates the host only for schemes that it knows.
        let host = url.host_str().map(Host::parse);
        let Some(Ok(host)) = host else {
            return Err("it has no valid host".into());
        };
        let credentials = Credentials::of(&url);
        if protocol != Protocol::Http && !credentials.as_ref().is_none_or(Credentials::fit_socks) {
            let error = "the user name and the password must have 1 to 255 bytes of UTF-8 each";
            return Err(error.into());
        }
        let port = url.port().unwrap_or(default_port);
        Ok(Self {
            target: Target {
                zone,
                ..Target::new(host, port)
            },
            protocol,
            is_secure: url.scheme() == "https",
            tls: None,
            credentials,
        })
    }

    /// Prepares TLS with the proxy, if its URL is `https`. It uses the options that say whom to trust. The pins, the
    /// server name, the client's certificate and disabled verification are for the server only.
    pub(crate) fn with_tls(mut self, options: &TlsOptions) -> Result<Self, ConnectError> {
        if self.is_secure {
            let options = options
                .clone()
                .pins(Vec::new())
                .server_name(None)
                .identity(None)
                .dangerous_accept_any_certificate(false);
            self.tls = Some(Tls::new(&options, &self.target.host)?);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(url: &str, no_proxy: &[&str]) -> Proxy {
        Proxy::Url {
            url: url.to_owned(),
            no_proxy: no_proxy.iter().map(|&rule| rule.to_owned()).collect(),
        }
    }

    fn target() -> Target {
        Target::new(Host::Domain("www.example.com"), 443)
    }

    fn shown(server: Option<ProxyServer>) -> Option<String> {
        let server = server?;
        let authority = server.target.authority();
        let credentials = server.credentials.map(|credentials| credentials.basic());
        let protocol = match server.is_secure {
            true => "Https".to_owned(),
            false => format!("{:?}", server.protocol),
        };
        Some(match credentials {
            None => format!("{protocol} {authority}"),
            Some(basic) => format!("{protocol} {authority} {basic}"),
        })
    }

    fn parse(url: &str) -> Result<Option<String>, ConnectError> {
        via(url, &[]).server_for("ws", &target()).map(shown)
    }

    #[test]
    fn a_url_names_protocol_host_port_and_credentials() {
        for (url, expected) in [
            ("http://proxy.example", "Http proxy.example:80"),
            ("HTTP://[::1]:3128/", "Http [::1]:3128"),
            ("https://a:b@p", "Https p:443 Basic YTpi"),
            ("https://127.0.0.1:80", "Https 127.0.0.1:80"),
            ("http://a:b%3Ac@p:8080", "Http p:8080 Basic YTpiOmM="),
            ("http://a@p", "Http p:80 Basic YTo="),
            ("socks5://127.0.0.1", "Socks5 127.0.0.1:1080"),
            ("socks5h://a:b@[::1]:99", "Socks5h [::1]:99 Basic YTpi"),
            (
                "socks5://bücher.example",
                "Socks5 xn--bcher-kva.example:1080",
            ),
        ] {
            assert_eq!(parse(url).expect(url).as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_invalid_url_is_an_error_without_its_password() {
        let long = format!("socks5://secret:{}@p", "x".repeat(256));
        for url in [
            "ftp://secret:secret@p",
            "https://secret:secret@",
            "socks4://secret:secret@p",
            "secret:secret@p:3128",
            "p:3128",
            "",
            "http://",
            "http://secret:secret@p:99999",
            "http://secret:secret@a b",
            "socks5://",
            "socks5://secret:secret@",
            "socks5://secret@p",
            "socks5://:secret@p",
            "socks5://secret:%FF@p",
            &long,
        ] {
            let Err(ConnectError::InvalidRequest(detail)) = parse(url) else {
                panic!("{url} is accepted");
            };
            assert!(detail.contains("option proxy.url"), "{detail}");
            assert!(!detail.contains("secret"), "{detail}");
        }
        let detail = parse("ftp://p").expect_err("invalid").to_string();
        assert!(detail.contains("'ftp'"), "{detail}");
    }

    #[test]
    fn excluded_hosts_are_connected_to_directly() {
        let server = |no_proxy: &[&str]| {
            let proxy = via("http://p", no_proxy);
            proxy.server_for("wss", &target()).map(shown)
        };
        assert!(server(&["example.org"]).expect("valid rules").is_some());
        assert!(server(&["example.com"]).expect("valid rules").is_none());
        let error = server(&["example.com", "/"]).expect_err("an invalid rule");
        assert!(error.to_string().contains("proxy.noProxy"), "{error}");
    }

    /// The proxy for a scheme, with these environment variables only.
    fn environment(
        variables: &[(&str, &str)],
        scheme: &str,
    ) -> Result<Option<String>, ConnectError> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(its, _)| *its == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        server_from_variables(scheme, &target(), variable).map(shown)
    }

    fn from_environment(variables: &[(&str, &str)]) -> [Option<String>; 2] {
        ["ws", "wss"].map(|scheme| environment(variables, scheme).expect("valid variables"))
    }

    fn http(authority: &str) -> Option<String> {
        Some(format!("Http {authority}"))
    }

    #[test]
    fn each_scheme_has_its_variable() {
        assert_eq!(from_environment(&[]), [None, None]);
        assert_eq!(
            from_environment(&[("http_proxy", "http://a"), ("https_proxy", "http://b:1")]),
            [http("a:80"), http("b:1")]
        );
        assert_eq!(
            from_environment(&[("HTTP_PROXY", "a:3128")]),
            [http("a:3128"), None]
        );
        assert_eq!(
            from_environment(&[("HTTPS_PROXY", "http://b"), ("ALL_PROXY", "socks5://c")]),
            [Some("Socks5 c:1080".into()), http("b:80")]
        );
    }

    #[test]
    fn lower_case_has_priority_and_empty_means_unset() {
        assert_eq!(
            from_environment(&[("HTTP_PROXY", "a"), ("http_proxy", "b"), ("all_proxy", "c")]),
            [http("b:80"), http("c:80")]
        );
        assert_eq!(
            from_environment(&[("http_proxy", ""), ("HTTP_PROXY", "a"), ("all_proxy", " ")]),
            [http("a:80"), None]
        );
    }

    #[test]
    fn a_cgi_program_ignores_http_proxy() {
        let variables = [
            ("HTTP_PROXY", "http://evil"),
            ("REQUEST_METHOD", "GET"),
            ("ALL_PROXY", "http://a"),
        ];
        assert_eq!(from_environment(&variables), [http("a:80"), http("a:80")]);
    }

    #[cfg(windows)]
    #[test]
    fn a_cgi_program_ignores_http_proxy_in_any_case() {
        let variable = |name: &str| match name.to_ascii_uppercase().as_str() {
            "HTTP_PROXY" => Some("http://evil".to_owned()),
            "REQUEST_METHOD" => Some("GET".to_owned()),
            _ => None,
        };
        let server = server_from_variables("ws", &target(), variable);
        assert_eq!(server.map(shown).expect("valid variables"), None);
    }

    #[test]
    fn no_proxy_of_the_environment_applies() {
        for name in ["no_proxy", "NO_PROXY"] {
            let variables = [("all_proxy", "http://a"), (name, "localhost, .example.com")];
            assert_eq!(from_environment(&variables), [None, None]);
            let others = [("all_proxy", "a"), (name, "localhost,example.org")];
            assert_eq!(from_environment(&others), [http("a:80"), http("a:80")]);
        }
    }

    #[test]
    fn an_invalid_variable_is_an_error_that_names_it() {
        let error = environment(&[("all_proxy", "quic://secret@p")], "ws").expect_err("invalid");
        assert!(error.to_string().contains("all_proxy"), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn the_url_of_a_proxy_is_not_printed() {
        let proxy = via("http://secret:secret@secret", &["secret"]);
        let server = ProxyServer::parse("http://secret:secret@p").expect("a valid URL");
        let printed = format!("{proxy:?} {server:?}");
        assert!(!printed.contains("secret"), "{printed}");
    }
}

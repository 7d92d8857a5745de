//! Redirects of the handshake, and the options that must not be sent to another origin. It connects to nothing:
//! [`perform`](super::perform) calls it and follows the redirect.

use url::Url;

use crate::{ConnectError, ConnectOptions, RefusedUpgrade, handshake::upgrade::Upgrade};

/// Header fields that must not be sent to another origin.
const ONE_ORIGIN_ONLY: [&str; 5] = [
    "authorization",
    "cookie",
    "host",
    "proxy-authorization",
    "sec-websocket-protocol",
];

impl Upgrade {
    /// The request to which a redirect leads (RFC 9110 section 15.4, allowed by RFC 6455 section 4.1). `None` if the
    /// response is not a redirect.
    ///
    /// Credentials are removed from `options` before a request to another origin: those in header fields, the client's
    /// certificate, and the subprotocols, which may contain tokens. The option `address` is removed for another host,
    /// and its port for another port. The option `server_name` is removed for another host.
    pub(crate) fn redirected(
        &self,
        refused: &RefusedUpgrade,
        options: &mut ConnectOptions,
    ) -> Result<Option<Self>, ConnectError> {
        if !matches!(refused.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let location = refused
            .headers
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case("location"));
        let Some(location) = location else {
            return Ok(None);
        };
        let url = self.url.join(&location.value).map_err(|error| {
            self.target
                .bad_reply(format!("its redirect has an invalid URL ({error})"))
        })?;
        let url = with_web_socket_scheme(url);
        if !matches!(url.scheme(), "ws" | "wss") {
            let scheme = url.scheme();
            return Err(self
                .target
                .bad_reply(format!("it redirects to the scheme '{scheme}'")));
        }
        if self.url.scheme() == "wss" && url.scheme() == "ws" {
            return Err(self
                .target
                .bad_reply("it redirects from wss to ws, which would give up the encryption"));
        }
        if origin(&url) != origin(&self.url) {
            options.headers.retain(|field| {
                !ONE_ORIGIN_ONLY
                    .iter()
                    .any(|name| field.name.eq_ignore_ascii_case(name))
            });
            options.protocols.clear();
            options.tls.identity = None;
        }
        let same_host = url.host() == self.url.host();
        if !same_host {
            options.address = None;
            options.tls.server_name = None;
        } else if url.port_or_known_default() != self.url.port_or_known_default()
            && let Some(address) = &mut options.address
        {
            address.port = None;
        }
        let zone = self.target.zone.clone().filter(|_| same_host);
        // Its URL is the server's, not the owner's.
        match Self::for_url(url, zone, options) {
            Err(ConnectError::InvalidRequest(detail)) => Err(self
                .target
                .bad_reply(format!("its redirect can't be followed: {detail}"))),
            upgrade => upgrade.map(Some),
        }
    }
}

fn origin(url: &Url) -> (&str, Option<&str>, Option<u16>) {
    (url.scheme(), url.host_str(), url.port_or_known_default())
}

/// Servers redirect to http and https. The request uses ws and wss.
fn with_web_socket_scheme(url: Url) -> Url {
    let scheme = match url.scheme() {
        "http" => "ws",
        "https" => "wss",
        _ => return url,
    };
    // `Url::set_scheme` does not support this change.
    let text = url.as_str();
    let rest = text.split_once(':').map_or("", |(_, rest)| rest);
    Url::parse(&format!("{scheme}:{rest}")).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClientIdentity, HeaderField};

    fn refused(status: u16, location: Option<&str>) -> RefusedUpgrade {
        let field = |value| HeaderField::new("Location", value);
        RefusedUpgrade {
            status,
            headers: location.map(field).into_iter().collect(),
            body: Vec::new(),
        }
    }

    fn follow(
        from: &str,
        location: &str,
    ) -> (Result<Option<String>, ConnectError>, ConnectOptions) {
        let mut options = ConnectOptions::default().protocols(vec!["token".into()]);
        for name in [
            "Authorization",
            "COOKIE",
            "host",
            "Sec-WebSocket-Protocol",
            "X-Other",
        ] {
            options.headers.push(HeaderField::new(name, "secret"));
        }
        let upgrade = Upgrade::new(from, &options).expect("a valid URL");
        let next = upgrade.redirected(&refused(302, Some(location)), &mut options);
        (next.map(|next| next.map(|it| it.url.to_string())), options)
    }

    fn target(from: &str, location: &str) -> String {
        follow(from, location)
            .0
            .expect("followed")
            .expect("a redirect")
    }

    #[test]
    fn every_form_of_location_is_followed() {
        assert_eq!(target("ws://a/x/y", "z?q"), "ws://a/x/z?q");
        assert_eq!(target("ws://a/x", "/z"), "ws://a/z");
        assert_eq!(target("ws://a/x", "//b/z"), "ws://b/z");
        assert_eq!(target("ws://a/x", "http://b:81/z"), "ws://b:81/z");
        assert_eq!(target("ws://a/x", "ws://b"), "ws://b/");
    }

    #[test]
    fn credentials_are_not_sent_to_another_origin() {
        let names = |options: ConnectOptions| -> Vec<_> {
            options
                .headers
                .into_iter()
                .map(|field| field.name)
                .collect()
        };
        let all = [
            "Authorization",
            "COOKIE",
            "host",
            "Sec-WebSocket-Protocol",
            "X-Other",
        ];
        assert_eq!(names(follow("ws://a/x", "/y").1), all);
        assert_eq!(names(follow("ws://a/x", "ws://b/y").1), ["X-Other"]);
        assert_eq!(names(follow("ws://a/x", "ws://a:81/y").1), ["X-Other"]);
        for (location, expected) in [("/y", 1), ("ws://b/y", 0), ("ws://a:81/y", 0)] {
            let options = follow("ws://a/x", location).1;
            assert_eq!(options.protocols.len(), expected, "{location}");
        }
        // An absolute location does not inherit the URL's own credentials.
        assert_eq!(target("ws://me:secret@a/x", "ws://b/y"), "ws://b/y");
    }

    #[test]
    fn tls_options_for_a_host_are_not_used_for_another() {
        let left = |location: &str| {
            let mut options = ConnectOptions::default();
            options.tls.server_name = Some("c".into());
            let upgrade = Upgrade::new("ws://a/x", &options).expect("a valid URL");
            // Without TLS the identity is not parsed.
            options.tls.identity = Some(ClientIdentity {
                certificates: Vec::new(),
                private_key: Vec::new(),
            });
            let next = upgrade.redirected(&refused(302, Some(location)), &mut options);
            next.expect("followed").expect("a redirect");
            let tls = options.tls;
            (tls.identity.is_some(), tls.server_name.is_some())
        };
        assert_eq!(left("/y"), (true, true));
        assert_eq!(left("ws://a:81/y"), (false, true));
        assert_eq!(left("ws://b/y"), (false, false));
    }

    #[test]
    fn a_zone_id_is_kept_for_its_address_only() {
        let options = &mut ConnectOptions::default();
        let upgrade = Upgrade::new("ws://[fe80::1%25eth0]/", options).expect("a valid URL");
        let mut zone = |location| {
            let next = upgrade.redirected(&refused(302, Some(location)), options);
            next.expect("followed").expect("a redirect").target.zone
        };
        assert_eq!(zone("/y").as_deref(), Some("eth0"));
        assert_eq!(zone("ws://[fe80::1]:81/").as_deref(), Some("eth0"));
        assert_eq!(zone("ws://[fe80::2]/"), None);
    }

    #[test]
    fn other_responses_are_no_redirects() {
        let mut options = ConnectOptions::default();
        let upgrade = Upgrade::new("ws://a", &options).expect("a valid URL");
        for response in [
            refused(302, None),
            refused(304, Some("/y")),
            refused(404, Some("/y")),
        ] {
            assert!(matches!(
                upgrade.redirected(&response, &mut options),
                Ok(None)
            ));
        }
    }

    #[test]
    fn an_invalid_location_is_an_error() {
        // A request was sent, so the error is not `InvalidRequest`.
        for (location, named) in [("ws://[", "invalid URL"), ("ftp://b", "'ftp'")] {
            let error = follow("ws://a", location).0.expect_err(location);
            assert!(matches!(error, ConnectError::BadReply { .. }), "{error}");
            assert!(error.to_string().contains(named), "{error}");
        }
    }
}

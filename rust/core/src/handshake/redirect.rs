//! Redirects of the handshake, and what must not follow them to another origin.

use url::Url;

use crate::{ConnectError, ConnectOptions, RefusedUpgrade, handshake::upgrade::Upgrade};

/// Header fields that are meant for one origin only.
const ONE_ORIGIN_ONLY: [&str; 5] = [
    "authorization",
    "cookie",
    "host",
    "proxy-authorization",
    "sec-websocket-protocol",
];

impl Upgrade {
    /// The request that a redirect asks for (RFC 9110 section 15.4, allowed by RFC 6455 section 4.1); none if the
    /// response is no redirect. To another origin no credentials go, and no name of the host: neither those
    /// of the URL nor those in `options`, from which they are removed: the client's certificate is among them, and so are
    /// the subprotocols, in which tokens are sent where no header can be. To another host the options `address` and
    /// `server_name` do not apply, and to another port that of `address` does not.
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
                .bad_reply(format!("its redirect leads to no URL ({error})"))
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
        Self::for_url(url, zone, options).map(Some)
    }
}

fn origin(url: &Url) -> (&str, Option<&str>, Option<u16>) {
    (url.scheme(), url.host_str(), url.port_or_known_default())
}

/// Servers redirect to http and https, where ws and wss are meant.
fn with_web_socket_scheme(url: Url) -> Url {
    let scheme = match url.scheme() {
        "http" => "ws",
        "https" => "wss",
        _ => return url,
    };
    // `Url::set_scheme` refuses to change between these.
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
        let upgrade = Upgrade::new(from, &options).expect("a good URL");
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
    fn what_is_meant_for_an_origin_stays_with_it() {
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
        // The URL's own are not inherited by an absolute location.
        assert_eq!(target("ws://me:secret@a/x", "ws://b/y"), "ws://b/y");
    }

    #[test]
    fn options_of_tls_that_are_meant_for_a_host_stay_with_it() {
        let left = |location: &str| {
            let mut options = ConnectOptions::default();
            options.tls.server_name = Some("c".into());
            let upgrade = Upgrade::new("ws://a/x", &options).expect("a good URL");
            // Where no connection is secured, nobody looks whether it is one.
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
    fn a_zone_id_stays_with_its_address() {
        let options = &mut ConnectOptions::default();
        let upgrade = Upgrade::new("ws://[fe80::1%25eth0]/", options).expect("a good URL");
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
        let upgrade = Upgrade::new("ws://a", &options).expect("a good URL");
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
    fn a_location_that_can_not_be_followed_is_an_error() {
        // Something was sent, so that it is no request that can't be.
        for (location, named) in [("ws://[", "no URL"), ("ftp://b", "'ftp'")] {
            let error = follow("ws://a", location).0.expect_err(location);
            assert!(matches!(error, ConnectError::BadReply { .. }), "{error}");
            assert!(error.to_string().contains(named), "{error}");
        }
    }
}

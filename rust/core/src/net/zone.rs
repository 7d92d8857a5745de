//! Zone ids in URLs (RFC 6874). The URL standard does not support them, so they are removed before parsing.
//! The handshake and the option `proxy` call it.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Removes the zone id from the URL's IPv6 literal and returns both. It accepts `[fe80::1%25eth0]` (RFC 6874) and the
/// common form with `%` only.
pub(crate) fn split_zone(url: &str) -> (Cow<'_, str>, Option<String>) {
    let Some((before, zone, after)) = find_zone(url) else {
        return (url.into(), None);
    };
    let zone = match zone.strip_prefix("25") {
        Some(zone) if !zone.is_empty() => zone,
        _ => zone,
    };
    let zone = percent_decode_str(zone).decode_utf8_lossy().into_owned();
    (format!("{before}{after}").into(), Some(zone))
}

/// Returns the zone, the text before its percent sign, and the text after it.
fn find_zone(url: &str) -> Option<(&str, &str, &str)> {
    let start = url.find("://")? + 3;
    let length = url[start..].find(['/', '?', '#', '\\']);
    let end = length.map_or(url.len(), |length| start + length);
    // The user name and password may contain brackets. The host begins after the last @.
    let host = start + url[start..end].rfind('@').map_or(0, |at| at + 1);
    let literal = url[host..end].strip_prefix('[')?;
    let close = host + 1 + literal.find(']')?;
    let percent = host + url[host..close].find('%')?;
    Some((&url[..percent], &url[percent + 1..close], &url[close..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_taken_out_of_an_ipv6_literal() {
        for (url, rest, zone) in [
            ("ws://[fe80::1%25eth0]/", "ws://[fe80::1]/", "eth0"),
            (
                "ws://[fe80::1%eth0]:80/a%b",
                "ws://[fe80::1]:80/a%b",
                "eth0",
            ),
            ("ws://u%40:p@[fe80::1%252]", "ws://u%40:p@[fe80::1]", "2"),
            (
                "ws://user:p[%40]w@[fe80::1%25eth0]/",
                "ws://user:p[%40]w@[fe80::1]/",
                "eth0",
            ),
            ("ws://[fe80::1%25]/", "ws://[fe80::1]/", "25"),
            ("ws://[fe80::1%25en%2d1]?%", "ws://[fe80::1]?%", "en-1"),
        ] {
            let (found, its_zone) = split_zone(url);
            assert_eq!((&*found, its_zone.as_deref()), (rest, Some(zone)));
        }
    }

    #[test]
    fn everything_else_is_unchanged() {
        for url in [
            "ws://[fe80::1]/",
            "ws://h/[a%25b]",
            "ws://h?[a%25b]",
            "ws://h#[a%25b]",
            "ws://%5B/",
            "ws://]%[",
            "ws://user:p[%40]w@127.0.0.1/",
            "ws://user:[::1%25]@[::1]/",
            "ws://a[%25b]/",
            "[a%25b]",
            "",
        ] {
            assert_eq!(split_zone(url), (url.into(), None));
        }
    }
}

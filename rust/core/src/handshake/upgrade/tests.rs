//! Tests of the opening handshake over an in-memory stream with a paused clock.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use tokio::io::{AsyncReadExt, DuplexStream, duplex};

use super::*;
use crate::{
    RefusedUpgrade,
    net::http::response::{FIRST_LOOK, LOOKED_AT, MAX_HEADER_FIELDS},
};

const URL: &str = "ws://example.com/chat";
/// The maximum size of a refusal's body, in bytes.
const BODY_SIZE: usize = 4096;

fn options(fields: &[(&str, &str)]) -> ConnectOptions {
    ConnectOptions {
        headers: fields
            .iter()
            .map(|(name, value)| HeaderField::new(*name, *value))
            .collect(),
        ..ConnectOptions::default()
    }
}

fn offering(protocols: &[&str]) -> ConnectOptions {
    ConnectOptions {
        protocols: protocols.iter().map(|&name| name.to_owned()).collect(),
        ..ConnectOptions::default()
    }
}

/// The lines of the request for a URL.
fn lines(url: &str, options: &ConnectOptions) -> Vec<String> {
    let upgrade = Upgrade::new(url, options).unwrap();
    let text = String::from_utf8(upgrade.request).unwrap();
    let head = text.strip_suffix("\r\n\r\n").unwrap();
    head.split("\r\n").map(str::to_owned).collect()
}

/// The values of a field, by its exact name.
fn values(lines: &[String], name: &str) -> Vec<String> {
    let prefix = format!("{name}: ");
    lines
        .iter()
        .filter_map(|line| line.strip_prefix(&prefix))
        .map(str::to_owned)
        .collect()
}

/// The error for a request that is invalid.
fn refusal(url: &str, options: &ConnectOptions) -> String {
    match Upgrade::new(url, options) {
        Err(ConnectError::InvalidRequest(detail)) => detail,
        other => panic!("expected an error, got {other:?}"),
    }
}

/// The response including the body of a refusal.
async fn completed(
    upgrade: &Upgrade,
    stream: &mut DuplexStream,
) -> Result<(Handshake, Vec<u8>), ConnectError> {
    match upgrade.perform(stream).await {
        Ok(Answer::Upgraded(handshake, tail)) => Ok((handshake, tail)),
        Ok(Answer::Refused(refusal)) => Err(refusal.read_body(stream, Duration::MAX).await),
        Err(HandshakeFailure::Lost(error) | HandshakeFailure::Rejected(error)) => Err(error),
    }
}

/// The result for the response that `respond` makes with the expected `Sec-WebSocket-Accept`. The connection stays open
/// after it.
async fn perform_with(
    options: &ConnectOptions,
    respond: impl FnOnce(&str) -> Vec<u8>,
) -> Result<(Handshake, Vec<u8>), ConnectError> {
    let upgrade = Upgrade::new(URL, options).unwrap();
    let (mut client, mut server) = duplex(1024 * 1024);
    server.write_all(&respond(&upgrade.accept)).await.unwrap();
    completed(&upgrade, &mut client).await
}

/// Like [`perform_with`], with the default options.
async fn perform(
    respond: impl FnOnce(&str) -> String,
) -> Result<(Handshake, Vec<u8>), ConnectError> {
    let options = ConnectOptions::default();
    perform_with(&options, |accept| respond(accept).into_bytes()).await
}

/// The result for a server that sends `response` and closes the connection.
async fn perform_and_leave(response: &str) -> Result<(Handshake, Vec<u8>), ConnectError> {
    let upgrade = Upgrade::new(URL, &ConnectOptions::default()).unwrap();
    let (mut client, mut server) = duplex(1024 * 1024);
    server.write_all(response.as_bytes()).await.unwrap();
    server.shutdown().await.unwrap();
    completed(&upgrade, &mut client).await
}

/// A valid response with additional fields.
fn response(accept: &str, fields: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{fields}\r\n"
    )
}

#[track_caller]
fn refused(result: Result<(Handshake, Vec<u8>), ConnectError>) -> RefusedUpgrade {
    match result {
        Err(ConnectError::UpgradeRefused { refused, .. }) => *refused,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[track_caller]
fn bad_reply(result: Result<(Handshake, Vec<u8>), ConnectError>) -> String {
    match result {
        Err(ConnectError::BadReply {
            host, port, detail, ..
        }) => {
            assert_eq!((host.as_str(), port), ("example.com", 80));
            detail
        }
        other => panic!("expected a bad reply, got {other:?}"),
    }
}

// The request.

#[test]
fn the_request_is_a_get_of_version_13_with_a_fresh_key() {
    let lines = lines(URL, &ConnectOptions::default());
    assert_eq!(lines[0], "GET /chat HTTP/1.1");
    assert_eq!(values(&lines, "Host"), ["example.com"]);
    assert_eq!(values(&lines, "Connection"), ["Upgrade"]);
    assert_eq!(values(&lines, "Upgrade"), ["websocket"]);
    assert_eq!(values(&lines, "Sec-WebSocket-Version"), ["13"]);
    assert_eq!(
        values(&lines, "Sec-WebSocket-Extensions"),
        ["permessage-deflate; client_max_window_bits"]
    );
    let keys = values(&lines, "Sec-WebSocket-Key");
    assert_eq!(keys.len(), 1);
    assert_eq!(BASE64.decode(&keys[0]).unwrap().len(), 16);
    assert_eq!(lines.len(), 7, "an unexpected field: {lines:#?}");
    let again = self::lines(URL, &ConnectOptions::default());
    assert_ne!(keys, values(&again, "Sec-WebSocket-Key"));
}

#[tokio::test(start_paused = true)]
async fn the_checked_request_is_sent() {
    let upgrade = Upgrade::new(URL, &options(&[("x-one", "1")])).unwrap();
    let (mut client, mut server) = duplex(64);
    let reading = async {
        let mut received = Vec::new();
        while !received.ends_with(b"\r\n\r\n") {
            assert!(server.read_buf(&mut received).await.unwrap() > 0);
        }
        drop(server);
        received
    };
    let (received, result) = tokio::join!(reading, completed(&upgrade, &mut client));
    assert_eq!(received, upgrade.request);
    bad_reply(result);
}

#[test]
fn a_name_in_lower_case_is_written_in_canonical_case() {
    let lines = lines(URL, &options(&[("user-agent", "x"), ("x-api-key", "y")]));
    assert_eq!(values(&lines, "User-Agent"), ["x"]);
    assert_eq!(values(&lines, "X-Api-Key"), ["y"]);
}

#[test]
fn a_name_with_capitals_is_not_changed() {
    let lines = lines(URL, &options(&[("X-API-key", "x"), ("eTag", "y")]));
    assert_eq!(values(&lines, "X-API-key"), ["x"]);
    assert_eq!(values(&lines, "eTag"), ["y"]);
}

#[test]
fn a_repeated_name_is_sent_repeatedly_in_order() {
    let lines = lines(URL, &options(&[("cookie", "a=1"), ("cookie", "b=2")]));
    assert_eq!(values(&lines, "Cookie"), ["a=1", "b=2"]);
}

#[test]
fn the_host_field_replaces_the_urls_host() {
    let lines = lines(URL, &options(&[("host", "other.example:81")]));
    assert_eq!(values(&lines, "Host"), ["other.example:81"]);
}

#[test]
fn fields_of_the_handshake_itself_are_ignored() {
    let mut options = options(&[
        ("Connection", "close"),
        ("upgrade", "h2c"),
        ("Sec-WebSocket-Key", "mine"),
        ("sec-websocket-version", "8"),
        ("Sec-WebSocket-Extensions", "permessage-deflate"),
    ]);
    options.compression = None;
    let lines = lines(URL, &options);
    assert_eq!(values(&lines, "Connection"), ["Upgrade"]);
    assert_eq!(values(&lines, "Upgrade"), ["websocket"]);
    assert_eq!(values(&lines, "Sec-WebSocket-Version"), ["13"]);
    assert_ne!(values(&lines, "Sec-WebSocket-Key"), ["mine"]);
    assert!(values(&lines, "Sec-WebSocket-Extensions").is_empty());
    assert_eq!(lines.len(), 6, "{lines:#?}");
}

#[test]
fn protocols_of_the_option_and_of_the_header_are_offered_in_one_field() {
    let mut options = options(&[("sec-websocket-protocol", "c, d"), ("x-other", "1")]);
    options.protocols = vec!["a".into(), "b".into()];
    let lines = lines(URL, &options);
    assert_eq!(values(&lines, "Sec-WebSocket-Protocol"), ["a, b, c, d"]);
}

#[test]
fn an_empty_protocol_header_offers_nothing() {
    let lines = lines(URL, &options(&[("Sec-WebSocket-Protocol", "")]));
    assert!(values(&lines, "Sec-WebSocket-Protocol").is_empty());
}

#[test]
fn credentials_of_the_url_are_decoded_and_sent_as_basic_authentication() {
    let lines = lines("ws://us%40er:p%3Aass%20@h/", &ConnectOptions::default());
    let expected = format!("Basic {}", BASE64.encode("us@er:p:ass "));
    assert_eq!(values(&lines, "Authorization"), [expected]);
    assert_eq!(values(&lines, "Host"), ["h"]);
}

#[test]
fn a_password_without_a_user_is_sent_too() {
    let lines = lines("ws://:secret@h/", &ConnectOptions::default());
    let expected = format!("Basic {}", BASE64.encode(":secret"));
    assert_eq!(values(&lines, "Authorization"), [expected]);
}

#[test]
fn an_authorization_field_replaces_the_urls_credentials() {
    let options = options(&[("authorization", "Bearer t")]);
    let lines = lines("ws://user:password@h/", &options);
    assert_eq!(values(&lines, "Authorization"), ["Bearer t"]);
}

#[test]
fn the_query_is_sent_and_the_fragment_is_not() {
    let lines = lines("ws://h/a%20b?q=1&r=%2F#part", &ConnectOptions::default());
    assert_eq!(lines[0], "GET /a%20b?q=1&r=%2F HTTP/1.1");
}

#[test]
fn a_url_without_a_path_requests_the_root() {
    assert_eq!(
        lines("ws://h", &ConnectOptions::default())[0],
        "GET / HTTP/1.1"
    );
    assert_eq!(
        lines("ws://h?q", &ConnectOptions::default())[0],
        "GET /?q HTTP/1.1"
    );
}

#[test]
fn a_port_other_than_80_is_part_of_host() {
    let host = |url| values(&lines(url, &ConnectOptions::default()), "Host");
    assert_eq!(host("ws://h:8080/"), ["h:8080"]);
    assert_eq!(host("ws://h:80/"), ["h"]);
    assert_eq!(host("ws://[::1]/"), ["[::1]"]);
    assert_eq!(host("ws://[::1]:8080/"), ["[::1]:8080"]);
}

#[test]
fn an_ipv6_host_is_connected_to_without_its_brackets() {
    let upgrade = Upgrade::new("ws://[::1]:8080/", &ConnectOptions::default()).unwrap();
    assert_eq!(
        (upgrade.target.host.as_str(), upgrade.target.port),
        ("::1", 8080)
    );
}

#[test]
fn a_line_break_or_nul_in_a_field_is_refused() {
    for value in ["a\r\nX-Evil: 1", "a\rb", "a\nb", "a\0b"] {
        let detail = refusal(URL, &options(&[("x-name", value)]));
        assert!(detail.contains("x-name"), "{detail}");
        refusal(URL, &options(&[("host", value)]));
        refusal(URL, &options(&[("connection", value)]));
        refusal(URL, &options(&[("sec-websocket-protocol", value)]));
        refusal(URL, &options(&[(value, "1")]));
        refusal(URL, &offering(&[value]));
    }
}

#[test]
fn a_name_that_is_not_a_token_is_refused() {
    for name in ["", "a b", "a:", "ä", "a\t", "(a)"] {
        refusal(URL, &options(&[(name, "1")]));
    }
}

#[test]
fn a_protocol_that_is_not_a_token_is_refused() {
    for protocol in ["", "a b", "a,b", "ä", "a/b"] {
        refusal(URL, &offering(&["chat", protocol]));
    }
    // The protocol may be secret.
    let detail = refusal(URL, &offering(&["chat", "Bearer s3cret"]));
    assert!(!detail.contains("s3cret"), "{detail}");
    assert!(detail.contains('2'), "{detail}");
}

#[test]
fn an_invalid_url_is_refused() {
    for url in ["", "example.com", "/chat", "ws://", "ws://h:99999/", "ws:"] {
        refusal(url, &ConnectOptions::default());
    }
}

#[test]
fn a_scheme_that_is_not_ws_is_refused_by_name() {
    for scheme in ["http", "ftp", "file", "custom"] {
        let detail = refusal(&format!("{scheme}://h/"), &ConnectOptions::default());
        assert!(detail.contains(scheme), "{detail}");
    }
}

#[test]
fn a_line_break_in_a_url_is_not_sent() {
    let lines = lines(
        "ws://h/a\r\nX-Evil: 1?b\r\nX-Evil: 2",
        &ConnectOptions::default(),
    );
    assert!(values(&lines, "X-Evil").is_empty(), "{lines:#?}");
    let lines = self::lines("ws://a%0D%0Ab:c%0D%0Ad@h/", &ConnectOptions::default());
    assert_eq!(lines.len(), 8, "{lines:#?}");
}

// Responses that accept.

#[tokio::test(start_paused = true)]
async fn a_valid_response_opens_and_has_its_header() {
    let (handshake, tail) = perform(|accept| response(accept, "X-One:  1 \r\n"))
        .await
        .unwrap();
    assert_eq!(handshake.protocol, None);
    assert_eq!(
        handshake.headers.last(),
        Some(&HeaderField::new("X-One", "1"))
    );
    assert_eq!(handshake.headers.len(), 4);
    assert!(tail.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_response_may_be_split_anywhere() {
    let tail = b"\x81\x02hi";
    let mut at = 0;
    loop {
        let upgrade = Upgrade::new(URL, &ConnectOptions::default()).unwrap();
        let mut bytes = response(&upgrade.accept, "X-Folded: a\r\n b\r\n").into_bytes();
        let head_size = bytes.len();
        bytes.extend(tail);
        let (mut client, mut server) = duplex(4096);
        let sending = async {
            server.write_all(&bytes[..at]).await.unwrap();
            // The paused clock advances when the client has read everything and waits.
            tokio::time::sleep(Duration::from_millis(1)).await;
            server.write_all(&bytes[at..]).await.unwrap();
        };
        let (result, ()) = tokio::join!(completed(&upgrade, &mut client), sending);
        let (_, mut received) = result.unwrap();
        // Bytes that had not arrived are still in the stream.
        let missing = tail.len() - received.len();
        received.resize(tail.len(), 0);
        client
            .read_exact(&mut received[tail.len() - missing..])
            .await
            .unwrap();
        assert_eq!(received, tail, "split at {at}");
        at += 1;
        if at > head_size {
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_may_come_byte_by_byte() {
    let upgrade = Upgrade::new(URL, &ConnectOptions::default()).unwrap();
    let bytes = response(&upgrade.accept, "");
    let (mut client, mut server) = duplex(1024);
    let sending = async {
        for byte in bytes.as_bytes() {
            server.write_all(&[*byte]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (result, ()) = tokio::join!(completed(&upgrade, &mut client), sending);
    result.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_header_that_arrives_byte_by_byte_is_parsed_in_linear_time() {
    let upgrade = Upgrade::new(URL, &ConnectOptions::default()).unwrap();
    let blank = "\r\n".repeat(15_000);
    let folded = "\r\n a".repeat(8_000);
    let fields = format!("X-Long: {folded}\r\n");
    let bytes = [blank, response(&upgrade.accept, &fields)].concat();
    // One byte at a time.
    let (mut client, server) = duplex(1);
    let (mut requests, mut answers) = tokio::io::split(server);
    LOOKED_AT.set(0);
    let serving = async {
        let mut request = vec![0; upgrade.request.len()];
        requests.read_exact(&mut request).await.unwrap();
        answers.write_all(bytes.as_bytes()).await.unwrap();
    };
    let (result, ()) = tokio::join!(completed(&upgrade, &mut client), serving);
    result.unwrap();
    // The first bytes are parsed with each byte that arrives. For the rest only three bytes are searched each time, and
    // all of it is parsed once.
    let most = FIRST_LOOK * FIRST_LOOK + 5 * bytes.len();
    assert!(LOOKED_AT.get() <= most, "{}", LOOKED_AT.get());
}

#[tokio::test(start_paused = true)]
async fn bytes_after_the_response_are_kept() {
    let tail = [0x81, 0x02, b'h', b'i', 0xff, 0x00];
    let (_, received) = perform_with(&ConnectOptions::default(), |accept| {
        [response(accept, "").as_bytes(), &tail].concat()
    })
    .await
    .unwrap();
    assert_eq!(received, tail);
}

#[tokio::test(start_paused = true)]
async fn names_and_tokens_are_read_in_any_case() {
    perform(|accept| {
        format!(
            "HTTP/1.1 101 ok\r\nUPGRADE: WebSocket\r\nconnection: UPGRADE\r\n\
             sec-websocket-ACCEPT: {accept}\r\n\r\n"
        )
    })
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn upgrade_and_connection_may_have_more_tokens_and_fields() {
    perform(|accept| {
        format!(
            "HTTP/1.1 101 ok\r\nUpgrade: h2c , websocket\r\nConnection: keep-alive\r\n\
             Connection: close ,\tUpgrade,\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        )
    })
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_folded_field_is_one_line() {
    let (handshake, _) = perform(|accept| {
        format!(
            "HTTP/1.1 101 ok\r\nUpgrade: websocket\r\nConnection: keep-alive,\r\n Upgrade\r\n\
             Sec-WebSocket-Accept:\r\n\t{accept}\r\nX-Long: a \r\n  b\r\n\tc\r\n\r\n"
        )
    })
    .await
    .unwrap();
    assert_eq!(
        handshake.headers.last(),
        Some(&HeaderField::new("X-Long", "a b c"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_response_needs_no_reason_phrase() {
    perform(|accept| response(accept, "").replace(" Switching Protocols", ""))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_servers_protocol_is_reported_whether_it_was_offered_or_not() {
    for options in [offering(&["chat", "soap"]), ConnectOptions::default()] {
        let (handshake, _) = perform_with(&options, |accept| {
            response(accept, "Sec-WebSocket-Protocol: soap\r\n").into_bytes()
        })
        .await
        .unwrap();
        assert_eq!(handshake.protocol.as_deref(), Some("soap"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_may_choose_none_of_the_protocols() {
    for fields in ["", "Sec-WebSocket-Protocol: \r\n"] {
        let (handshake, _) = perform_with(&offering(&["chat"]), |accept| {
            response(accept, fields).into_bytes()
        })
        .await
        .unwrap();
        assert_eq!(handshake.protocol, None);
    }
}

#[tokio::test(start_paused = true)]
async fn interim_responses_are_skipped() {
    let (_, tail) = perform(|accept| {
        format!(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n{}tail",
            response(accept, "")
        )
    })
    .await
    .unwrap();
    assert_eq!(tail, b"tail");
}

// Invalid responses.

#[tokio::test(start_paused = true)]
async fn a_response_without_upgrade_or_connection_is_a_bad_reply() {
    for (line, name) in [
        ("Upgrade: websocket\r\n", "Upgrade"),
        ("Connection: Upgrade\r\n", "Connection"),
    ] {
        let detail = bad_reply(perform(|accept| response(accept, "").replace(line, "")).await);
        assert!(detail.contains(name), "{detail}");
        let other = line.replace(": ", ": not-");
        bad_reply(perform(|accept| response(accept, "").replace(line, &other)).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_or_wrong_accept_is_a_bad_reply() {
    for wrong in [
        "",
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "dGhlIHNhbXBsZSBub25jZQ==",
    ] {
        let detail = bad_reply(perform(|_| response(wrong, "")).await);
        assert!(detail.contains("Sec-WebSocket-Accept"), "{detail}");
    }
    let missing = perform(|accept| {
        response(accept, "").replace(&format!("Sec-WebSocket-Accept: {accept}\r\n"), "")
    });
    bad_reply(missing.await);
    // Base64 is case-sensitive.
    bad_reply(perform(|accept| response(&accept.to_ascii_lowercase(), "")).await);
}

#[tokio::test(start_paused = true)]
async fn the_accepted_extensions_are_reported() {
    let fields = "Sec-WebSocket-Extensions: \r\n\
                  Sec-WebSocket-Extensions: permessage-deflate;\r\n server_max_window_bits=10\r\n";
    let accepted = perform(|accept| response(accept, fields)).await;
    let (handshake, _) = accepted.unwrap();
    assert_eq!(
        handshake.extensions,
        "permessage-deflate; server_max_window_bits=10"
    );
    assert_eq!(handshake.agreement.unwrap().server_max_window_bits, 10);
    let (handshake, _) = perform(|accept| response(accept, "")).await.unwrap();
    assert_eq!(
        (handshake.extensions.as_str(), handshake.agreement),
        ("", None)
    );
}

#[tokio::test(start_paused = true)]
async fn an_extension_that_was_not_offered_is_a_bad_reply() {
    let options = ConnectOptions {
        compression: None,
        ..ConnectOptions::default()
    };
    let fields = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    let declined = perform_with(&options, |accept| response(accept, fields).into_bytes());
    let detail = bad_reply(declined.await);
    assert!(detail.contains("permessage-deflate"), "{detail}");
    let second = format!("{fields}Sec-WebSocket-Extensions: x-unknown\r\n");
    let detail = bad_reply(perform(|accept| response(accept, &second)).await);
    assert!(detail.contains("x-unknown"), "{detail}");
    let empty = "Sec-WebSocket-Extensions: \r\n";
    perform(|accept| response(accept, empty)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_http_is_a_bad_reply_with_its_start() {
    for garbage in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "\x15\x03\x01\x00\x02\x02\x16",
        "\r\n\r\nx",
    ] {
        let detail = bad_reply(perform(|_| garbage.to_owned()).await);
        assert!(detail.contains("not an HTTP/1.1 response"), "{detail}");
    }
    let detail = bad_reply(perform(|_| "SSH-2.0-OpenSSH_9.6\r\n".to_owned()).await);
    assert!(detail.contains("SSH-2.0"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_without_a_response_is_a_bad_reply() {
    for start in [
        "",
        "HTTP/1.1 101 Switch",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n",
    ] {
        bad_reply(perform_and_leave(start).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_without_an_end_is_a_bad_reply() {
    let detail = bad_reply(
        perform(|accept| {
            let long = "x".repeat(64 * 1024);
            response(accept, &format!("X-Long: {long}\r\n"))
        })
        .await,
    );
    assert!(detail.contains("larger"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn the_header_may_be_as_large_as_the_option_whatever_follows_it() {
    let upgrade = Upgrade::new(URL, &ConnectOptions::default()).unwrap();
    let size = response(&upgrade.accept, "").len();
    let with_limit = |limit: usize, tail: &'static str| {
        let options = ConnectOptions::default().max_header_size(limit);
        async move {
            let respond = |accept: &str| (response(accept, "") + tail).into_bytes();
            perform_with(&options, respond).await
        }
    };
    for tail in ["", "and a thousand frames"] {
        with_limit(size, tail).await.unwrap();
        let detail = bad_reply(with_limit(size - 1, tail).await);
        assert!(detail.contains("option maxHeaderSize"), "{detail}");
        assert!(detail.contains(&format!("{} bytes", size - 1)), "{detail}");
    }
    with_limit(usize::MAX, "").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn interim_responses_count_towards_the_size_of_the_header() {
    const INTERIM: &str = "HTTP/1.1 100 Continue\r\n\r\n";
    let upgrade = Upgrade::new(URL, &ConnectOptions::default()).unwrap();
    let last = response(&upgrade.accept, "").len();
    let options = ConnectOptions::default().max_header_size(last + 9 * INTERIM.len());
    let after = |count: usize| {
        perform_with(&options, move |accept| {
            (INTERIM.repeat(count) + &response(accept, "")).into_bytes()
        })
    };
    after(9).await.unwrap();
    let detail = bad_reply(after(10).await);
    assert!(detail.contains("option maxHeaderSize"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn endless_interim_responses_are_a_bad_reply() {
    let upgrade = Upgrade::new(URL, &ConnectOptions::default()).unwrap();
    let (mut client, mut server) = duplex(1024);
    let sending = async {
        for _ in 0..100_000 {
            let interim = b"HTTP/1.1 102 Processing\r\n\r\n";
            server.write_all(interim).await.unwrap();
        }
    };
    tokio::select! {
        result = completed(&upgrade, &mut client) => {
            assert!(bad_reply(result).contains("larger"));
        }
        () = sending => panic!("everything was read"),
    }
}

#[test]
fn a_maximum_header_size_of_zero_is_refused() {
    let options = ConnectOptions::default().max_header_size(0);
    assert!(refusal(URL, &options).contains("option maxHeaderSize"));
}

#[tokio::test(start_paused = true)]
async fn a_header_with_too_many_fields_is_a_bad_reply() {
    bad_reply(perform(|accept| response(accept, &"X: 1\r\n".repeat(MAX_HEADER_FIELDS))).await);
    let fits = "X: 1\r\n".repeat(MAX_HEADER_FIELDS - 3);
    perform(|accept| response(accept, &fits)).await.unwrap();
}

// Responses that refuse.

#[tokio::test(start_paused = true)]
async fn a_refusal_has_status_header_and_body() {
    let start = tokio::time::Instant::now();
    let refused = refused(
        perform(|_| {
            "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\nX-One: 1\r\n\r\nno chatHTTP".to_owned()
        })
        .await,
    );
    assert_eq!(
        (refused.status, refused.body.as_slice()),
        (404, &b"no chat"[..])
    );
    assert!(refused.headers.contains(&HeaderField::new("X-One", "1")));
    assert!(start.elapsed().is_zero(), "no wait, since its end is known");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_length_has_the_body_until_the_end() {
    let head = "HTTP/1.1 403 Forbidden\r\n\r\nno";
    assert_eq!(refused(perform_and_leave(head).await).body, b"no");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_whose_body_does_not_end_waits_a_second_for_it() {
    let start = tokio::time::Instant::now();
    let refused = refused(perform(|_| "HTTP/1.1 403 Forbidden\r\n\r\nno".to_owned()).await);
    assert_eq!(refused.body, b"no");
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn the_body_of_a_refusal_is_bounded() {
    let endless = "x".repeat(3 * BODY_SIZE);
    for field in ["", "Content-Length: 1000000\r\n", "Content-Length: -1\r\n"] {
        let refused = refused(perform(|_| format!("HTTP/1.1 500 x\r\n{field}\r\n{endless}")).await);
        assert_eq!(refused.body.len(), BODY_SIZE);
    }
}

#[tokio::test(start_paused = true)]
async fn the_chunks_of_a_refusal_are_joined() {
    let start = tokio::time::Instant::now();
    let refused = refused(
        perform(|_| {
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n\
             3\r\nno \r\n4;name=value\r\nchat\r\n0\r\n\r\n"
                .to_owned()
        })
        .await,
    );
    assert_eq!(refused.body, b"no chat");
    assert!(start.elapsed().is_zero(), "no wait after the last chunk");
}

#[tokio::test(start_paused = true)]
async fn invalid_or_incomplete_chunks_give_the_received_body() {
    for (chunks, body) in [
        ("3\r\nno \r\nzz\r\nchat", "no "),
        ("ffffffffffffffff\r\nno", "no"),
        ("5\r\nno", "no"),
        ("5", ""),
        ("2\r\nnoX", "no"),
        ("", ""),
    ] {
        let refused = refused(
            perform(|_| {
                format!("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}")
            })
            .await,
        );
        assert_eq!(String::from_utf8_lossy(&refused.body), body, "{chunks:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redirect_and_a_plain_page_are_refusals() {
    let redirect = refused(
        perform(|_| {
            "HTTP/1.1 302 Found\r\nLocation: ws://other/\r\nContent-Length: 0\r\n\r\n".to_owned()
        })
        .await,
    );
    assert_eq!((redirect.status, redirect.body.len()), (302, 0));
    let field = HeaderField::new("Location", "ws://other/");
    assert!(redirect.headers.contains(&field));
    let page = perform(|_| "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_owned());
    assert_eq!(refused(page.await).status, 200);
}

#[test]
fn a_subprotocol_that_the_server_repeats_is_not_printed() {
    let handshake = Handshake {
        protocol: Some("secret".into()),
        headers: vec![HeaderField::new("Sec-WebSocket-Protocol", "secret")],
        ..Handshake::default()
    };
    let printed = format!("{handshake:?}");
    assert!(!printed.contains("secret"), "{printed}");
}

//! Connecting: from the call to the open connection or to the error.

mod support;

use std::{io, time::Duration};

use bytes::Bytes;
use rust_web_socket_core::{
    Compress, ConnectError, ConnectOptions, Connection, HeaderField, Initiator, SendError,
};
use support::{
    BINARY, CLOSE, Client, Frame, Recorder, Server, TEXT, TimedOut, close_payload, read_request,
    soon, time_out,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Handle,
    time::Instant,
};

fn limited_to(limit: Duration) -> ConnectOptions {
    let mut options = ConnectOptions::default();
    options.connect_timeout = Some(limit);
    options
}

#[tokio::test]
async fn the_servers_response_is_reported() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    server.upgrade().await;
    let handshake = client.opened().await;
    assert_eq!(handshake.protocol, None);
    let upgrade = HeaderField::new("Upgrade", "websocket");
    assert!(handshake.headers.contains(&upgrade));
}

#[tokio::test]
async fn an_invalid_request_fails_at_the_call() {
    let (recorder, mut events) = Recorder::new();
    let error = Connection::connect(
        "http://127.0.0.1/",
        ConnectOptions::default(),
        recorder,
        &Handle::current(),
    )
    .expect_err("an invalid scheme");
    assert!(matches!(error, ConnectError::InvalidRequest(_)), "{error}");
    assert!(soon(events.recv()).await.is_none(), "an event came as well");
}

#[tokio::test]
async fn a_port_without_a_listener_is_refused() {
    let server = Server::start().await;
    let (url, port) = (server.url(), server.port());
    drop(server);
    let mut client = Client::connect(&url);
    let error = client.failed().await;
    let ConnectError::Refused {
        host,
        port: refused,
        source,
    } = &error
    else {
        panic!("expected a refusal, got {error:?}")
    };
    assert_eq!((host.as_str(), *refused), ("127.0.0.1", port));
    assert_eq!(source.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(error.os_code(), source.raw_os_error());
    assert!(error.os_code().is_some());
}

#[tokio::test]
async fn a_name_without_an_address_is_named_in_the_error() {
    let mut client = Client::connect("ws://does-not-exist.invalid/");
    let error = client.failed().await;
    let ConnectError::Dns { host, .. } = &error else {
        panic!("resolved: {error:?}")
    };
    assert_eq!(host, "does-not-exist.invalid");
}

#[tokio::test]
async fn localhost_connects_to_the_address_that_accepts() {
    let server = Server::start().await;
    let mut client = Client::connect(&format!("ws://localhost:{}/", server.port()));
    let _peer = server.upgrade().await;
    client.opened().await;
}

#[tokio::test]
async fn an_ipv6_address_is_connected_to() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        return; // A machine without IPv6.
    };
    let port = listener.local_addr().expect("a bound listener").port();
    let _client = Client::connect(&format!("ws://[::1]:{port}/"));
    let (mut tcp, _) = soon(listener.accept()).await.expect("a connection");
    let request = read_request(&mut tcp).await;
    assert!(request.contains(&format!("\r\nHost: [::1]:{port}\r\n")));
}

#[tokio::test]
async fn after_the_connect_timeout_the_socket_to_a_silent_server_is_closed() {
    let server = Server::start().await;
    let connect = |limit| Client::connect_with(&server.url(), limited_to(limit));
    let TimedOut {
        limit,
        error,
        mut tcp,
    } = time_out(&server, connect).await;
    assert!(
        matches!(error, ConnectError::Timeout { limit: reported, port, .. }
            if reported == limit && port == server.port()),
        "{error:?}"
    );
    // Whether it reached the request or not.
    soon(tcp.read_to_end(&mut Vec::new()))
        .await
        .expect("closed");
}

#[tokio::test(start_paused = true)]
async fn the_connect_timeout_includes_a_slow_response() {
    let server = Server::start().await;
    let mut client = Client::connect_with(&server.url(), limited_to(Duration::from_secs(5)));
    let mut tcp = server.accept().await;
    read_request(&mut tcp).await;
    tcp.write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgr")
        .await
        .expect("the client reads");
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn a_release_cancels_the_connect_and_closes_its_socket() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let mut tcp = server.accept().await;
    read_request(&mut tcp).await;
    client.connection.release();
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::Cancelled { .. }), "{error:?}");
    assert_eq!(soon(tcp.read(&mut [0])).await.ok(), Some(0));
}

#[tokio::test]
async fn dropping_the_connection_cancels_the_connect() {
    let server = Server::start().await;
    let client = Client::connect(&server.url());
    let mut tcp = server.accept().await;
    read_request(&mut tcp).await;
    drop(client);
    assert_eq!(soon(tcp.read(&mut [0])).await.ok(), Some(0));
}

#[tokio::test]
async fn messages_queued_before_the_opening_arrive_in_order() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let connection = &client.connection;
    connection
        .send_text("one".into(), Compress::Auto)
        .expect("queued");
    connection.flush();
    connection
        .send_binary(Bytes::from_static(b"two"), Compress::Auto)
        .expect("queued");
    connection
        .send_text("".into(), Compress::Auto)
        .expect("queued");
    assert_eq!(connection.buffered_amount(), 6);
    let mut peer = server.upgrade().await;
    assert_eq!(peer.frame().await, Frame::new(TEXT, *b"one"));
    assert_eq!(peer.frame().await, Frame::new(BINARY, *b"two"));
    assert_eq!(peer.frame().await, Frame::new(TEXT, []));
    client.opened().await;
}

#[tokio::test]
async fn a_close_before_the_opening_sends_the_queue_then_close() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let connection = &client.connection;
    connection
        .send_text("one".into(), Compress::Auto)
        .expect("queued");
    connection
        .close(Some(4000), "enough")
        .expect("a valid code");
    assert_eq!(
        connection.send_text("late".into(), Compress::Auto),
        Err(SendError::Closing)
    );
    let mut peer = server.upgrade().await;
    assert_eq!(peer.frame().await, Frame::new(TEXT, *b"one"));
    let close = Frame::new(CLOSE, close_payload(4000, "enough"));
    assert_eq!(peer.frame().await, close);
    peer.send_close(4000, "enough").await;
    client.opened().await;
    let ending = client.closed().await;
    assert_eq!((ending.code, ending.initiator), (4000, Initiator::Local));
}

#[tokio::test]
async fn a_close_before_the_opening_ends_after_the_close_timeout() {
    let server = Server::start().await;
    let mut options = ConnectOptions::default();
    options.close_timeout = Duration::from_millis(50);
    let mut client = Client::connect_with(&server.url(), options);
    let mut tcp = server.accept().await;
    client.connection.close(None, "").expect("no code");
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::Cancelled { .. }), "{error:?}");
    soon(tcp.read_to_end(&mut Vec::new()))
        .await
        .expect("closed");
}

#[tokio::test]
async fn a_refused_upgrade_reports_the_response_and_closes() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    client
        .connection
        .send_text("one".into(), Compress::Auto)
        .expect("queued");
    let mut tcp = server.accept().await;
    read_request(&mut tcp).await;
    tcp.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nlogin")
        .await
        .expect("the client reads");
    let error = client.failed().await;
    let ConnectError::UpgradeRefused { refused, port, .. } = error else {
        panic!("expected a refusal, got {error:?}")
    };
    assert_eq!(
        (refused.status, refused.body.as_slice(), port),
        (401, &b"login"[..], server.port())
    );
    assert_eq!(soon(tcp.read(&mut [0])).await.ok(), Some(0));
    let connection = &client.connection;
    assert_eq!(connection.buffered_amount(), 0);
    assert_eq!(
        connection.send_text("two".into(), Compress::Auto),
        Err(SendError::Ended)
    );
    assert_eq!(connection.close(Some(1000), ""), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_reported_with_a_part_of_its_body_at_the_timeout() {
    let server = Server::start().await;
    // Less than the second that is allowed for a body.
    let mut client = Client::connect_with(&server.url(), limited_to(Duration::from_millis(800)));
    let mut tcp = server.accept().await;
    read_request(&mut tcp).await;
    tcp.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\nbusy")
        .await
        .expect("the client reads");
    let error = client.failed().await;
    let ConnectError::UpgradeRefused { refused, .. } = error else {
        panic!("expected a refusal, got {error:?}")
    };
    assert_eq!((refused.status, &refused.body[..]), (503, &b"busy"[..]));
    assert_eq!(soon(tcp.read(&mut [0])).await.ok(), Some(0));
}

#[tokio::test]
async fn a_header_larger_than_its_limit_is_a_bad_reply_that_names_the_option() {
    let server = Server::start().await;
    let options = ConnectOptions::default().max_header_size(1000);
    let mut client = Client::connect_with(&server.url(), options);
    let mut tcp = server.accept().await;
    read_request(&mut tcp).await;
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}", "x".repeat(1000));
    tcp.write_all(long.as_bytes()).await.expect("it reads");
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::BadReply { .. }), "{error:?}");
    assert!(
        error.to_string().contains("option maxHeaderSize"),
        "{error}"
    );
    assert!(error.to_string().contains("1000 bytes"), "{error}");
}

#[tokio::test]
async fn a_server_that_closes_without_a_response_is_a_bad_reply() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let mut tcp = server.accept().await;
    read_request(&mut tcp).await;
    drop(tcp);
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::BadReply { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_resets_the_connection_is_a_bad_reply() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let mut tcp = server.accept().await;
    read_request(&mut tcp).await;
    tcp.set_zero_linger().expect("SO_LINGER");
    drop(tcp);
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::BadReply { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_closes_right_after_the_upgrade_was_open() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    drop(server.upgrade().await);
    client.opened().await;
    let ending = client.closed().await;
    assert_eq!((ending.code, ending.initiator), (1006, Initiator::Neither));
}

#[tokio::test]
async fn a_connection_is_writable_until_it_has_ended() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    let peer = server.upgrade().await;
    client.opened().await;
    assert!(client.connection.is_writable());
    drop(peer);
    client.closed().await;
    assert!(!client.connection.is_writable());
}

/// Responds to the next request with a redirect.
async fn redirect(server: &Server, location: &str) -> String {
    let mut tcp = server.accept().await;
    let request = read_request(&mut tcp).await;
    let response =
        format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
    tcp.write_all(response.as_bytes()).await.expect("written");
    request
}

#[tokio::test]
async fn a_redirect_is_followed_and_another_server_gets_no_credentials() {
    let (first, second) = (Server::start().await, Server::start().await);
    let mut options = ConnectOptions::default();
    options.headers = vec![
        HeaderField::new("cookie", "secret"),
        HeaderField::new("x-other", "public"),
    ];
    let mut client = Client::connect_with(&first.url(), options);
    let location = second.url().replace("ws:", "http:");
    let request = redirect(&first, &location).await;
    assert!(request.contains("Cookie: secret"), "{request}");

    let request = redirect(&second, "/again?q").await;
    assert!(!request.contains("Cookie"), "{request}");
    assert!(request.contains("X-Other: public"), "{request}");
    let _peer = second.upgrade().await;
    client.opened().await;
}

#[tokio::test(start_paused = true)]
async fn a_redirect_does_not_wait_for_its_body() {
    let (first, second) = (Server::start().await, Server::start().await);
    let start = Instant::now();
    let mut client = Client::connect(&first.url());
    let mut tcp = first.accept().await;
    read_request(&mut tcp).await;
    let response = format!("HTTP/1.1 302 Found\r\nLocation: {}\r\n\r\n", second.url());
    tcp.write_all(response.as_bytes()).await.expect("written");
    let _peer = second.upgrade().await;
    client.opened().await;
    assert!(start.elapsed().is_zero(), "{:?}", start.elapsed());
}

#[tokio::test]
async fn circular_redirects_end() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url());
    for _ in 0..=5 {
        redirect(&server, "/again").await;
    }
    let error = client.failed().await;
    assert!(
        error.to_string().contains("more often than the limit"),
        "{error}"
    );
}

#[tokio::test]
async fn a_redirect_over_the_limit_is_the_error_of_the_server_that_sent_it() {
    let server = Server::start().await;
    let mut options = ConnectOptions::default();
    options.max_redirects = 1;
    let mut client = Client::connect_with(&server.url(), options);
    redirect(&server, "/again").await;
    redirect(&server, "ws://never-asked.invalid/").await;
    let error = client.failed().await.to_string();
    assert!(error.starts_with("127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn without_redirects_a_redirect_is_a_refusal() {
    for location in ["/again", "no:[URL"] {
        let server = Server::start().await;
        let mut options = ConnectOptions::default();
        options.max_redirects = 0;
        let mut client = Client::connect_with(&server.url(), options);
        redirect(&server, location).await;
        let error = client.failed().await;
        assert!(
            matches!(error, ConnectError::UpgradeRefused { .. }),
            "{error}"
        );
    }
}

/// In a network namespace of its own, where a route forbids private addresses. Some machines don't allow that.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_forbidden_private_address_is_a_failure_of_its_own() {
    let forbid = "ip link set lo up && ip route add prohibit 10.0.0.0/8";
    let unshare = |command: &str| {
        let mut unshare = std::process::Command::new("unshare");
        unshare.args(["--map-root-user", "--net", "sh", "-c", command, "sh"]);
        unshare
    };
    let is_allowed = |output: std::process::Output| output.status.success();
    if !unshare(forbid).output().is_ok_and(is_allowed) {
        eprintln!("skipped: this machine does not allow a network namespace");
        return;
    }
    let program = test_server::this_program().expect("this program");
    let mut test = unshare(&format!("{forbid} && exec \"$@\""));
    test.arg(program.get_program()).args(program.get_args());
    test.args(["--exact", "to_a_forbidden_private_address", "--ignored"]);
    let output = test.env(FORBIDDEN, "1").output().expect("it ran before");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && shown.contains("1 passed"),
        "{shown}"
    );
}

/// Set in the child process, where a route forbids private addresses.
#[cfg(target_os = "linux")]
const FORBIDDEN: &str = "RUST_WEB_SOCKET_TEST_FORBIDDEN";

#[tokio::test]
#[cfg(target_os = "linux")]
#[ignore = "a part of a_forbidden_private_address_is_a_failure_of_its_own"]
async fn to_a_forbidden_private_address() {
    if std::env::var_os(FORBIDDEN).is_none() {
        return;
    }
    let error = Client::connect("ws://10.1.2.3:81/").failed().await;
    assert!(matches!(&error, ConnectError::LocalNetwork { host, .. } if host == "10.1.2.3"));
    assert_eq!(error.os_code(), Some(13));
}

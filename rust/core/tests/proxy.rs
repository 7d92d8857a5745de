//! Connections through proxies, and directly past them.

mod support;

use std::{net::Ipv4Addr, process::Stdio, sync::Arc};

use rust_web_socket_core::{Address, Compress, ConnectError, ConnectOptions, Connection, Proxy};
use support::{
    Client, Data, Frame, Peer, Recorder, Server, SocksRequest, TEXT, TimedOut, frame, http_tunnel,
    read_request, socks_greeting, socks_request, socks_tunnel, soon, time_out,
};
use test_server::{Authority, Validity, this_program};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    },
};

/// A name that can't be resolved (RFC 6761).
const UNKNOWN: &str = "known-to-the-proxy.invalid";

/// Options with a proxy. `scheme` may end in credentials.
fn via(scheme: &str, proxy: &Server) -> ConnectOptions {
    via_url(&format!("{scheme}127.0.0.1:{}", proxy.port()))
}

fn via_url(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::default();
    options.proxy = Proxy::Url {
        url: url.to_owned(),
        no_proxy: Vec::new(),
    };
    options
}

/// Sends a message each way.
async fn converse(client: &mut Client, peer: &mut Peer) {
    client.opened().await;
    client
        .connection
        .send_text("there".into(), Compress::Auto)
        .expect("open");
    client.connection.flush();
    assert_eq!(peer.frame().await, Frame::new(TEXT, *b"there"));
    peer.send(frame(TEXT, "received")).await;
    assert_eq!(client.message().await, Data::text("received"));
}

/// The proxy's error: its status and detail. The message must name the proxy and contain no credentials.
async fn proxy_failure(client: &mut Client, proxy_port: u16) -> (Option<u16>, String) {
    let error = client.failed().await;
    let message = error.to_string();
    assert!(message.contains(&format!("proxy 127.0.0.1:{proxy_port}")));
    assert!(!message.contains("secret"), "{message}");
    match error {
        ConnectError::Proxy {
            host,
            port,
            status,
            detail,
        } => {
            assert_eq!((host.as_str(), port), ("127.0.0.1", proxy_port));
            (status, detail)
        }
        other => panic!("expected an error of the proxy, got {other:?}"),
    }
}

/// Waits until the client has closed TCP.
async fn gone(mut tcp: TcpStream) {
    assert_eq!(soon(tcp.read(&mut [0])).await.ok(), Some(0));
}

#[tokio::test]
async fn an_http_proxy_gets_the_host_name() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    let mut client = Client::connect_with(&format!("ws://{UNKNOWN}/"), via("http://", &proxy));
    let request = http_tunnel(&proxy, server.port()).await;
    assert_eq!(
        request,
        format!("CONNECT {UNKNOWN}:80 HTTP/1.1\r\nHost: {UNKNOWN}:80\r\n\r\n")
    );
    let mut tcp = server.accept().await;
    let upgrade = read_request(&mut tcp).await;
    assert!(upgrade.starts_with("GET / HTTP/1.1\r\n"), "{upgrade}");
    assert!(upgrade.contains(&format!("\r\nHost: {UNKNOWN}\r\n")));
    client.connection.release();
    client.failed().await;
}

#[tokio::test]
async fn messages_pass_through_an_http_proxy() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    let options = via("http://us%20er:sec%3Aret@", &proxy);
    let mut client = Client::connect_with(&server.url(), options);
    let request = http_tunnel(&proxy, server.port()).await;
    let credentials = "\r\nProxy-Authorization: Basic dXMgZXI6c2VjOnJldA==\r\n";
    assert!(request.contains(credentials), "{request}");
    converse(&mut client, &mut server.upgrade().await).await;
}

#[tokio::test]
async fn an_ipv6_literal_is_in_brackets_for_an_http_proxy() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    let _client = Client::connect_with("ws://[fe80::1%25eth0]:81/", via("http://", &proxy));
    let request = http_tunnel(&proxy, server.port()).await;
    // Without the zone, which is only valid on this machine (RFC 6874 section 1).
    assert!(request.starts_with("CONNECT [fe80::1]:81 HTTP/1.1\r\nHost: [fe80::1]:81\r\n"));
}

#[tokio::test]
async fn messages_pass_through_a_socks_proxy() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    for scheme in ["socks5://", "socks5h://"] {
        let mut client = Client::connect_with(&server.url(), via(scheme, &proxy));
        let request = SocksRequest {
            credentials: None,
            destination: format!("127.0.0.1:{}", server.port()),
        };
        assert_eq!(
            socks_tunnel(&proxy, server.port(), false).await,
            request,
            "{scheme}"
        );
        converse(&mut client, &mut server.upgrade().await).await;
    }
}

#[tokio::test]
async fn messages_pass_through_a_socks_proxy_with_a_password() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    let options = via("socks5h://us%20er:sec%3Aret@", &proxy);
    let url = format!("ws://{UNKNOWN}:{}/", server.port());
    let mut client = Client::connect_with(&url, options);
    let request = SocksRequest {
        credentials: Some(("us er".into(), "sec:ret".into())),
        destination: format!("{UNKNOWN:?}:{}", server.port()),
    };
    assert_eq!(socks_tunnel(&proxy, server.port(), true).await, request);
    converse(&mut client, &mut server.upgrade().await).await;
}

#[tokio::test]
async fn names_are_looked_up_by_this_side_for_socks5_and_by_the_proxy_for_socks5h() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    let url = format!("ws://localhost:{}/", server.port());
    let _client = Client::connect_with(&url, via("socks5://", &proxy));
    let request = socks_tunnel(&proxy, server.port(), false).await;
    assert!(
        request.destination.starts_with("127.") || request.destination.starts_with("[::1]"),
        "{request:?}"
    );
    let _client = Client::connect_with(&url, via("socks5h://", &proxy));
    let request = socks_tunnel(&proxy, server.port(), false).await;
    let by_name = format!("\"localhost\":{}", server.port());
    assert_eq!(request.destination, by_name);

    let url = format!("ws://{UNKNOWN}/");
    let mut client = Client::connect_with(&url, via("socks5://", &proxy));
    let error = client.failed().await;
    assert!(matches!(&error, ConnectError::Dns { host, .. } if host == UNKNOWN));
}

#[tokio::test]
async fn tls_is_with_the_server_through_every_proxy() {
    let authority = Authority::new().expect("an authority");
    let identity = authority
        .issue(&[UNKNOWN, "localhost"], Validity::Now)
        .expect("an identity");
    let chain = vec![CertificateDer::from(identity.certificate_der)];
    let key = PrivatePkcs8KeyDer::from(identity.key_der);
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(chain, key.into())
        .expect("a valid certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (proxy, server) = (Server::start().await, Server::start().await);

    for (scheme, host) in [
        ("http://a:b@", UNKNOWN),
        ("socks5h://", UNKNOWN),
        ("socks5h://a:b@", UNKNOWN),
        // A name that is looked up on this side must be known here.
        ("socks5://", "localhost"),
        ("socks5://a:b@", "localhost"),
    ] {
        let mut options = via(scheme, &proxy);
        options.tls.roots = vec![authority.certificate_pem.clone().into_bytes()];
        let mut client = Client::connect_with(&format!("wss://{host}/"), options);
        if scheme.starts_with("http:") {
            let request = http_tunnel(&proxy, server.port()).await;
            assert!(request.starts_with(&format!("CONNECT {host}:443 HTTP/1.1\r\n")));
        } else {
            let with_password = scheme.contains('@');
            let request = socks_tunnel(&proxy, server.port(), with_password).await;
            let by_name = format!("{host:?}:443");
            assert_eq!(
                request.destination == by_name,
                scheme.starts_with("socks5h:"),
                "{request:?}"
            );
        }
        let tls = soon(acceptor.accept(server.accept().await)).await;
        let tls = tls.expect("a handshake");
        assert_eq!(tls.get_ref().1.server_name(), Some(host));
        let peer = soon(tokio_tungstenite::accept_async(tls)).await;
        let _peer = peer.expect("an upgrade");
        client.opened().await;
    }
}

#[tokio::test]
async fn an_http_proxys_refusal_is_reported_with_its_status() {
    let proxy = Server::start().await;
    for (status, credentials, expected) in [
        (407, "", "requires a user name"),
        (407, "secret:secret@", "rejected the user name"),
        (403, "secret:secret@", "403"),
        (502, "", "502"),
        (101, "", "101"),
        (302, "", "302"),
    ] {
        let options = via(&format!("http://{credentials}"), &proxy);
        let mut client = Client::connect_with("ws://127.0.0.1:9/", options);
        let mut tcp = proxy.accept().await;
        read_request(&mut tcp).await;
        let response = format!(
            "HTTP/1.1 100 Continue\r\n\r\n\
             HTTP/1.1 {status} No\r\nLocation: http://localhost/\r\nContent-Length: 5\r\n\r\nsorry"
        );
        tcp.write_all(response.as_bytes()).await.expect("written");
        let (reported, detail) = proxy_failure(&mut client, proxy.port()).await;
        assert_eq!(reported, Some(status));
        assert!(detail.contains(expected), "{detail}");
        gone(tcp).await;
    }
}

#[tokio::test]
async fn any_2xx_status_opens_a_tunnel_and_its_content_length_is_ignored() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    let mut client = Client::connect_with(&server.url(), via("http://", &proxy));
    let mut tcp = proxy.accept().await;
    read_request(&mut tcp).await;
    // RFC 9110 section 9.3.6.
    tcp.write_all(b"HTTP/1.0 299 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await
        .expect("the client reads");
    let mut to_server = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port()))
        .await
        .expect("it listens");
    tokio::spawn(async move { tokio::io::copy_bidirectional(&mut tcp, &mut to_server).await });
    converse(&mut client, &mut server.upgrade().await).await;
}

#[tokio::test]
async fn an_http_proxys_incomplete_or_invalid_response_is_an_error() {
    let proxy = Server::start().await;
    for (reply, status, expected) in [
        ("", None, "closed the connection"),
        (
            "HTTP/1.1 200 Conn",
            None,
            "closed the connection within its header",
        ),
        ("SSH-2.0-OpenSSH\r\n", None, "not an HTTP/1.1 response"),
        (
            "HTTP/1.1 200 OK\r\n\r\nhello",
            Some(200),
            "before the tunnel",
        ),
    ] {
        let mut client = Client::connect_with("ws://127.0.0.1:9/", via("http://", &proxy));
        let mut tcp = proxy.accept().await;
        read_request(&mut tcp).await;
        tcp.write_all(reply.as_bytes()).await.expect("written");
        tcp.shutdown().await.expect("it was open");
        let (reported, detail) = proxy_failure(&mut client, proxy.port()).await;
        assert_eq!(reported, status);
        assert!(detail.contains(expected), "{detail}");
        gone(tcp).await;
    }

    let mut client = Client::connect_with("ws://127.0.0.1:9/", via("http://", &proxy));
    let mut tcp = proxy.accept().await;
    read_request(&mut tcp).await;
    tcp.set_zero_linger().expect("SO_LINGER");
    drop(tcp);
    let (_, detail) = proxy_failure(&mut client, proxy.port()).await;
    assert!(detail.contains("the connection failed"), "{detail}");
}

#[tokio::test]
async fn a_tunnel_that_ends_too_early_is_the_proxys_error_with_its_status() {
    let proxy = Server::start().await;
    for (scheme, expected_status) in [("http://", Some(200)), ("socks5h://", None)] {
        for (url, with_reset) in [
            (format!("ws://{UNKNOWN}/"), false),
            (format!("ws://{UNKNOWN}/"), true),
            (format!("wss://{UNKNOWN}/"), false),
            (format!("wss://{UNKNOWN}/"), true),
        ] {
            let mut client = Client::connect_with(&url, via(scheme, &proxy));
            let mut tcp = proxy.accept().await;
            if expected_status.is_some() {
                read_request(&mut tcp).await;
                let opened = tcp.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await;
                opened.expect("the client reads");
            } else {
                socks_greeting(&mut tcp, false).await;
                socks_request(&mut tcp).await;
                let opened = tcp.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await;
                opened.expect("the client reads");
            }
            soon(tcp.read_u8()).await.expect("the tunnel is used");
            if with_reset {
                tcp.set_zero_linger().expect("SO_LINGER");
            }
            drop(tcp);
            let (status, detail) = proxy_failure(&mut client, proxy.port()).await;
            assert_eq!(status, expected_status, "{detail}");
            assert!(detail.contains("its tunnel ended"), "{detail}");
            assert!(detail.contains(UNKNOWN), "{detail}");
        }
    }
}

#[tokio::test]
async fn an_invalid_response_through_a_tunnel_names_the_proxy() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    let through = format!("through the proxy 127.0.0.1:{}", proxy.port());
    for (scheme, reply) in [
        ("ws", "SSH-2.0-OpenSSH\r\n"),
        ("wss", "HTTP/1.1 400 Bad Request\r\n\r\n"),
    ] {
        let url = format!("{scheme}://{UNKNOWN}/");
        let mut client = Client::connect_with(&url, via("http://", &proxy));
        http_tunnel(&proxy, server.port()).await;
        let mut tcp = server.accept().await;
        tcp.write_all(reply.as_bytes()).await.expect("written");
        let error = client.failed().await;
        match (scheme, &error) {
            ("ws", ConnectError::BadReply { host, detail, .. })
            | ("wss", ConnectError::Tls { host, detail, .. }) => {
                assert_eq!(host, UNKNOWN);
                assert!(detail.contains(&through), "{detail}");
            }
            _ => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn the_header_of_a_proxy_is_limited_too() {
    let proxy = Server::start().await;
    let options = via("http://", &proxy).max_header_size(1000);
    let mut client = Client::connect_with("ws://127.0.0.1:9/", options);
    let mut tcp = proxy.accept().await;
    read_request(&mut tcp).await;
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}", "x".repeat(1000));
    tcp.write_all(long.as_bytes()).await.expect("written");
    let (status, detail) = proxy_failure(&mut client, proxy.port()).await;
    assert_eq!(status, None);
    assert!(detail.contains("option maxHeaderSize"), "{detail}");
}

#[tokio::test]
async fn a_socks_proxys_refusal_is_reported() {
    let proxy = Server::start().await;
    let connect = || {
        let options = via("socks5h://secret:secret@", &proxy);
        Client::connect_with("ws://127.0.0.1:9/", options)
    };
    for (code, expected) in [(2, "not allowed"), (4, "unreachable"), (5, "refused")] {
        let mut client = connect();
        let mut tcp = proxy.accept().await;
        socks_greeting(&mut tcp, true).await;
        socks_request(&mut tcp).await;
        tcp.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0])
            .await
            .expect("the client reads");
        let (status, detail) = proxy_failure(&mut client, proxy.port()).await;
        assert_eq!(status, None);
        assert!(detail.contains(expected), "{detail}");
    }
    // No accepted method, a rejected password, a response that is not SOCKS, and an incomplete one.
    for reply in [&[5, 0xff][..], &[5, 2, 1, 1], b"HTTP/1.1 400", &[5]] {
        let mut client = connect();
        let mut tcp = proxy.accept().await;
        soon(tcp.read_exact(&mut [0; 4])).await.expect("a greeting");
        tcp.write_all(reply).await.expect("written");
        tcp.shutdown().await.expect("it was open");
        let (status, _) = proxy_failure(&mut client, proxy.port()).await;
        assert_eq!(status, None);
    }
}

#[tokio::test]
async fn an_unreachable_proxy_is_reported() {
    let proxy = Server::start().await;
    let port = proxy.port();
    let options = ["http://", "socks5://", "socks5h://"].map(|scheme| via(scheme, &proxy));
    drop(proxy);
    for options in options {
        let mut client = Client::connect_with("ws://127.0.0.1:9/", options);
        let (status, detail) = proxy_failure(&mut client, port).await;
        assert_eq!(status, None);
        assert!(detail.contains("refused"), "{detail}");
    }
    let mut client = Client::connect_with("ws://127.0.0.1:9/", via_url("http://p.invalid:1"));
    let error = client.failed().await;
    assert!(
        matches!(&error, ConnectError::Proxy { host, port: 1, .. } if host == "p.invalid"),
        "{error:?}"
    );
}

#[tokio::test]
async fn after_the_connect_timeout_the_socket_to_a_silent_proxy_is_closed() {
    let proxy = Server::start().await;
    for scheme in ["http://", "socks5://"] {
        let connect = |limit| {
            let options = via(scheme, &proxy).connect_timeout(limit);
            Client::connect_with("ws://127.0.0.1:9/", options)
        };
        let TimedOut { error, mut tcp, .. } = time_out(&proxy, connect).await;
        assert!(matches!(error, ConnectError::Timeout { .. }), "{error:?}");
        soon(tcp.read_to_end(&mut Vec::new()))
            .await
            .expect("closed");
    }
}

#[tokio::test]
async fn a_release_cancels_the_tunnel_and_closes_its_socket() {
    let proxy = Server::start().await;
    let mut client = Client::connect_with("ws://127.0.0.1:9/", via("http://", &proxy));
    let mut tcp = proxy.accept().await;
    read_request(&mut tcp).await;
    client.connection.release();
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::Cancelled { .. }), "{error:?}");
    gone(tcp).await;
}

#[tokio::test]
async fn an_unsupported_proxy_fails_at_the_call_and_nothing_is_sent() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    let (recorder, mut events) = Recorder::new();
    let error = Connection::connect(
        &server.url(),
        via("ftp://secret:secret@", &proxy),
        recorder,
        &Handle::current(),
    )
    .expect_err("an unsupported protocol");
    assert!(matches!(error, ConnectError::InvalidRequest(_)), "{error}");
    let message = error.to_string();
    assert!(message.contains("option proxy.url") && message.contains("'ftp'"));
    assert!(!message.contains("secret"), "{message}");
    assert!(soon(events.recv()).await.is_none(), "an event came as well");
    // The first connection is the test's own, so no other was opened before.
    for server in [proxy, server] {
        let own = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).await;
        let own = own.expect("it listens").local_addr().ok();
        assert_eq!(server.accept().await.peer_addr().ok(), own);
    }
}

#[tokio::test]
async fn an_excluded_host_is_connected_to_directly() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    let mut options = ConnectOptions::default();
    options.proxy = Proxy::Url {
        url: format!("http://127.0.0.1:{}", proxy.port()),
        no_proxy: vec![
            "example.com".into(),
            format!("127.0.0.0/8:{}", server.port()),
        ],
    };
    let mut client = Client::connect_with(&server.url(), options);
    converse(&mut client, &mut server.upgrade().await).await;
}

#[tokio::test]
async fn each_redirect_selects_its_own_route() {
    let (proxy, first, second) = (
        Server::start().await,
        Server::start().await,
        Server::start().await,
    );
    let mut options = ConnectOptions::default();
    options.proxy = Proxy::Url {
        url: format!("http://127.0.0.1:{}", proxy.port()),
        no_proxy: vec![UNKNOWN.into(), format!("*:{}", second.port())],
    };
    let mut client = Client::connect_with("ws://first.invalid/", options);
    http_tunnel(&proxy, first.port()).await;
    let mut tcp = first.accept().await;
    read_request(&mut tcp).await;
    let response = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        second.url()
    );
    tcp.write_all(response.as_bytes()).await.expect("written");
    converse(&mut client, &mut second.upgrade().await).await;
}

#[tokio::test]
async fn an_address_replaces_only_the_connected_host() {
    let server = Server::start().await;
    let mut options = ConnectOptions::default();
    options.address = Some(Address::new("127.0.0.1", Some(server.port())));
    let _client = Client::connect_with("ws://bücher.invalid:8080/", options.clone());
    let request = read_request(&mut server.accept().await).await;
    assert!(
        request.contains("\r\nHost: xn--bcher-kva.invalid:8080\r\n"),
        "{request}"
    );
    // The URL's port, if the address has none.
    options.address = Some(Address::new("127.0.0.1", None));
    let url = format!("ws://{UNKNOWN}:{}/", server.port());
    let mut client = Client::connect_with(&url, options);
    converse(&mut client, &mut server.upgrade().await).await;
}

#[tokio::test]
async fn a_proxy_gets_the_address() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    for scheme in ["socks5://", "socks5h://"] {
        let mut options = via(scheme, &proxy);
        options.address = Some(Address::new("127.0.0.1", Some(81)));
        let mut client = Client::connect_with(&format!("ws://{UNKNOWN}/"), options);
        let request = socks_tunnel(&proxy, server.port(), false).await;
        assert_eq!(request.destination, "127.0.0.1:81");
        converse(&mut client, &mut server.upgrade().await).await;
    }
}

#[tokio::test]
async fn an_address_applies_to_redirects_to_the_same_host_only() {
    let (server, other_port) = (Server::start().await, Server::start().await);
    let mut options = ConnectOptions::default();
    options.address = Some(Address::new("127.0.0.1", Some(server.port())));
    let mut client = Client::connect_with(&format!("ws://{UNKNOWN}/"), options);
    for (server, location) in [
        (&server, "/again".to_owned()),
        (&server, format!("ws://{UNKNOWN}:{}/", other_port.port())),
        (&other_port, "ws://elsewhere.invalid/".to_owned()),
    ] {
        let mut tcp = server.accept().await;
        read_request(&mut tcp).await;
        let response =
            format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        tcp.write_all(response.as_bytes()).await.expect("written");
    }
    let error = client.failed().await;
    assert!(
        matches!(&error, ConnectError::Dns { host, .. } if host == "elsewhere.invalid"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_zone_id_is_not_sent() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        return; // A machine without IPv6.
    };
    let port = listener.local_addr().expect("a bound listener").port();
    for zone in ["%251", "%1"] {
        let _client = Client::connect(&format!("ws://[::1{zone}]:{port}/"));
        let (mut tcp, _) = soon(listener.accept()).await.expect("a connection");
        let request = read_request(&mut tcp).await;
        assert!(request.contains(&format!("\r\nHost: [::1]:{port}\r\n")));
    }
}

#[tokio::test]
async fn the_environments_proxy_is_used_if_requested() {
    let (proxy, server) = (Server::start().await, Server::start().await);
    // A process of its own, since environment variables are those of the process.
    let mut child = this_program()
        .expect("this program")
        .args(["--exact", "with_the_environment", "--ignored"])
        .env("http_proxy", format!("127.0.0.1:{}", proxy.port()))
        .env("NO_PROXY", "127.0.0.1")
        .env_remove("no_proxy")
        .env("DIRECT_URL", server.url())
        .stdout(Stdio::null())
        .spawn()
        .expect("this program runs");
    let _direct = server.upgrade().await;
    let request = http_tunnel(&proxy, server.port()).await;
    assert!(request.starts_with(&format!("CONNECT {UNKNOWN}:80 ")));
    let _tunnelled = server.upgrade().await;
    let status = tokio::task::spawn_blocking(move || child.wait()).await;
    assert!(status.expect("no panic").expect("it ended").success());
}

#[tokio::test]
#[ignore = "a part of the_environments_proxy_is_used_if_requested"]
async fn with_the_environment() {
    let Ok(direct) = std::env::var("DIRECT_URL") else {
        return;
    };
    let mut options = ConnectOptions::default();
    options.proxy = Proxy::Environment;
    for url in [direct, format!("ws://{UNKNOWN}/")] {
        let mut client = Client::connect_with(&url, options.clone());
        client.opened().await;
    }
}

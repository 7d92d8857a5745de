//! Secrets are in no output of a failing connect: not in a message, a `Debug` output, a source or a log record.

#![allow(clippy::unwrap_used)]

mod support;

use std::{
    error::Error,
    fmt::Debug,
    sync::{Mutex, Once},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use log::{LevelFilter, Log, Metadata, Record};
use rust_web_socket_core::{
    ClientIdentity, ConnectError, ConnectOptions, Connection, HeaderField, Proxy, TlsFailure,
};
use support::{Client, Recorder, Server, read_request, socks_greeting, soon};
use test_server::{Authority, Identity, Validity};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::Handle,
};

/// A part of every secret.
const SECRET: &str = "s3cret";

static RECORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A logger that keeps all records.
struct RecordingLogger;

impl Log for RecordingLogger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let text = format!("{}: {}", record.target(), record.args());
        RECORDS.lock().unwrap().push(text);
    }

    fn flush(&self) {}
}

/// A URL with a secret in every part that may contain one.
fn url(scheme: &str, authority: &str) -> String {
    format!("{scheme}://s3cret-user:s3cret-pass@{authority}/path?token=s3cret-query#s3cret-part")
}

/// Options with a secret in every field that may contain one.
fn options() -> ConnectOptions {
    ConnectOptions::default()
        .protocols(vec!["chat".into(), "s3cret-offer".into()])
        .headers(vec![
            HeaderField::new("Authorization", "Bearer s3cret-header"),
            HeaderField::new("Cookie", "session=s3cret-cookie"),
            HeaderField::new("Sec-WebSocket-Protocol", "s3cret-field"),
        ])
}

/// The same options with a proxy that requires credentials.
fn via(scheme: &str, proxy: &Server) -> ConnectOptions {
    options().proxy(Proxy::Url {
        url: format!(
            "{scheme}://s3cret-guest:s3cret-pass@127.0.0.1:{}",
            proxy.port()
        ),
        no_proxy: vec!["s3cret-host.invalid".into()],
    })
}

fn identity() -> Identity {
    let authority = Authority::new().unwrap();
    authority.issue(&["localhost"], Validity::Now).unwrap()
}

fn with_identity(mut options: ConnectOptions, identity: &Identity) -> ConnectOptions {
    options.tls.identity = Some(ClientIdentity {
        certificates: identity.certificate_pem.clone().into(),
        private_key: identity.key_pem.clone().into(),
    });
    options
}

/// Starts to connect. From now on every record is logged.
fn connect(url: &str, options: ConnectOptions) -> Client {
    keep_records();
    no_secret_in(&[], &options);
    let client = Client::connect_with(url, options);
    no_secret_in(&[], &client.connection);
    client
}

fn keep_records() {
    static KEEP: Once = Once::new();
    KEEP.call_once(|| {
        log::set_logger(&RecordingLogger).unwrap();
        log::set_max_level(LevelFilter::Trace);
    });
}

/// The error of an invalid request.
fn refused_at_the_call(url: &str, options: ConnectOptions) -> ConnectError {
    keep_records();
    no_secret_in(&[], &options);
    let (recorder, _events) = Recorder::new();
    Connection::connect(url, options, recorder, &Handle::current()).unwrap_err()
}

/// Checks everything that `error` prints, and all log records so far.
fn no_secret_of(error: &ConnectError) {
    let mut messages = vec![error.to_string()];
    no_secret_in(&messages, error);
    let mut cause = error.source();
    while let Some(error) = cause {
        messages.push(error.to_string());
        no_secret_in(&messages, error);
        cause = error.source();
    }
    let records = RECORDS.lock().unwrap().clone();
    assert!(!records.is_empty());
    no_secret_in(&records, &());
}

fn no_secret_in(texts: &[String], debugged: &(impl Debug + ?Sized)) {
    let bytes = |text: &str| {
        let list = format!("{:?}", text.as_bytes());
        list.trim_matches(['[', ']']).to_owned()
    };
    let encoded = |text: &str| BASE64.encode(text);
    let hidden = [
        SECRET.to_owned(),
        bytes(SECRET),
        encoded("s3cret-user:s3cret-pass"),
        encoded("s3cret-guest:s3cret-pass"),
        // From a private key.
        "PRIVATE KEY".to_owned(),
        bytes("PRIVATE KEY"),
    ];
    let printed = [format!("{debugged:?}")];
    for text in texts.iter().chain(&printed) {
        for secret in &hidden {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve() {
    let url = url("ws", "does-not-exist.invalid");
    let error = connect(&url, options()).failed().await;
    assert!(matches!(error, ConnectError::Dns { .. }), "{error}");
    no_secret_of(&error);
}

#[tokio::test]
async fn a_port_without_a_listener() {
    let authority = format!("127.0.0.1:{}", Server::start().await.port());
    let error = connect(&url("ws", &authority), options()).failed().await;
    assert!(matches!(error, ConnectError::Refused { .. }), "{error}");
    no_secret_of(&error);
}

#[tokio::test]
async fn a_server_without_tls() {
    let server = Server::start().await;
    let authority = format!("localhost:{}", server.port());
    let options = with_identity(options(), &identity());
    let mut client = connect(&url("wss", &authority), options);
    let mut tcp = server.accept().await;
    tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        .await
        .unwrap();
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::Tls { .. }), "{error}");
    no_secret_of(&error);
}

#[tokio::test]
async fn an_untrusted_server() {
    let identity = identity();
    let provider = rustls::crypto::ring::default_provider();
    let config = rustls::ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![identity.certificate_der.clone().into()],
            rustls::pki_types::PrivatePkcs8KeyDer::from(identity.key_der.clone()).into(),
        )
        .unwrap();
    let server = Server::start().await;
    let authority = format!("localhost:{}", server.port());
    let mut client = connect(&url("wss", &authority), with_identity(options(), &identity));
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let accepted = acceptor.accept(server.accept().await).await;
    accepted.expect_err("the client does not trust it");
    let error = client.failed().await;
    let ConnectError::Tls { kind, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(*kind, TlsFailure::Untrusted);
    no_secret_of(&error);
}

#[tokio::test]
async fn a_refusal_that_repeats_the_request() {
    let server = Server::start().await;
    let authority = format!("127.0.0.1:{}", server.port());
    let mut client = connect(&url("ws", &authority), options());
    let mut tcp = server.accept().await;
    let request = read_request(&mut tcp).await;
    assert_eq!(request.matches(SECRET).count(), 5, "{request}");
    let line = request.lines().next().unwrap();
    let response = format!("HTTP/1.1 403 {line}\r\nX-Request: {line}\r\n\r\n{request}");
    tcp.write_all(response.as_bytes()).await.unwrap();
    drop(tcp);
    let error = client.failed().await;
    let ConnectError::UpgradeRefused { refused, .. } = &error else {
        panic!("{error}");
    };
    assert!(String::from_utf8_lossy(&refused.body).contains(SECRET));
    no_secret_of(&error);
}

#[tokio::test]
async fn a_server_that_echoes_the_request() {
    let server = Server::start().await;
    let authority = format!("127.0.0.1:{}", server.port());
    let mut client = connect(&url("ws", &authority), options());
    let mut tcp = server.accept().await;
    let request = read_request(&mut tcp).await;
    tcp.write_all(request.as_bytes()).await.unwrap();
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::BadReply { .. }), "{error}");
    no_secret_of(&error);
}

#[tokio::test]
async fn an_invalid_redirect() {
    for location in [
        "/?again=s3cret",
        "ftp://s3cret:s3cret@localhost/s3cret",
        "ws://s3cret:s3cret@[::s3cret",
        "wss://s3cret:s3cret@does-not-exist.invalid/s3cret",
    ] {
        let server = Server::start().await;
        let authority = format!("127.0.0.1:{}", server.port());
        let options = options().max_redirects(1);
        let mut client = connect(&url("ws", &authority), options);
        let response = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n");
        let redirecting = async {
            loop {
                let mut tcp = server.accept().await;
                read_request(&mut tcp).await;
                tcp.write_all(response.as_bytes()).await.unwrap();
            }
        };
        tokio::select! {
            error = client.failed() => no_secret_of(&error),
            () = redirecting => {}
        }
    }
}

#[tokio::test]
async fn a_proxy_that_requires_credentials() {
    let proxy = Server::start().await;
    let mut client = connect(&url("ws", "127.0.0.1:9"), via("http", &proxy));
    let mut tcp = proxy.accept().await;
    let request = read_request(&mut tcp).await;
    let response = format!("HTTP/1.1 407 Who\r\nX-Request: {SECRET}\r\n\r\n{request}");
    tcp.write_all(response.as_bytes()).await.unwrap();
    let error = client.failed().await;
    assert!(
        matches!(
            error,
            ConnectError::Proxy {
                status: Some(407),
                ..
            }
        ),
        "{error}"
    );
    no_secret_of(&error);

    let mut client = connect(&url("ws", "127.0.0.1:9"), via("http", &proxy));
    let mut tcp = proxy.accept().await;
    let request = read_request(&mut tcp).await;
    tcp.write_all(request.as_bytes()).await.unwrap();
    no_secret_of(&client.failed().await);
}

#[tokio::test]
async fn a_socks_proxy_that_closes_early() {
    let proxy = Server::start().await;
    let mut client = connect(&url("ws", "127.0.0.1:9"), via("socks5", &proxy));
    let mut tcp = proxy.accept().await;
    let credentials = socks_greeting(&mut tcp, true).await;
    assert_eq!(credentials.unwrap().0, "s3cret-guest");
    drop(tcp);
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::Proxy { .. }), "{error}");
    no_secret_of(&error);
}

#[tokio::test]
async fn a_server_that_is_silent() {
    let server = Server::start().await;
    let authority = format!("127.0.0.1:{}", server.port());
    let limited = options().connect_timeout(Duration::from_millis(50));
    let error = connect(&url("ws", &authority), limited).failed().await;
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error}");
    no_secret_of(&error);
}

#[tokio::test]
async fn a_cancelled_connect() {
    let server = Server::start().await;
    let authority = format!("127.0.0.1:{}", server.port());
    let mut client = connect(&url("ws", &authority), options());
    let mut tcp = server.accept().await;
    soon(tcp.read_u8()).await.unwrap();
    client.connection.release();
    let error = client.failed().await;
    assert!(matches!(error, ConnectError::Cancelled { .. }), "{error}");
    no_secret_of(&error);
}

#[tokio::test]
async fn an_invalid_request() {
    // The log is checked as well.
    let resolved = connect(&url("ws", "does-not-exist.invalid"), options());
    let valid = url("ws", "127.0.0.1:9");
    let field = |name: &str, value: &str| options().headers(vec![HeaderField::new(name, value)]);
    let offer = |protocol: &str| options().protocols(vec!["chat".into(), protocol.into()]);
    let proxy = |url: &str| {
        options().proxy(Proxy::Url {
            url: url.into(),
            no_proxy: Vec::new(),
        })
    };
    for (url, options) in [
        (url("http", "127.0.0.1"), options()),
        (url("ws", "a b"), options()),
        (url("ws", "127.0.0.1:99999"), options()),
        (url("ws", ""), options()),
        ("s3cret-user".into(), options()),
        (valid.clone(), offer("Bearer s3cret")),
        (valid.clone(), field("Sec-WebSocket-Protocol", "a s3cret")),
        (valid.clone(), field("Authorization: s3cret", "")),
        (valid.clone(), field("Authorization", "s3cret\r\n")),
        (valid.clone(), proxy("ftp://s3cret:s3cret@p")),
        (valid.clone(), proxy("http://s3cret:s3cret@a b")),
    ] {
        no_secret_of(&refused_at_the_call(&url, options));
    }
    let identity = identity();
    let other = self::identity();
    for private_key in [
        other.key_pem.clone(),
        identity.key_pem.replace('M', "s3cret"),
        identity.key_pem.replace("-----END", "s3cret"),
        identity.key_pem.replacen("KEY-----", "KEY s3cret", 1),
        "s3cret".into(),
    ] {
        let mut options = options();
        options.tls.identity = Some(ClientIdentity {
            certificates: identity.certificate_pem.clone().into(),
            private_key: private_key.into(),
        });
        let error = refused_at_the_call(&url("wss", "localhost:9"), options);
        assert!(error.to_string().contains("tls.identity"), "{error}");
        no_secret_of(&error);
    }
    drop(resolved);
}

//! Connections through common programs: nginx as a TLS front, tinyproxy and microsocks. They are Debian packages.
//! `cargo xtask test` fetches them, starts nginx, and sets environment variables with their paths.

mod support;

use std::{
    env, fs,
    net::Ipv4Addr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rust_web_socket_core::{Compress, ConnectError, ConnectOptions, Proxy, TlsFailure, TlsOptions};
use support::{Client, Data, Server, soon};
use test_server::{Authority, EchoServer, Validity};
use tokio::{net::TcpStream, time::sleep};

/// A variable that `cargo xtask test` sets.
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run it by `cargo xtask test`"))
}

/// Echoes text, binary and a large message, and closes.
async fn converse(url: &str, options: ConnectOptions) {
    let mut client = Client::connect_with(url, options);
    client.opened().await;
    let connection = &client.connection;
    connection
        .send_text("Hello, 你好".into(), Compress::Auto)
        .expect("open");
    connection
        .send_binary(vec![0, 255].into(), Compress::Auto)
        .expect("open");
    connection.flush();
    assert_eq!(client.message().await, Data::text("Hello, 你好"));
    assert_eq!(client.message().await, Data::binary(vec![0, 255]));
    let large: Vec<u8> = (0..4 * 1024 * 1024)
        .map(|i: u32| (i.wrapping_mul(31) >> 3) as u8)
        .collect();
    let connection = &client.connection;
    connection
        .send_binary(large.clone().into(), Compress::Auto)
        .expect("open");
    connection.flush();
    assert!(client.message().await == Data::binary(large));
    client.connection.close(Some(1000), "bye").expect("fits");
    let ending = client.closed().await;
    assert!(ending.clean, "{ending:?}");
    assert_eq!((ending.code, ending.reason.as_str()), (1000, "bye"));
}

// nginx.

/// nginx's URL for each version of TLS, and nginx's name of the version.
fn nginx() -> [(String, &'static str); 2] {
    [
        (variable("NGINX_TLS_1_2"), "TLSv1.2"),
        (variable("NGINX_TLS_1_3"), "TLSv1.3"),
    ]
}

fn trusting_nginx() -> ConnectOptions {
    let authority = fs::read(variable("NGINX_AUTHORITY")).expect("a PEM file");
    ConnectOptions::default().tls(TlsOptions::default().roots(vec![authority]))
}

#[tokio::test]
#[ignore = "needs nginx: cargo xtask test"]
async fn messages_pass_through_nginx_in_both_versions_of_tls() {
    for (url, version) in nginx() {
        let mut client = Client::connect_with(&url, trusting_nginx());
        let handshake = client.opened().await;
        let told = handshake
            .headers
            .iter()
            .find(|field| field.name == "X-TLS-Version");
        assert_eq!(told.map(|field| field.value.as_str()), Some(version));
        converse(&url, trusting_nginx()).await;
    }
}

#[tokio::test]
#[ignore = "needs nginx: cargo xtask test"]
async fn nginx_is_refused_without_its_authority() {
    for (url, _) in nginx() {
        let error = Client::connect_with(&url, ConnectOptions::default())
            .failed()
            .await;
        assert!(
            matches!(
                error,
                ConnectError::Tls {
                    kind: TlsFailure::Untrusted,
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[tokio::test]
#[ignore = "needs nginx: cargo xtask test"]
async fn nginxs_own_responses_are_followed_or_reported() {
    for (url, _) in nginx() {
        converse(&format!("{url}/moved"), trusting_nginx()).await;
        let error = Client::connect_with(&format!("{url}/forbidden"), trusting_nginx())
            .failed()
            .await;
        let ConnectError::UpgradeRefused { refused, .. } = error else {
            panic!("expected a refusal, got {error:?}")
        };
        assert_eq!(
            (refused.status, &refused.body[..]),
            (403, &b"not for you"[..])
        );
    }
}

// Proxies.

/// A proxy process that is killed at the end of the test.
struct Running {
    process: Child,
    port: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Running {
    /// Starts the program that `variable` names. `command` sets its port.
    async fn start(name: &str, command: impl Fn(&mut Command, u16)) -> Self {
        let program = variable(name);
        loop {
            // The port is most probably still free. If it is not, the program ends, and another port is tried.
            let port = Server::start().await.port();
            let mut starting = Command::new(&program);
            command(&mut starting, port);
            let process = starting
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap_or_else(|error| panic!("{program} does not run: {error}"));
            let mut running = Self { process, port };
            if soon(running.listens()).await {
                return running;
            }
        }
    }

    /// Waits until it listens or has ended. Returns whether it listens.
    async fn listens(&mut self) -> bool {
        loop {
            if self.process.try_wait().expect("our own").is_some() {
                return false;
            }
            let reached = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await;
            if reached.is_ok() {
                return true;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Options with this proxy. `scheme` may end in credentials.
    fn via(&self, scheme: &str) -> ConnectOptions {
        ConnectOptions::default().proxy(Proxy::Url {
            url: format!("{scheme}127.0.0.1:{}", self.port),
            no_proxy: Vec::new(),
        })
    }
}

/// Converses through a proxy over ws and wss.
async fn converse_via(proxy: &Running, scheme: &str) {
    let plain = EchoServer::start().await.expect("a server");
    converse(&plain.url(), proxy.via(scheme)).await;

    let authority = Authority::new().expect("an authority");
    let identity = authority.issue(&["127.0.0.1"], Validity::Now);
    let secure = EchoServer::start_tls(0, &identity.expect("an identity")).await;
    let root = authority.certificate_pem.into_bytes();
    let tls = TlsOptions::default().roots(vec![root]);
    converse(&secure.expect("a server").url(), proxy.via(scheme).tls(tls)).await;
}

/// The status and the detail with which the proxy refuses to connect to `url`.
async fn refusal(proxy: &Running, scheme: &str, url: &str) -> (Option<u16>, String) {
    let error = Client::connect_with(url, proxy.via(scheme)).failed().await;
    assert!(!error.to_string().contains("secret"), "{error}");
    match error {
        ConnectError::Proxy {
            port,
            status,
            detail,
            ..
        } if port == proxy.port => (status, detail),
        other => panic!("expected an error of the proxy, got {other:?}"),
    }
}

/// A URL at which nothing listens.
async fn unused_url() -> String {
    Server::start().await.url()
}

async fn tinyproxy(settings: &str) -> Running {
    Running::start("TINYPROXY", |command, port| {
        let file = format!("{}/tinyproxy-{port}.conf", env!("CARGO_TARGET_TMPDIR"));
        let settings = format!("Port {port}\nListen 127.0.0.1\n{settings}\n");
        fs::write(&file, settings).expect("a file under target");
        command.args(["-d", "-c", &file]);
    })
    .await
}

#[tokio::test]
#[ignore = "needs tinyproxy: cargo xtask test"]
async fn messages_pass_through_tinyproxy() {
    let proxy = tinyproxy("").await;
    converse_via(&proxy, "http://").await;
    let (status, _) = refusal(&proxy, "http://", &unused_url().await).await;
    assert!(matches!(status, Some(500..=504)), "{status:?}");
}

#[tokio::test]
#[ignore = "needs tinyproxy: cargo xtask test"]
async fn tinyproxy_accepts_the_password_only() {
    let proxy = tinyproxy("BasicAuth user pass").await;
    converse_via(&proxy, "http://user:pass@").await;
    for scheme in ["http://", "http://user:secret@"] {
        let (status, detail) = refusal(&proxy, scheme, "ws://127.0.0.1:9/").await;
        // It responds with 401 to a wrong password.
        assert!(matches!(status, Some(401 | 407)), "{detail}");
    }
}

#[tokio::test]
#[ignore = "needs tinyproxy: cargo xtask test"]
async fn tinyproxy_forbids_a_port_with_403() {
    let proxy = tinyproxy("ConnectPort 443").await;
    let (status, detail) = refusal(&proxy, "http://", "ws://127.0.0.1:9/").await;
    assert_eq!(status, Some(403), "{detail}");
}

async fn microsocks(credentials: &[&str]) -> Running {
    Running::start("MICROSOCKS", |command, port| {
        command
            .args(["-i", "127.0.0.1", "-p", &port.to_string()])
            .args(credentials);
    })
    .await
}

#[tokio::test]
#[ignore = "needs microsocks: cargo xtask test"]
async fn messages_pass_through_microsocks() {
    let proxy = microsocks(&[]).await;
    for scheme in ["socks5://", "socks5h://"] {
        converse_via(&proxy, scheme).await;
    }
    let (_, detail) = refusal(&proxy, "socks5h://", &unused_url().await).await;
    assert!(detail.contains("refused"), "{detail}");
}

#[tokio::test]
#[ignore = "needs microsocks: cargo xtask test"]
async fn microsocks_accepts_the_password_only() {
    let proxy = microsocks(&["-u", "user", "-P", "pass"]).await;
    for scheme in ["socks5://user:pass@", "socks5h://user:pass@"] {
        converse_via(&proxy, scheme).await;
    }
    for scheme in ["socks5h://", "socks5h://user:secret@"] {
        refusal(&proxy, scheme, "ws://127.0.0.1:9/").await;
    }
}

//! A cancelled connect leaves no socket at any stage. The test checks this process's file descriptors, which Linux
//! lists.

#![cfg(target_os = "linux")]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use rust_web_socket_core::{ConnectError, ConnectOptions, Proxy};
use support::{Client, Server, TIMEOUT, read_request, soon};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpSocket, TcpStream},
    time::{Instant, sleep, timeout},
};

/// The least time that a client gets to reach a stage.
const LIMIT: Duration = Duration::from_secs(2);
/// How many times as long as the slowest measurement a limit is.
const MARGIN: u32 = 20;

/// The inodes of this process's sockets that are connected or connecting to a port. Other tests use other ports.
fn sockets_to(port: u16) -> BTreeSet<String> {
    let connections = fs::read_to_string("/proc/self/net/tcp").expect("Linux lists them");
    let remote = format!(":{port:04X}");
    let inodes: BTreeSet<_> = connections
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields[2].ends_with(&remote))
        .map(|fields| format!("socket:[{}]", fields[9]))
        .collect();
    fs::read_dir("/proc/self/fd")
        .expect("Linux lists them")
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|target| target.into_os_string().into_string().ok())
        .filter(|target| inodes.contains(target))
        .collect()
}

/// How a connect is cancelled.
#[derive(Clone, Copy, Debug)]
enum End {
    Release,
    Drop,
    Timeout,
}

const ENDS: [End; 3] = [End::Release, End::Drop, End::Timeout];

/// The time that a client gets to reach a stage: as measured with the ends that have no limit.
struct Limit(Duration);

impl Limit {
    const fn new() -> Self {
        Self(LIMIT)
    }
}

/// Connects, cancels it at `stage`, and expects that no socket remains.
async fn cancel_at<T>(
    url: &str,
    port: u16,
    mut options: ConnectOptions,
    end: End,
    limit: &mut Limit,
    stage: impl Future<Output = T>,
) {
    let before = sockets_to(port);
    if matches!(end, End::Timeout) {
        options = options.connect_timeout(limit.0);
    }
    let start = Instant::now();
    let Client {
        connection,
        mut events,
        ..
    } = Client::connect_with(url, options);
    let _reached = stage.await;
    limit.0 = limit.0.max(MARGIN * start.elapsed());
    assert_eq!(sockets_to(port).len(), before.len() + 1, "{url}, {end:?}");
    match end {
        End::Release => connection.release(),
        End::Drop => drop(connection),
        End::Timeout => {}
    }
    let failed = soon(events.recv()).await;
    // The socket is closed before the event is delivered.
    assert_eq!(sockets_to(port), before, "{url}, {end:?}");
    let error = match failed {
        Some(support::Event::Failed(error)) => error,
        other => panic!("expected a failure, got {other:?}"),
    };
    assert!(
        match end {
            End::Timeout => matches!(error, ConnectError::Timeout { .. }),
            _ => matches!(error, ConnectError::Cancelled { .. }),
        },
        "{error:?}"
    );
}

/// A port that neither accepts nor refuses while the result is kept, since its queue is full.
async fn black_hole() -> (TcpListener, u16, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    socket.bind(any).expect("a free port");
    let listener = socket.listen(1).expect("it is bound");
    let address = listener.local_addr().expect("it is bound");
    let mut queued = Vec::new();
    // A connect that takes longer has found a full queue.
    let mut full = TIMEOUT;
    let start = Instant::now();
    while let Ok(tcp) = timeout(full, TcpStream::connect(address)).await {
        queued.push(tcp.expect("a place in the queue"));
        full = Duration::from_millis(200).max(MARGIN * start.elapsed());
        assert!(queued.len() < 100, "the queue never fills");
    }
    (listener, address.port(), queued)
}

#[tokio::test]
async fn during_the_tcp_connect() {
    let (_listener, port, queued) = black_hole().await;
    let mut limit = Limit::new();
    for end in ENDS {
        let url = format!("ws://127.0.0.1:{port}/");
        let dialling = soon(async {
            while sockets_to(port).len() == queued.len() {
                sleep(Duration::from_millis(20)).await;
            }
        });
        cancel_at(
            &url,
            port,
            ConnectOptions::default(),
            end,
            &mut limit,
            dialling,
        )
        .await;
    }
}

#[tokio::test]
async fn during_the_tls_handshake() {
    let server = Server::start().await;
    let mut limit = Limit::new();
    for end in ENDS {
        let url = server.url().replace("ws:", "wss:");
        let hello = async {
            let mut tcp = server.accept().await;
            soon(tcp.read_u8()).await.expect("a ClientHello");
            tcp
        };
        cancel_at(
            &url,
            server.port(),
            ConnectOptions::default(),
            end,
            &mut limit,
            hello,
        )
        .await;
    }
}

#[tokio::test]
async fn during_the_upgrade() {
    let server = Server::start().await;
    let mut limit = Limit::new();
    for end in ENDS {
        let request = async {
            let mut tcp = server.accept().await;
            read_request(&mut tcp).await;
            tcp
        };
        let options = ConnectOptions::default();
        cancel_at(
            &server.url(),
            server.port(),
            options,
            end,
            &mut limit,
            request,
        )
        .await;
    }
}

#[tokio::test]
async fn during_a_proxys_tunnel() {
    let proxy = Server::start().await;
    for scheme in ["http", "socks5"] {
        let mut limit = Limit::new();
        for end in ENDS {
            let request = async {
                let mut tcp = proxy.accept().await;
                soon(tcp.read_u8()).await.expect("a request");
                tcp
            };
            let options = ConnectOptions::default().proxy(Proxy::Url {
                url: format!("{scheme}://127.0.0.1:{}", proxy.port()),
                no_proxy: Vec::new(),
            });
            cancel_at(
                "ws://127.0.0.1:9/",
                proxy.port(),
                options,
                end,
                &mut limit,
                request,
            )
            .await;
        }
    }
}

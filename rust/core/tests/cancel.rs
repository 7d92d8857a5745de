//! A connect that is given up leaves no socket, however far it has come: this program's own file descriptors are looked
//! at, which Linux shows.

#![cfg(target_os = "linux")]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use rust_web_socket_core::{ConnectError, ConnectOptions, Proxy};
use support::{Client, Server, read_request, soon};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpSocket, TcpStream},
    time::{sleep, timeout},
};

/// Long enough for a client to come as far as it can.
const LIMIT: Duration = Duration::from_secs(2);
/// A queue of the loopback that takes longer is full.
const FULL: Duration = Duration::from_millis(200);

/// The inodes of this program's sockets that lead to a port, or try to. Other tests have other ports.
fn sockets_to(port: u16) -> BTreeSet<String> {
    let connections = fs::read_to_string("/proc/self/net/tcp").expect("Linux shows them");
    let remote = format!(":{port:04X}");
    let inodes: BTreeSet<_> = connections
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields[2].ends_with(&remote))
        .map(|fields| format!("socket:[{}]", fields[9]))
        .collect();
    fs::read_dir("/proc/self/fd")
        .expect("Linux shows them")
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|target| target.into_os_string().into_string().ok())
        .filter(|target| inodes.contains(target))
        .collect()
}

/// How a connect is given up.
#[derive(Clone, Copy, Debug)]
enum End {
    Release,
    Drop,
    Timeout,
}

const ENDS: [End; 3] = [End::Release, End::Drop, End::Timeout];

/// Connects, gives it up when it has come as far as `stage` waits for, and expects that nothing is left but what was
/// there before.
async fn give_up<T>(
    url: &str,
    port: u16,
    mut options: ConnectOptions,
    end: End,
    stage: impl Future<Output = T>,
) {
    let before = sockets_to(port);
    if matches!(end, End::Timeout) {
        options = options.connect_timeout(LIMIT);
    }
    let Client {
        connection,
        mut events,
        ..
    } = Client::connect_with(url, options);
    let _reached = stage.await;
    assert_eq!(sockets_to(port).len(), before.len() + 1, "{url}, {end:?}");
    match end {
        End::Release => connection.release(),
        End::Drop => drop(connection),
        End::Timeout => {}
    }
    let failed = soon(events.recv()).await;
    // Not a moment later: who is told may count on it.
    assert_eq!(sockets_to(port), before, "{url}, {end:?}");
    let error = match failed {
        Some(support::Event::Failed(error)) => error,
        other => panic!("not failed: {other:?}"),
    };
    assert!(
        match end {
            End::Timeout => matches!(error, ConnectError::Timeout { .. }),
            _ => matches!(error, ConnectError::Cancelled { .. }),
        },
        "{error:?}"
    );
}

/// A port that answers nothing, neither yes nor no, as long as the result is kept: its queue is full.
async fn black_hole() -> (TcpListener, u16, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    socket.bind(any).expect("a free port");
    let listener = socket.listen(1).expect("it is bound");
    let address = listener.local_addr().expect("it is bound");
    let mut queued = Vec::new();
    while let Ok(tcp) = timeout(FULL, TcpStream::connect(address)).await {
        queued.push(tcp.expect("a place in the queue"));
        assert!(queued.len() < 100, "the queue does not fill up");
    }
    (listener, address.port(), queued)
}

#[tokio::test]
async fn while_it_dials() {
    let (_listener, port, queued) = black_hole().await;
    for end in ENDS {
        let url = format!("ws://127.0.0.1:{port}/");
        let dialling = soon(async {
            while sockets_to(port).len() == queued.len() {
                sleep(Duration::from_millis(20)).await;
            }
        });
        give_up(&url, port, ConnectOptions::default(), end, dialling).await;
    }
}

#[tokio::test]
async fn while_tls_shakes_hands() {
    let server = Server::start().await;
    for end in ENDS {
        let url = server.url().replace("ws:", "wss:");
        let hello = async {
            let mut tcp = server.accept().await;
            soon(tcp.read_u8()).await.expect("a ClientHello");
            tcp
        };
        give_up(&url, server.port(), ConnectOptions::default(), end, hello).await;
    }
}

#[tokio::test]
async fn while_it_waits_for_the_upgrade() {
    let server = Server::start().await;
    for end in ENDS {
        let request = async {
            let mut tcp = server.accept().await;
            read_request(&mut tcp).await;
            tcp
        };
        let options = ConnectOptions::default();
        give_up(&server.url(), server.port(), options, end, request).await;
    }
}

#[tokio::test]
async fn while_it_waits_for_a_proxy() {
    let proxy = Server::start().await;
    for scheme in ["http", "socks5"] {
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
            give_up("ws://127.0.0.1:9/", proxy.port(), options, end, request).await;
        }
    }
}

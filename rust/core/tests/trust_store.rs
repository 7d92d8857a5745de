//! The platform's trust store may be slow to read: a connect waits for it, and whoever connects does not.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::{env, fs, mem::ManuallyDrop, path::Path, process::Command, thread, time::Duration};

use rust_web_socket_core::{ConnectError, ConnectOptions};
use support::{Client, Server, acceptor, soon};
use test_server::{Authority, Validity};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// Names the store that is a FIFO: reading it takes as long as nobody writes to it.
const STORE: &str = "SSL_CERT_FILE";
/// Is set in the test's own process.
const CHILD: &str = "RUST_WEB_SOCKET_TEST_STORE";
const NAME: &str = "a_store_that_is_slow_to_read_holds_up_nothing_but_the_connect";

/// The store is read once in a process, and its place is an environment variable: so it takes a process of its own.
#[test]
fn a_store_that_is_slow_to_read_holds_up_nothing_but_the_connect() {
    if env::var_os(CHILD).is_some() {
        // It is never dropped: that would wait for the read, also where a check has failed.
        let runtime = ManuallyDrop::new(
            Builder::new_multi_thread()
                .max_blocking_threads(4)
                .enable_all()
                .build()
                .unwrap(),
        );
        return runtime.block_on(while_the_store_is_read());
    }
    let folder = env::temp_dir().join(format!("trust_store_{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let store = folder.join("store.pem");
    let made = Command::new("mkfifo").arg(&store).status().unwrap();
    assert!(made.success());
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", NAME])
        .env(CHILD, "1")
        .env(STORE, &store)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("1 passed"), "{shown}");
}

async fn while_the_store_is_read() {
    let authority = Authority::new().unwrap();
    let url = server(&authority).await;

    // What it has begun to read is for the others.
    let mut released = connect(&url, ConnectOptions::default()).await;
    released.connection.release();
    let error = released.failed().await;
    assert!(matches!(error, ConnectError::Cancelled { .. }), "{error}");

    // Those that were given up hold no more than one thread, and names are looked up by the others.
    for _ in 0..16 {
        let limited = ConnectOptions::default().connect_timeout(Duration::from_millis(20));
        connect(&url, limited).await.failed().await;
    }
    let plain = Server::start().await;
    let _plain = Client::connect(&format!("ws://localhost:{}/", plain.port()));
    plain.accept().await;

    let mut client = connect(&url, ConnectOptions::default()).await;

    let limited = ConnectOptions::default().connect_timeout(Duration::from_millis(50));
    let error = connect(&url, limited).await.failed().await;
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error}");

    let store = env::var(STORE).unwrap();
    let pem = authority.certificate_pem.clone();
    let written = tokio::task::spawn_blocking(move || fs::write(Path::new(&store), pem));
    soon(written).await.unwrap().unwrap();
    // What is in the store is trusted.
    client.opened().await;
}

/// Connects on a thread of its own: one that were to read the store would not come back.
async fn connect(url: &str, options: ConnectOptions) -> Client {
    let (sender, connected) = oneshot::channel();
    let (url, runtime) = (url.to_owned(), Handle::current());
    thread::spawn(move || {
        let _inside = runtime.enter();
        sender.send(Client::connect_with(&url, options)).unwrap();
    });
    soon(connected).await.unwrap()
}

/// A server of WebSockets over TLS, and its URL.
async fn server(authority: &Authority) -> String {
    let identity = authority.issue(&["localhost"], Validity::Now).unwrap();
    let acceptor = acceptor(&identity);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let tls = acceptor.accept(tcp).await.unwrap();
                let socket = tokio_tungstenite::accept_async(tls).await.unwrap();
                std::future::pending::<()>().await;
                drop(socket);
            });
        }
    });
    format!("wss://localhost:{port}")
}

//! Reading the platform's trust store may be slow: a connect waits for it, and the thread that calls it does not.

// A named pipe of Windows is no file that could be read twice.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::{env, mem::ManuallyDrop, thread, time::Duration};

use rust_web_socket_core::{CertificateVerifier, ConnectError, ConnectOptions, TlsOptions};
use support::{Client, Server, acceptor, soon};
use test_server::{Authority, Validity, this_program};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// The environment variable with the store's path. The store is a pipe here: reading it blocks until it is written.
const STORE: &str = "SSL_CERT_FILE";
/// Set in the test's child process.
const CHILD: &str = "RUST_WEB_SOCKET_TEST_STORE";
const NAME: &str = "a_slow_store_delays_only_the_connect";

/// A FIFO.
mod pipe {
    use std::{env, fs, path::Path, path::PathBuf, process::Command};

    pub(crate) fn create() -> PathBuf {
        let path = env::temp_dir().join(format!("trust_store_{}.pem", std::process::id()));
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        path
    }

    pub(crate) fn remove(path: &Path) {
        fs::remove_file(path).unwrap();
    }

    pub(crate) struct Writer(String);

    impl Writer {
        pub(crate) fn new(path: String) -> Self {
            Self(path)
        }

        pub(crate) async fn write(self, bytes: &[u8]) {
            let bytes = bytes.to_owned();
            let written = tokio::task::spawn_blocking(move || fs::write(self.0, bytes));
            super::soon(written).await.unwrap().unwrap();
        }
    }
}

/// It runs in a process of its own, since the store is read once per process and its path is an environment variable.
#[test]
fn a_slow_store_delays_only_the_connect() {
    if env::var_os(CHILD).is_some() {
        // Never dropped: dropping it would wait for the read, also after a failed check.
        let runtime = ManuallyDrop::new(
            Builder::new_multi_thread()
                .max_blocking_threads(4)
                .enable_all()
                .build()
                .unwrap(),
        );
        return runtime.block_on(while_the_store_is_read());
    }
    let store = pipe::create();
    let output = this_program()
        .unwrap()
        .args(["--exact", NAME])
        .env(CHILD, "1")
        .env(STORE, &store)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    pipe::remove(&store);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("1 passed"), "{shown}");
}

async fn while_the_store_is_read() {
    let store = pipe::Writer::new(env::var(STORE).unwrap());
    let authority = Authority::new().unwrap();
    let url = server(&authority).await;

    // Other connects use the read that a cancelled one has started.
    let mut released = connect(&url, by_the_library()).await;
    released.connection.release();
    let error = released.failed().await;
    assert!(matches!(error, ConnectError::Cancelled { .. }), "{error}");

    // Cancelled connects block one thread at most. The others are available for lookups.
    for _ in 0..16 {
        let limited = by_the_library().connect_timeout(Duration::from_millis(20));
        connect(&url, limited).await.failed().await;
    }
    let plain = Server::start().await;
    let _plain = Client::connect(&format!("ws://localhost:{}/", plain.port()));
    plain.accept().await;

    let mut client = connect(&url, by_the_library()).await;

    let limited = by_the_library().connect_timeout(Duration::from_millis(50));
    let error = connect(&url, limited).await.failed().await;
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error}");

    store.write(authority.certificate_pem.as_bytes()).await;
    // The certificate in the store is trusted.
    client.opened().await;
}

/// Apple's verifier would not read this store.
fn by_the_library() -> ConnectOptions {
    let tls = TlsOptions::default().verifier(CertificateVerifier::Library);
    ConnectOptions::default().tls(tls)
}

/// Connects on a thread of its own. If `connect` read the store, it would block.
async fn connect(url: &str, options: ConnectOptions) -> Client {
    let (sender, connected) = oneshot::channel();
    let (url, runtime) = (url.to_owned(), Handle::current());
    thread::spawn(move || {
        let _inside = runtime.enter();
        sender.send(Client::connect_with(&url, options)).unwrap();
    });
    soon(connected).await.unwrap()
}

/// A WebSocket server over TLS, and its URL.
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

//! On Linux a write to a connection that was reset raises SIGPIPE, which ends a process that does not ignore it.

#![cfg(target_os = "linux")]

mod support;

use std::{env, time::Duration};

use futures::StreamExt;
use rust_web_socket_core::{Compress, ConnectOptions, TlsOptions};
use socket2::SockRef;
use support::{Client, Event, acceptor, soon};
use test_server::{Authority, Validity, this_program};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    time::timeout,
};

/// Set in the child process, which a signal would end.
const CHILD: &str = "RUST_WEB_SOCKET_TEST_NO_SIGNAL";
const NAME: &str = "a_reset_of_a_plain_or_a_tls_connection_raises_no_signal";

#[tokio::test]
async fn a_reset_of_a_plain_or_a_tls_connection_raises_no_signal() {
    if env::var_os(CHILD).is_none() {
        let mut child = this_program().expect("this test's file");
        let output = child.args(["--exact", NAME]).env(CHILD, "1").output();
        let output = output.expect("a process");
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {shown}", output.status);
        assert!(shown.contains("1 passed"), "{shown}");
        return;
    }
    sigpipe::reset();
    for is_secure in [false, true] {
        send_until_it_is_reset(is_secure).await;
    }
}

async fn send_until_it_is_reset(is_secure: bool) {
    let authority = Authority::new().expect("an authority");
    let identity = authority.issue(&["localhost"], Validity::Now);
    let acceptor = acceptor(&identity.expect("a certificate"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let server = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a connection");
        SockRef::from(&tcp)
            .set_linger(Some(Duration::ZERO))
            .expect("a reset instead of a FIN");
        match is_secure {
            true => {
                let tls = acceptor.accept(tcp).await;
                leave_after_a_message(tls.expect("a handshake")).await;
            }
            false => leave_after_a_message(tcp).await,
        }
    });
    let scheme = if is_secure { "wss" } else { "ws" };
    let tls = TlsOptions::default().roots(vec![authority.certificate_pem.clone().into_bytes()]);
    let options = ConnectOptions::default().tls(tls);
    let mut client = Client::connect_with(&format!("{scheme}://localhost:{port}/"), options);
    client.opened().await;
    let ending = loop {
        // It may have ended meanwhile.
        let _ended = client
            .connection
            .send_text("a message".into(), Compress::Auto);
        client.connection.flush();
        let event = timeout(Duration::from_millis(1), client.event()).await;
        if let Ok(Event::Closed(ending)) = event {
            break ending;
        }
    };
    assert_eq!(ending.code, 1006, "{ending:?}");
    soon(server).await.expect("no panic");
}

async fn leave_after_a_message(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut peer = tokio_tungstenite::accept_async(stream)
        .await
        .expect("an upgrade");
    peer.next().await.expect("open").expect("a message");
}

//! A scripted proxy, one step per function.

use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;

use super::{Server, read_request, soon};

/// The request of a SOCKS client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SocksRequest {
    /// User name and password, if the client sent them.
    pub(crate) credentials: Option<(String, String)>,
    /// Host and port to connect to. A name is in quotes, which distinguishes it from an address.
    pub(crate) destination: String,
}

/// Accepts a connection as an HTTP proxy and connects it to a port of the loopback, whatever the request names. Returns
/// the request.
pub(crate) async fn http_tunnel(proxy: &Server, port: u16) -> String {
    let mut tcp = proxy.accept().await;
    let request = read_request(&mut tcp).await;
    tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await
        .expect("the client reads");
    relay(tcp, port).await;
    request
}

/// The same over TLS. Returns also the server name that the client sent.
pub(crate) async fn https_tunnel(
    proxy: &Server,
    acceptor: &TlsAcceptor,
    port: u16,
) -> (String, Option<String>) {
    let tls = soon(acceptor.accept(proxy.accept().await)).await;
    let mut tls = tls.expect("a handshake");
    let name = tls.get_ref().1.server_name().map(str::to_owned);
    let request = read_request(&mut tls).await;
    tls.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await
        .expect("the client reads");
    relay(tls, port).await;
    (request, name)
}

/// The same as a SOCKS 5 proxy (RFC 1928).
pub(crate) async fn socks_tunnel(proxy: &Server, port: u16, with_password: bool) -> SocksRequest {
    let mut tcp = proxy.accept().await;
    let credentials = socks_greeting(&mut tcp, with_password).await;
    let destination = socks_request(&mut tcp).await;
    // Bound to 0.0.0.0:0, as most proxies respond.
    tcp.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        .await
        .expect("the client reads");
    relay(tcp, port).await;
    SocksRequest {
        credentials,
        destination,
    }
}

/// The negotiation of a method, and of the password if `with_password` (RFC 1929).
pub(crate) async fn socks_greeting(
    tcp: &mut TcpStream,
    with_password: bool,
) -> Option<(String, String)> {
    assert_eq!(byte(tcp).await, 5, "the version");
    let methods = counted(tcp).await;
    let method = if with_password { 2 } else { 0 };
    assert!(methods.contains(&method), "not offered: {methods:?}");
    tcp.write_all(&[5, method]).await.expect("the client reads");
    if !with_password {
        return None;
    }
    assert_eq!(byte(tcp).await, 1, "the version of the negotiation");
    let user = String::from_utf8(counted(tcp).await).expect("UTF-8");
    let password = String::from_utf8(counted(tcp).await).expect("UTF-8");
    tcp.write_all(&[1, 0]).await.expect("the client reads");
    Some((user, password))
}

/// Reads the request to connect. Returns its destination.
pub(crate) async fn socks_request(tcp: &mut TcpStream) -> String {
    let mut head = [0; 3];
    soon(tcp.read_exact(&mut head)).await.expect("a request");
    assert_eq!(head, [5, 1, 0], "version, CONNECT, reserved");
    let host = match byte(tcp).await {
        1 => {
            let mut ip = [0; 4];
            soon(tcp.read_exact(&mut ip)).await.expect("an address");
            Ipv4Addr::from(ip).to_string()
        }
        3 => format!("{:?}", String::from_utf8_lossy(&counted(tcp).await)),
        4 => {
            let mut ip = [0; 16];
            soon(tcp.read_exact(&mut ip)).await.expect("an address");
            format!("[{}]", Ipv6Addr::from(ip))
        }
        other => panic!("no type of address: {other}"),
    };
    let port = soon(tcp.read_u16()).await.expect("a port");
    format!("{host}:{port}")
}

async fn byte(tcp: &mut TcpStream) -> u8 {
    soon(tcp.read_u8()).await.expect("another byte")
}

async fn counted(tcp: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; byte(tcp).await.into()];
    soon(tcp.read_exact(&mut bytes)).await.expect("all of them");
    bytes
}

async fn relay(mut client: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, port: u16) {
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .expect("a server");
    tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
}

//! A server that a test scripts byte by byte. The echo server is in `tests/server`.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::handshake::derive_accept_key};

use super::{CLOSE, CONTINUATION, Client, Frame, close_payload, frame, read_frame, soon};

/// A server on the loopback that is scripted by the test.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port of the loopback");
        Self { listener }
    }

    /// Starts a server with small buffers in the operating system, so that it stalls early.
    pub(crate) fn start_with_small_buffers() -> Self {
        let listen = || {
            let socket = TcpSocket::new_v4()?;
            socket.set_recv_buffer_size(16 * 1024)?;
            socket.set_send_buffer_size(16 * 1024)?;
            socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
            socket.listen(8)
        };
        let listener = listen().expect("a free port of the loopback");
        Self { listener }
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().expect("a bound listener").port()
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/", self.port())
    }

    /// Accepts a TCP connection.
    pub(crate) async fn accept(&self) -> TcpStream {
        let (tcp, _) = soon(self.listener.accept()).await.expect("a connection");
        tcp.set_nodelay(true).expect("TCP_NODELAY");
        tcp
    }

    /// Accepts a connection and upgrades it.
    pub(crate) async fn upgrade(&self) -> Peer {
        self.upgrade_with(&[]).await
    }

    /// Accepts a connection and upgrades it. `tail` is sent in one segment with the response.
    pub(crate) async fn upgrade_with(&self, tail: &[u8]) -> Peer {
        self.respond("", tail).await
    }

    /// Accepts a connection and upgrades it with these extensions.
    pub(crate) async fn upgrade_with_extensions(&self, extensions: &str) -> Peer {
        let field = format!("Sec-WebSocket-Extensions: {extensions}\r\n");
        self.respond(&field, &[]).await
    }

    async fn respond(&self, fields: &str, tail: &[u8]) -> Peer {
        let mut tcp = self.accept().await;
        let request = read_request(&mut tcp).await;
        let mut response = response_to(&request, fields).into_bytes();
        response.extend(tail);
        tcp.write_all(&response).await.expect("the client reads");
        Peer { tcp }
    }

    /// Accepts a connection and upgrades it with tungstenite.
    pub(crate) async fn tungstenite(&self) -> WebSocketStream<TcpStream> {
        let tcp = self.accept().await;
        soon(tokio_tungstenite::accept_async(tcp))
            .await
            .expect("an upgrade")
    }
}

/// Reads the header of a request, up to its empty line.
pub(crate) async fn read_request(tcp: &mut (impl AsyncRead + Unpin)) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let read = soon(tcp.read_buf(&mut request)).await.expect("a request");
        assert!(read > 0, "the client closed within its request");
    }
    String::from_utf8(request).expect("a request in ASCII")
}

fn response_to(request: &str, fields: &str) -> String {
    let key = request
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))
        .expect("a key in the request");
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n{fields}\r\n",
        derive_accept_key(key.as_bytes())
    )
}

/// The server's end of an open WebSocket, as bytes.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) tcp: TcpStream,
}

impl Peer {
    /// Sends bytes unchanged.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.tcp.write_all(bytes.as_ref()))
            .await
            .expect("the client reads");
    }

    /// Sends a Close frame with a code.
    pub(crate) async fn send_close(&mut self, code: u16, reason: &str) {
        self.send(frame(CLOSE, close_payload(code, reason))).await;
    }

    /// The client's next frame, or `None` if it has closed TCP.
    pub(crate) async fn try_frame(&mut self) -> Option<Frame> {
        soon(read_frame(&mut self.tcp)).await
    }

    /// The client's next frame.
    pub(crate) async fn frame(&mut self) -> Frame {
        self.try_frame().await.expect("another frame")
    }

    /// The client's next message, with its fragments joined to one frame. A control frame between them is an error.
    pub(crate) async fn message(&mut self) -> Frame {
        let mut message = self.frame().await;
        while !message.is_final {
            let fragment = self.frame().await;
            assert_eq!(fragment.opcode, CONTINUATION);
            message.is_final = fragment.is_final;
            message.payload.extend(fragment.payload);
        }
        message
    }

    /// Waits for the client to close TCP, by a FIN or a reset. Nothing may arrive before.
    pub(crate) async fn gone(&mut self) {
        assert_eq!(self.try_frame().await, None);
    }
}

//! The TCP connection below TLS: its socket options, and the count of bytes that the operating system accepted.
//!
//! The handshake configures it, and the heartbeat reads the count.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

use crate::ConnectOptions;

/// The minimum keep-alive time: the operating systems count in seconds.
const MIN_KEEP_ALIVE: Duration = Duration::from_secs(1);

/// The operating system accepts no more while this many bytes are not sent (`TCP_NOTSENT_LOWAT`). Accepted bytes say
/// nothing about the peer, and a ping or pong waits behind them.
#[cfg(any(target_os = "android", target_os = "linux"))]
const MAX_UNSENT: u32 = 32 * 1024;

/// A TCP connection that counts the bytes accepted by the operating system. The count is below TLS, which buffers bytes
/// that were not accepted.
#[derive(Debug)]
pub(crate) struct Tcp {
    inner: TcpStream,
    written: u64,
}

impl Tcp {
    pub(crate) fn new(inner: TcpStream) -> Self {
        Self { inner, written: 0 }
    }

    /// Bytes accepted by the operating system so far.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }
}

impl AsyncRead for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        self.written += written as u64;
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.inner.poll_write_ready(cx))?;
            let sent = self
                .inner
                .try_io(Interest::WRITABLE, || send_vectored(&self.inner, slices));
            match sent {
                Ok(written) => {
                    self.written += written as u64;
                    return Poll::Ready(Ok(written));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Writes without SIGPIPE, which `writev` raises on Linux after the peer has reset the connection, and which ends a
/// process that does not ignore it. On Apple's systems `std` sets the socket option against it.
fn send_vectored(tcp: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    #[cfg(any(target_os = "android", target_os = "linux"))]
    const MSG_NOSIGNAL: i32 = 0x4000;
    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    const MSG_NOSIGNAL: i32 = 0;
    SockRef::from(tcp).send_vectored_with_flags(slices, MSG_NOSIGNAL)
}

/// Sets the TCP options. A failure is ignored: the connection works without them, and has its heartbeat.
pub(crate) fn configure(tcp: &Tcp, options: &ConnectOptions) {
    let socket = SockRef::from(&tcp.inner);
    if let Some(time) = options.tcp_keep_alive {
        let time = time.max(MIN_KEEP_ALIVE);
        let keep_alive = TcpKeepalive::new().with_time(time).with_interval(time);
        let _ = socket.set_tcp_keepalive(&keep_alive);
    }
    #[cfg(any(target_os = "android", target_os = "linux"))]
    {
        let _ = socket.set_tcp_notsent_lowat(MAX_UNSENT);
        if let Some(timeout) = options.tcp_user_timeout {
            let _ = socket.set_tcp_user_timeout(Some(timeout));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    /// A connection that its peer has reset.
    async fn reset() -> Tcp {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let tcp = Tcp::new(TcpStream::connect(address).await.expect("it listens"));
        let (peer, _) = listener.accept().await.expect("a connection");
        SockRef::from(&peer)
            .set_linger(Some(Duration::ZERO))
            .expect("a reset instead of a FIN");
        tcp
    }

    /// On Windows the system's codes are WSAECONNRESET and WSAECONNABORTED.
    #[tokio::test]
    async fn a_reset_is_an_error_of_the_read_and_of_each_write() {
        let mut tcp = reset().await;
        let read = tcp.read_u8().await.expect_err("reset");
        assert_eq!(read.kind(), io::ErrorKind::ConnectionReset);
        let slices = [IoSlice::new(b"one"), IoSlice::new(b"two")];
        for written in [tcp.write_vectored(&slices).await, tcp.write(b"three").await] {
            let error = written.expect_err("reset");
            assert!(
                matches!(
                    error.kind(),
                    io::ErrorKind::BrokenPipe
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionAborted
                ),
                "{error:?}"
            );
        }
    }

    /// Runs in a process of its own, which a signal would end.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_write_after_a_reset_is_an_error_and_no_signal() {
        use std::env;

        use test_server::this_program;

        const CHILD: &str = "RUST_WEB_SOCKET_TEST_SIGPIPE";
        const NAME: &str = "net::tcp::tests::a_write_after_a_reset_is_an_error_and_no_signal";
        if env::var_os(CHILD).is_none() {
            let mut child = this_program().expect("this test's file");
            let output = child.args(["--exact", NAME]).env(CHILD, "1").output();
            let output = output.expect("a process");
            let shown = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "killed by a signal: {shown}");
            assert!(shown.contains("1 passed"), "{shown}");
            return;
        }
        sigpipe::reset();
        let mut tcp = reset().await;
        // The read consumes the reset, so that the write fails with a broken pipe.
        let read = tcp.read_u8().await.expect_err("reset");
        assert_eq!(read.kind(), io::ErrorKind::ConnectionReset);
        let slices = [IoSlice::new(b"one"), IoSlice::new(b"two")];
        let written = tcp.write_vectored(&slices).await.expect_err("reset");
        assert_eq!(written.kind(), io::ErrorKind::BrokenPipe);
        let written = tcp.write(b"three").await.expect_err("reset");
        assert_eq!(written.kind(), io::ErrorKind::BrokenPipe);
    }

    async fn configured(options: &ConnectOptions) -> Tcp {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let tcp = Tcp::new(TcpStream::connect(address).await.expect("it listens"));
        configure(&tcp, options);
        tcp
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn keep_alive_and_user_timeout_are_set() {
        let tcp = configured(&ConnectOptions {
            tcp_keep_alive: Some(Duration::from_secs(40)),
            tcp_user_timeout: Some(Duration::from_millis(2500)),
            ..ConnectOptions::default()
        })
        .await;
        let socket = SockRef::from(&tcp.inner);
        assert_eq!(socket.keepalive().ok(), Some(true));
        let forty = Some(Duration::from_secs(40));
        assert_eq!(socket.tcp_keepalive_time().ok(), forty);
        assert_eq!(socket.tcp_keepalive_interval().ok(), forty);
        let timeout = socket.tcp_user_timeout().ok().flatten();
        assert_eq!(timeout, Some(Duration::from_millis(2500)));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_send_buffer_is_bounded() {
        let tcp = configured(&ConnectOptions::default()).await;
        assert_eq!(
            SockRef::from(&tcp.inner).tcp_notsent_lowat().ok(),
            Some(MAX_UNSENT)
        );
    }

    #[tokio::test]
    async fn without_options_the_systems_defaults_apply() {
        let tcp = configured(&ConnectOptions::default()).await;
        let socket = SockRef::from(&tcp.inner);
        assert_eq!(socket.keepalive().ok(), Some(false));
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().ok().flatten(), None);
    }

    #[tokio::test]
    async fn keep_alive_is_enabled_by_its_option() {
        let tcp = configured(&ConnectOptions {
            tcp_keep_alive: Some(Duration::from_secs(40)),
            ..ConnectOptions::default()
        })
        .await;
        assert_eq!(SockRef::from(&tcp.inner).keepalive().ok(), Some(true));
    }

    /// On Windows `SO_REUSEADDR` would let another program take the connection's port.
    #[tokio::test]
    async fn the_address_is_not_shared() {
        let tcp = configured(&ConnectOptions::default()).await;
        assert_eq!(SockRef::from(&tcp.inner).reuse_address().ok(), Some(false));
    }

    #[tokio::test]
    async fn out_of_range_values_are_ignored() {
        for time in [Duration::ZERO, Duration::MAX] {
            configured(&ConnectOptions {
                tcp_keep_alive: Some(time),
                tcp_user_timeout: Some(time),
                ..ConnectOptions::default()
            })
            .await;
        }
    }
}

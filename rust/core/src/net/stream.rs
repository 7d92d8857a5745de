//! The byte stream that the handshake and the connection use: TCP, TLS over TCP, or TLS in the TLS of a proxy.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use crate::{ConnectError, net::tcp::Tcp};

/// Why a handshake on an open TCP connection failed.
#[derive(Debug)]
pub(crate) enum HandshakeFailure {
    /// The connection ended before the server's response. With a proxy, either end of the tunnel may have ended it.
    Lost(ConnectError),
    /// The server's response or its certificate is invalid.
    Rejected(ConnectError),
}

impl From<ConnectError> for HandshakeFailure {
    fn from(error: ConnectError) -> Self {
        Self::Rejected(error)
    }
}

/// The byte stream of a connection. It counts the bytes written and read.
///
/// A write never fails: after the first error, bytes are dropped. Reading continues with what the peer sent before,
/// also while pings are answered, and ends with the error.
#[derive(Debug)]
pub(crate) struct ByteStream<S = Layers> {
    inner: S,
    written: u64,
    read: u64,
    /// The first error of a write. Bytes are dropped after it.
    write_error: Option<io::Error>,
}

impl<S> ByteStream<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            written: 0,
            read: 0,
            write_error: None,
        }
    }

    /// Whether a write has failed, so that bytes are dropped.
    pub(crate) fn write_failed(&self) -> bool {
        self.write_error.is_some()
    }

    /// Bytes written so far.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Bytes read so far.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }
}

impl<S: Transport> ByteStream<S> {
    /// Bytes that the operating system has accepted so far, including those of TLS.
    pub(crate) fn taken_by_system(&self) -> u64 {
        self.inner.taken_by_system()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ByteStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        let read = buffer.filled().len() - before;
        self.read += read as u64;
        // The operating system reports the cause of a lost connection once. If a write got it, the read only finds the
        // end, which is a different error over TLS.
        let has_ended = match &polled {
            Poll::Ready(Ok(())) => read == 0 && buffer.remaining() > 0,
            Poll::Ready(Err(error)) => error.kind() == io::ErrorKind::UnexpectedEof,
            Poll::Pending => false,
        };
        if has_ended
            && let Some(error) = &self.write_error
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            return Poll::Ready(Err(copy_error(error)));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ByteStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.write_error.is_none() {
            match ready!(Pin::new(&mut self.inner).poll_write(cx, bytes)) {
                Ok(written) => {
                    self.written += written as u64;
                    return Poll::Ready(Ok(written));
                }
                Err(error) => self.write_error = Some(error),
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.write_error.is_none()
            && let Err(error) = ready!(Pin::new(&mut self.inner).poll_flush(cx))
        {
            self.write_error = Some(error);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Copies an error, which can't be cloned. An error of the operating system is its number.
fn copy_error(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// What a [`ByteStream`] of an open connection is made of.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin {
    /// Bytes that the operating system has accepted so far, including those of TLS.
    fn taken_by_system(&self) -> u64;
}

/// TCP, or TLS over another layer.
#[derive(Debug)]
pub(crate) enum Layers {
    Tcp(Tcp),
    Tls(Box<TlsStream<Layers>>),
}

impl Layers {
    /// The TCP connection below all TLS.
    pub(crate) fn tcp(&self) -> &Tcp {
        match self {
            Self::Tcp(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0.tcp(),
        }
    }
}

impl Transport for Layers {
    fn taken_by_system(&self) -> u64 {
        self.tcp().written()
    }
}

/// Calls the same method of both variants.
macro_rules! delegate {
    ($layers:expr, $stream:ident => $call:expr) => {
        match $layers.get_mut() {
            Layers::Tcp(tcp) => {
                let $stream = Pin::new(tcp);
                $call
            }
            Layers::Tls(tls) => {
                let $stream = Pin::new(tls);
                $call
            }
        }
    };
}

impl AsyncRead for Layers {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        delegate!(self, stream => stream.poll_read(cx, buffer))
    }
}

impl AsyncWrite for Layers {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        delegate!(self, stream => stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        delegate!(self, stream => stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(tcp) => tcp.is_write_vectored(),
            Self::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => stream.poll_shutdown(cx))
    }
}

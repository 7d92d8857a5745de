//! The byte stream that the handshake and the connection read and write: TCP, or TLS over it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use crate::{ConnectError, net::tcp::Tcp};

/// Why there is no connection although there was a byte stream.
#[derive(Debug)]
pub(crate) enum HandshakeFailure {
    /// The stream ended before the server's answer: with a proxy, either end of the tunnel may have ended it.
    Lost(ConnectError),
    /// The server's answer, or its certificate, can't be accepted.
    Unfit(ConnectError),
}

impl From<ConnectError> for HandshakeFailure {
    fn from(error: ConnectError) -> Self {
        Self::Unfit(error)
    }
}

/// The byte stream of a connection, which counts what is written and read.
///
/// A write never fails: after the first error, bytes are dropped. Reading continues to what the peer sent before it left,
/// also where pings have to be answered in between, and ends with the error.
#[derive(Debug)]
pub(crate) struct ByteStream<S = Layers> {
    inner: S,
    written: u64,
    read: u64,
    /// Why bytes are forgotten, once they are.
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

    /// Whether bytes are forgotten instead of written.
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

impl ByteStream {
    /// Bytes that the system has taken so far, those of TLS among them: more than that has not left this process.
    pub(crate) fn taken_by_system(&self) -> u64 {
        self.inner.tcp().written()
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
        // The system tells the cause of a lost line once: to the write, if that was first. The read then finds an end,
        // which over TLS is an error of its own.
        let has_ended = match &polled {
            Poll::Ready(Ok(())) => read == 0 && buffer.remaining() > 0,
            Poll::Ready(Err(error)) => error.kind() == io::ErrorKind::UnexpectedEof,
            Poll::Pending => false,
        };
        if has_ended
            && let Some(error) = &self.write_error
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            return Poll::Ready(Err(same(error)));
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

/// Errors can't be cloned; those of the system are their number.
fn same(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// TCP, plain or with TLS over it.
#[derive(Debug)]
pub(crate) enum Layers {
    Plain(Tcp),
    Tls(Box<TlsStream<Tcp>>),
}

impl Layers {
    /// What lies below TLS, if there is any.
    pub(crate) fn tcp(&self) -> &Tcp {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }
}

/// The same call for both.
macro_rules! delegate {
    ($layers:expr, $stream:ident => $call:expr) => {
        match $layers.get_mut() {
            Layers::Plain(tcp) => {
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

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => stream.poll_shutdown(cx))
    }
}

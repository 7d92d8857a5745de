use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connect::transport::Transport;

/// The byte stream under the frames, which counts what is written and read, so that a stalled upload can be told from a
/// slow one.
///
/// A write never fails: once the line takes nothing more, bytes are forgotten. Reading goes on to what the peer said
/// before it left, also where pings have to be answered in between, and ends with the line's error.
#[derive(Debug)]
pub(crate) struct ByteStream<S = Transport> {
    inner: S,
    written: u64,
    read: u64,
    write_failed: bool,
}

impl<S> ByteStream<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            written: 0,
            read: 0,
            write_failed: false,
        }
    }

    /// Whether bytes are forgotten instead of written.
    pub(crate) fn write_failed(&self) -> bool {
        self.write_failed
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

impl<S: AsyncRead + Unpin> AsyncRead for ByteStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        self.read += (buffer.filled().len() - before) as u64;
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ByteStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.write_failed {
            match ready!(Pin::new(&mut self.inner).poll_write(cx, bytes)) {
                Ok(written) => {
                    self.written += written as u64;
                    return Poll::Ready(Ok(written));
                }
                Err(_) => self.write_failed = true,
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.write_failed && ready!(Pin::new(&mut self.inner).poll_flush(cx)).is_err() {
            self.write_failed = true;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

//! A TCP connection in memory that is read and written in pieces.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::pieces::Pieces;

/// A stream in memory.
#[derive(Debug)]
pub struct MemoryStream<'a> {
    to_read: &'a [u8],
    /// Whether `to_read` is repeated. Otherwise reading ends after it.
    is_endless: bool,
    read: usize,
    written: Vec<u8>,
    pieces: Pieces,
    piece: usize,
}

/// The maximum that may be read from an endless stream, in bytes.
const MAX_READ: usize = 1024 * 1024;

impl<'a> MemoryStream<'a> {
    /// A stream from which `to_read` is read.
    pub fn new(to_read: &'a [u8], mut pieces: Pieces) -> Self {
        Self {
            to_read,
            is_endless: false,
            read: 0,
            written: Vec::new(),
            piece: pieces.next(),
            pieces,
        }
    }

    /// A stream that repeats `to_read`. It panics if it is read without end.
    pub fn endless(to_read: &'a [u8], pieces: Pieces) -> Self {
        Self {
            is_endless: true,
            ..Self::new(to_read, pieces)
        }
    }

    /// The bytes that were not read.
    pub fn unread(&self) -> &'a [u8] {
        &self.to_read[self.read..]
    }

    /// The bytes that were written.
    pub fn into_written(self) -> Vec<u8> {
        self.written
    }

    /// The number of bytes, of `wanted`, that can be transferred now.
    fn poll_piece(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<usize> {
        if self.piece == 0 {
            self.piece = self.pieces.next();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let size = self.piece.min(wanted);
        self.piece -= size;
        Poll::Ready(size)
    }
}

impl AsyncRead for MemoryStream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.to_read.len();
        let start = if self.is_endless && length > 0 {
            assert!(self.read < MAX_READ, "the stream is read without end");
            self.read % length
        } else {
            self.read
        };
        let rest = &self.to_read[start..];
        let size = ready!(self.poll_piece(cx, rest.len().min(buffer.remaining())));
        buffer.put_slice(&rest[..size]);
        self.read += size;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for MemoryStream<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let size = ready!(self.poll_piece(cx, bytes.len()));
        self.written.extend_from_slice(&bytes[..size]);
        Poll::Ready(Ok(size))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

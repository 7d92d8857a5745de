//! A TCP connection in memory, whose bytes come and go in pieces.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::pieces::Pieces;

/// The line.
#[derive(Debug)]
pub struct Line<'a> {
    to_read: &'a [u8],
    /// Read again and again; else the end is the end.
    is_endless: bool,
    read: usize,
    written: Vec<u8>,
    pieces: Pieces,
    piece: usize,
}

/// More than this is not read from a peer that goes on for ever.
const TOO_MUCH: usize = 1024 * 1024;

impl<'a> Line<'a> {
    /// Brings `to_read`.
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

    /// Brings `to_read` again and again, and panics when somebody seems to read it for ever.
    pub fn endless(to_read: &'a [u8], pieces: Pieces) -> Self {
        Self {
            is_endless: true,
            ..Self::new(to_read, pieces)
        }
    }

    /// What was not read.
    pub fn unread(&self) -> &'a [u8] {
        &self.to_read[self.read..]
    }

    /// What was written.
    pub fn into_written(self) -> Vec<u8> {
        self.written
    }

    /// How much of `wanted` can go through now.
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

impl AsyncRead for Line<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.to_read.len();
        let start = if self.is_endless && length > 0 {
            assert!(self.read < TOO_MUCH, "the peer is read for ever");
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

impl AsyncWrite for Line<'_> {
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

//! The network of a model: what the peer sends, what arrives there, and when the operating system takes no more.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{net::stream::Transport, sync::Mutex};

/// A byte stream and its other end.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    incoming: VecDeque<u8>,
    has_ended: bool,
    reader: Option<Waker>,
    outgoing: Vec<u8>,
    is_full: bool,
    is_broken: bool,
    writer: Option<Waker>,
}

impl Line {
    /// Bytes of the peer arrive.
    pub(super) fn receive(&self, bytes: &[u8]) {
        let mut state = self.0.lock();
        state.incoming.extend(bytes);
        let waker = state.reader.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    /// The peer ends the connection, without a Close frame.
    pub(super) fn end(&self) {
        self.0.lock().has_ended = true;
        self.receive(&[]);
    }

    /// From now on a write fails.
    pub(super) fn break_writes(&self) {
        self.0.lock().is_broken = true;
    }

    /// From now on a write blocks.
    pub(super) fn fill(&self) {
        self.0.lock().is_full = true;
    }

    /// From now on a write does not block.
    pub(super) fn make_room(&self) {
        let mut state = self.0.lock();
        state.is_full = false;
        let waker = state.writer.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    /// The frames that have arrived at the peer: opcode and payload.
    pub(super) fn frames(&self) -> Vec<(u8, Vec<u8>)> {
        let state = self.0.lock();
        let mut rest = &state.outgoing[..];
        let mut frames = Vec::new();
        while let [first, second, key @ ..] = rest {
            let (key, payload) = key.split_at(4);
            let (payload, next) = payload.split_at((second & 0x7f).into());
            let payload = payload.iter().zip(key.iter().cycle());
            frames.push((
                first & 0x0f,
                payload.map(|(byte, key)| byte ^ key).collect(),
            ));
            rest = next;
        }
        frames
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.0.lock();
        if state.incoming.is_empty() && !state.has_ended {
            state.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let bytes: Vec<_> = state.incoming.drain(..).collect();
        buffer.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.lock();
        if state.is_broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if state.is_full {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.outgoing.extend(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Transport for Line {
    fn taken_by_system(&self) -> u64 {
        self.0.lock().outgoing.len() as u64
    }
}

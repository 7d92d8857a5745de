//! Reads the start of an HTTP response's body, for the error of a refused upgrade. The handshake calls it.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The maximum part of a body that is kept, in bytes.
const MAX_SIZE: usize = 4 * 1024;
/// How long reading may take. The body is only for people, so the error must not wait longer.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Where the body of an HTTP response ends (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug)]
pub(crate) enum BodyEnd {
    /// After this many bytes.
    Length(usize),
    /// At the last chunk.
    LastChunk,
    /// At the end of the connection.
    Eof,
}

/// Reads the start of a body within `limit` and at most a second. `received` came with the header. An incomplete body
/// is not an error.
pub(crate) async fn read_start(
    mut received: Vec<u8>,
    end: BodyEnd,
    stream: &mut (impl AsyncRead + Unpin),
    limit: Duration,
) -> Vec<u8> {
    let read = async {
        while !is_enough(&received, end)
            && matches!(stream.read_buf(&mut received).await, Ok(read) if read > 0)
        {}
    };
    // On a timeout the body is shorter, which is not an error.
    let _ = tokio::time::timeout(limit.min(TIMEOUT), read).await;
    let mut body = match end {
        BodyEnd::LastChunk => join_chunks(&received).0,
        BodyEnd::Length(_) | BodyEnd::Eof => received,
    };
    body.truncate(match end {
        BodyEnd::Length(length) => length.min(MAX_SIZE),
        BodyEnd::LastChunk | BodyEnd::Eof => MAX_SIZE,
    });
    body
}

fn is_enough(received: &[u8], end: BodyEnd) -> bool {
    match end {
        BodyEnd::Length(length) => received.len() >= length.min(MAX_SIZE),
        // Many small chunks take more bytes than their contents, so at most twice the maximum is read.
        BodyEnd::LastChunk => received.len() >= 2 * MAX_SIZE || join_chunks(received).1,
        BodyEnd::Eof => received.len() >= MAX_SIZE,
    }
}

/// Joins the contents of the chunks received so far (RFC 9112 section 7.1). Returns whether the last chunk was
/// received.
fn join_chunks(mut received: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(received) {
        if size == 0 {
            return (body, true);
        }
        let chunk = &received[start..];
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        body.extend_from_slice(&chunk[..size.min(chunk.len())]);
        // A line break follows each chunk.
        match size.checked_add(2).and_then(|next| chunk.get(next..)) {
            Some(rest) => received = rest,
            None => return (body, false),
        }
    }
    (body, false)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    async fn read(received: &[u8], end: BodyEnd, mut rest: &[u8]) -> String {
        String::from_utf8_lossy(&read_start(received.to_vec(), end, &mut rest, Duration::MAX).await)
            .into_owned()
    }

    #[tokio::test]
    async fn a_body_ends_at_its_length() {
        assert_eq!(
            read(b"Forb", BodyEnd::Length(9), b"idden, and more").await,
            "Forbidden"
        );
    }

    #[tokio::test]
    async fn chunks_are_joined_wherever_they_are_split() {
        let wire = b"5\r\nForbi\r\n4;ext=1\r\ndden\r\n0\r\n\r\n";
        for split in 0..wire.len() {
            let (received, rest) = wire.split_at(split);
            assert_eq!(
                read(received, BodyEnd::LastChunk, rest).await,
                "Forbidden",
                "split at {split}"
            );
        }
    }

    #[tokio::test]
    async fn an_incomplete_body_is_kept() {
        assert_eq!(read(b"a\r\nFor", BodyEnd::LastChunk, b"").await, "For");
        assert_eq!(read(b"For", BodyEnd::Length(9), b"").await, "For");
    }

    #[tokio::test]
    async fn invalid_chunk_sizes_are_ignored() {
        assert_eq!(
            read(b"ffffffffffffffff\r\nx", BodyEnd::LastChunk, b"").await,
            "x"
        );
        assert_eq!(read(b"no size\r\nx", BodyEnd::LastChunk, b"").await, "");
    }

    #[tokio::test]
    async fn at_most_the_limit_is_kept() {
        let endless = vec![b'x'; 100 * MAX_SIZE];
        assert_eq!(read(b"", BodyEnd::Eof, &endless).await.len(), MAX_SIZE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stalls_does_not_delay_the_error() {
        let (mut stream, _stalled) = tokio::io::duplex(64);
        let shorter = Duration::from_millis(300);
        for (limit, expected) in [(Duration::MAX, TIMEOUT), (shorter, shorter)] {
            let start = tokio::time::Instant::now();
            let body = read_start(b"For".to_vec(), BodyEnd::Eof, &mut stream, limit).await;
            assert_eq!((&body[..], start.elapsed()), (&b"For"[..], expected));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_time_left_the_received_bytes_are_returned() {
        let (mut stream, mut server) = tokio::io::duplex(64);
        server.write_all(b"bidden").await.expect("a reader");
        let body = read_start(b"For".to_vec(), BodyEnd::Eof, &mut stream, Duration::ZERO).await;
        assert_eq!(body, b"Forbidden");
    }
}

//! The benchmark's server, as a client observes it.

use anyhow::{Context, Result};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use futures::{SinkExt, StreamExt};
use test_server::EchoServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, client_async};

type Socket = WebSocketStream<TcpStream>;

const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Connects to `path` with an offer of compression. Returns the accepted extensions.
async fn connect(server: &EchoServer, path: &str) -> Result<(Socket, Option<String>)> {
    let stream = TcpStream::connect(server.addr).await?;
    let mut request = format!("{}{path}", server.url()).into_client_request()?;
    let offer = "permessage-deflate; client_max_window_bits".parse()?;
    request
        .headers_mut()
        .insert("Sec-WebSocket-Extensions", offer);
    let (socket, response) = client_async(request, stream).await?;
    let accepted = response.headers().get("Sec-WebSocket-Extensions");
    let accepted = accepted.map(|value| value.to_str().map(str::to_owned));
    Ok((socket, accepted.transpose()?))
}

async fn next(socket: &mut Socket) -> Result<Message> {
    Ok(socket.next().await.context("the connection ended")??)
}

/// A client's frame with the mask 0, which does not change the payload.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | 126];
    frame.extend((payload.len() as u16).to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// The first byte and the payload of a server's frame of less than 64 KiB.
async fn read_frame(stream: &mut TcpStream) -> Result<(u8, Vec<u8>)> {
    let first = stream.read_u8().await?;
    let size = match stream.read_u8().await? {
        126 => usize::from(stream.read_u16().await?),
        size => usize::from(size),
    };
    let mut payload = vec![0; size];
    stream.read_exact(&mut payload).await?;
    Ok((first, payload))
}

#[tokio::test]
async fn messages_in_pieces_are_echoed() -> Result<()> {
    let server = EchoServer::start_bare(0, None).await?;
    let (mut socket, _) = connect(&server, "/").await?;
    let messages = [
        Message::text("hello"),
        Message::binary(vec![7; 300_000]),
        Message::text(""),
        Message::text("/unknown"),
    ];
    for message in &messages {
        socket.feed(message.clone()).await?;
    }
    socket.flush().await?;
    for message in messages {
        assert_eq!(next(&mut socket).await?, message);
    }

    let mut stream = socket.into_inner();
    let mut bytes = frame(0x01, b"hel");
    bytes.extend(frame(0x89, b"ping"));
    bytes.extend(frame(0x80, b"lo"));
    for byte in bytes {
        stream.write_all(&[byte]).await?;
    }
    assert_eq!(read_frame(&mut stream).await?, (0x8a, b"ping".to_vec()));
    assert_eq!(read_frame(&mut stream).await?, (0x81, b"hello".to_vec()));
    Ok(())
}

#[tokio::test]
async fn a_flood_has_the_requested_count_size_and_type() -> Result<()> {
    let server = EchoServer::start_bare(0, None).await?;
    let (mut socket, _) = connect(&server, "/").await?;
    for (command, count, payload) in [
        ("/flood 20000 32", 20_000, Message::text("x".repeat(32))),
        (
            "/flood 3 300000 binary",
            3,
            Message::binary(vec![0; 300_000]),
        ),
        ("/flood 0 1", 0, Message::text("x")),
    ] {
        socket.send(Message::text(command)).await?;
        socket.send(Message::text("the end")).await?;
        let mut received = 0;
        loop {
            let message = next(&mut socket).await?;
            if message == Message::text("the end") {
                break;
            }
            assert_eq!(message, payload);
            received += 1;
        }
        assert_eq!(received, count);
    }
    Ok(())
}

#[tokio::test]
async fn dropped_bytes_are_counted() -> Result<()> {
    let server = EchoServer::start_bare(0, None).await?;
    let (mut socket, _) = connect(&server, "/").await?;
    socket.feed(Message::text("/sink 3")).await?;
    socket.feed(Message::binary(vec![1; 1_000_000])).await?;
    socket.feed(Message::text("/drop")).await?;
    socket.feed(Message::Ping("between".into())).await?;
    socket.feed(Message::text("")).await?;
    socket.send(Message::text("/swallowed")).await?;
    assert_eq!(next(&mut socket).await?, Message::Pong("between".into()));
    assert_eq!(next(&mut socket).await?, Message::text("done"));
    assert_eq!(next(&mut socket).await?, Message::text("1000005"));
    Ok(())
}

#[tokio::test]
async fn a_pong_during_an_upload_is_timed() -> Result<()> {
    let server = EchoServer::start_bare(0, None).await?;
    let (mut socket, _) = connect(&server, "/").await?;
    for size in [0, 400_000, 2_000_000] {
        socket.feed(Message::text("/upload")).await?;
        socket.send(Message::binary(vec![1; size])).await?;
        // Reading answers the ping.
        assert_eq!(next(&mut socket).await?, Message::Ping("upload".into()));
        let answer = next(&mut socket).await?;
        answer.to_text()?.parse::<u64>()?;
    }
    socket.send(Message::text("as before")).await?;
    assert_eq!(next(&mut socket).await?, Message::text("as before"));
    Ok(())
}

#[tokio::test]
async fn a_close_frame_is_answered() -> Result<()> {
    let server = EchoServer::start_bare(0, None).await?;
    let (mut socket, _) = connect(&server, "/").await?;
    let frame = CloseFrame {
        code: 4001.into(),
        reason: "enough".into(),
    };
    socket.close(Some(frame.clone())).await?;
    assert_eq!(next(&mut socket).await?, Message::Close(Some(frame)));
    Ok(())
}

#[tokio::test]
async fn all_connections_are_dropped_and_new_ones_accepted() -> Result<()> {
    let server = EchoServer::start_bare(0, None).await?;
    let (mut first, _) = connect(&server, "/").await?;
    let (mut second, _) = connect(&server, "/").await?;
    first.send(Message::text("/drop_all")).await?;
    for socket in [&mut first, &mut second] {
        let end = socket.next().await;
        assert!(matches!(end, None | Some(Err(_))), "{end:?}");
    }
    let (mut third, _) = connect(&server, "/").await?;
    third.send(Message::text("hello")).await?;
    assert_eq!(next(&mut third).await?, Message::text("hello"));
    Ok(())
}

#[tokio::test]
async fn compression_is_accepted_under_its_path_only() -> Result<()> {
    let server = EchoServer::start_bare(0, None).await?;
    let (mut socket, accepted) = connect(&server, "/").await?;
    assert_eq!(accepted, None);
    socket.send(Message::text("/extensions")).await?;
    assert_eq!(next(&mut socket).await?, Message::text("none"));

    let (mut socket, accepted) = connect(&server, "/deflate").await?;
    assert_eq!(accepted.as_deref(), Some("permessage-deflate"));
    socket.send(Message::text("/extensions")).await?;
    assert_eq!(
        next(&mut socket).await?,
        Message::text("permessage-deflate")
    );
    Ok(())
}

#[tokio::test]
async fn compressed_floods_are_inflated_with_context_takeover() -> Result<()> {
    let server = EchoServer::start_bare(0, None).await?;
    let (mut socket, _) = connect(&server, "/deflate").await?;
    socket.send(Message::text("/flood 200 4096 json")).await?;
    let mut stream = socket.into_inner();
    let mut window = Decompress::new(false);
    let mut on_the_wire = 0;
    for _ in 0..200 {
        let (first, mut payload) = read_frame(&mut stream).await?;
        assert_eq!(first, 0xc1);
        on_the_wire += payload.len();
        payload.extend(TAIL);
        let mut text = Vec::with_capacity(8192);
        window.decompress_vec(&payload, &mut text, FlushDecompress::Sync)?;
        assert_eq!(text.len(), 4096);
        assert!(text.starts_with(br#"[{"id":"#));
    }
    assert!(on_the_wire < 200 * 4096 / 2, "{on_the_wire}");
    Ok(())
}

#[tokio::test]
async fn compressed_messages_are_inflated_with_context_takeover() -> Result<()> {
    let server = EchoServer::start_bare(0, None).await?;
    let (socket, _) = connect(&server, "/deflate").await?;
    let mut stream = socket.into_inner();
    let mut compress = Compress::new(Compression::default(), false);
    let mut send = |text: &str| -> Result<Vec<u8>> {
        let mut payload = Vec::with_capacity(8192);
        compress.compress_vec(text.as_bytes(), &mut payload, FlushCompress::Sync)?;
        payload.truncate(payload.len() - TAIL.len());
        Ok(frame(0xc1, &payload))
    };
    let text = "to be compressed, and once more to be compressed";
    for text in ["/sink 2", text, text, text] {
        stream.write_all(&send(text)?).await?;
    }
    assert_eq!(read_frame(&mut stream).await?, (0x81, b"done".to_vec()));
    assert_eq!(
        read_frame(&mut stream).await?,
        (0x81, text.as_bytes().to_vec())
    );
    Ok(())
}

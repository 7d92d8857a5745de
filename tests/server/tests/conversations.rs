//! The echo server, as a client observes it.

use anyhow::{Context, Result, bail};
use futures::{SinkExt, StreamExt};
use test_server::EchoServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

type Socket = WebSocketStream<TcpStream>;

async fn connect(server: &EchoServer) -> Result<Socket> {
    let stream = TcpStream::connect(server.addr).await?;
    Ok(client_async(server.url(), stream).await?.0)
}

async fn next(socket: &mut Socket) -> Result<Message> {
    Ok(socket.next().await.context("the connection ended")??)
}

#[tokio::test]
async fn text_and_binary_are_echoed_in_order() -> Result<()> {
    let server = EchoServer::start().await?;
    let mut socket = connect(&server).await?;
    let messages = [
        Message::text("hello"),
        Message::text("/unknown"),
        Message::binary(vec![7; 300_000]),
        Message::text(""),
    ];
    for message in &messages {
        socket.feed(message.clone()).await?;
    }
    socket.flush().await?;
    for message in messages {
        assert_eq!(next(&mut socket).await?, message);
    }
    Ok(())
}

#[tokio::test]
async fn the_first_subprotocol_on_offer_is_selected() -> Result<()> {
    let server = EchoServer::start().await?;
    let mut request = server.url().into_client_request()?;
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", "chat, superchat".parse()?);
    let stream = TcpStream::connect(server.addr).await?;
    let (_socket, response) = client_async(request, stream).await?;
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "chat");
    Ok(())
}

#[tokio::test]
async fn one_path_is_refused() -> Result<()> {
    let server = EchoServer::start().await?;
    let stream = TcpStream::connect(server.addr).await?;
    let refused = client_async(format!("{}/refuse", server.url()), stream).await;
    match refused {
        Err(Error::Http(response)) => assert_eq!(response.status(), 403),
        other => bail!("{other:?}"),
    }
    Ok(())
}

#[tokio::test]
async fn text_is_sent_in_fragments_of_the_requested_size() -> Result<()> {
    let server = EchoServer::start().await?;
    let mut stream = TcpStream::connect(server.addr).await?;
    client_async(server.url(), &mut stream).await?;
    // A masked Text frame, whose mask is zero.
    let command = b"/fragments 2 \xc3\xa9tude";
    stream.write_all(&[0x81, 0x80 | 19, 0, 0, 0, 0]).await?;
    stream.write_all(command).await?;
    let mut frames = [0; 12];
    stream.read_exact(&mut frames).await?;
    assert_eq!(&frames, b"\x01\x02\xc3\xa9\x00\x02tu\x80\x02de");
    Ok(())
}

#[tokio::test]
async fn a_flood_has_the_requested_count_size_and_type() -> Result<()> {
    let server = EchoServer::start().await?;
    let mut socket = connect(&server).await?;
    for (command, payload) in [
        ("/flood 1000 32", Message::text("x".repeat(32))),
        ("/flood 3 70000 binary", Message::binary(vec![0; 70_000])),
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
        assert_eq!(
            received.to_string(),
            command.split(' ').nth(1).context("count")?
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_sink_drops_messages_and_then_sends_done() -> Result<()> {
    let server = EchoServer::start().await?;
    let mut socket = connect(&server).await?;
    socket.send(Message::text("/sink 2")).await?;
    socket.send(Message::text("one")).await?;
    socket.send(Message::binary(vec![2])).await?;
    socket.send(Message::text("three")).await?;
    assert_eq!(next(&mut socket).await?, Message::text("done"));
    assert_eq!(next(&mut socket).await?, Message::text("three"));
    Ok(())
}

#[tokio::test]
async fn a_close_from_the_server_carries_code_and_reason() -> Result<()> {
    let server = EchoServer::start().await?;
    let mut socket = connect(&server).await?;
    socket.send(Message::text("/close 4001 enough")).await?;
    let expected = Message::Close(Some(CloseFrame {
        code: 4001.into(),
        reason: "enough".into(),
    }));
    assert_eq!(next(&mut socket).await?, expected);
    assert!(socket.next().await.is_none(), "the handshake completes");
    Ok(())
}

#[tokio::test]
async fn a_drop_ends_the_connection_without_a_close_frame() -> Result<()> {
    let server = EchoServer::start().await?;
    let mut socket = connect(&server).await?;
    socket.send(Message::text("/drop")).await?;
    match socket.next().await {
        Some(Err(Error::Protocol(_) | Error::Io(_))) => Ok(()),
        other => bail!("expected a lost connection, not {other:?}"),
    }
}

#[tokio::test]
async fn a_ping_is_reported_when_its_pong_arrives() -> Result<()> {
    let server = EchoServer::start().await?;
    let mut socket = connect(&server).await?;
    socket.send(Message::text("/ping are you there")).await?;
    assert_eq!(
        next(&mut socket).await?,
        Message::Ping("are you there".into())
    );
    assert_eq!(
        next(&mut socket).await?,
        Message::text("pong are you there")
    );
    Ok(())
}

#[tokio::test]
async fn dropping_the_server_ends_its_connections() -> Result<()> {
    let server = EchoServer::start().await?;
    let mut socket = connect(&server).await?;
    socket.send(Message::text("hello")).await?;
    next(&mut socket).await?;
    drop(server);
    assert!(matches!(socket.next().await, Some(Err(_))));
    Ok(())
}

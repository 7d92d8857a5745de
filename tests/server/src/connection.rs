//! A connection of the test server, on tungstenite. The benchmark's is in [`bare`](crate::bare).

use futures::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use crate::command::Command;
use crate::journal::{Journal, Record};

/// The maximum size of a message, in bytes. Memory is reserved when its length is announced.
const MAX_SIZE: usize = 1 << 30;
const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol";
/// The path that is refused.
const REFUSED_PATH: &str = "/refuse";

/// Serves one client until it closes. Errors end the connection, which the client observes.
pub(crate) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, journal: &Journal) {
    if let Ok(connection) = Connection::accept(stream, journal).await {
        let _gone = connection.run().await;
    }
}

struct Connection<'a, S> {
    socket: WebSocketStream<S>,
    journal: &'a Journal,
    /// The number of messages that are still to be dropped.
    sinking: usize,
    /// The server has sent a Close frame. Messages that arrive now were sent before it.
    closing: bool,
    /// The payloads of requested pings whose pongs have not arrived.
    pings: Vec<String>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Connection<'a, S> {
    async fn accept(stream: S, journal: &'a Journal) -> Result<Self, Error> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_SIZE))
            .max_frame_size(Some(MAX_SIZE));
        let socket = accept_hdr_async_with_config(stream, answer_upgrade, Some(config)).await?;
        Ok(Self {
            socket,
            journal,
            sinking: 0,
            closing: false,
            pings: Vec::new(),
        })
    }

    async fn run(mut self) -> Result<(), Error> {
        loop {
            // Replies are written together when nothing more can be read.
            let next = match self.socket.next().now_or_never() {
                Some(next) => next,
                None => {
                    self.socket.flush().await?;
                    self.socket.next().await
                }
            };
            if let Some(Ok(message)) = &next {
                self.journal.record(Record::Message(message.clone()));
            }
            match next {
                None => return Ok(()),
                Some(Err(error)) => return Err(error),
                Some(Ok(Message::Text(_) | Message::Binary(_))) if self.closing => {}
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                    if self.sinking > 0 {
                        self.swallow().await?;
                        continue;
                    }
                    match Command::parse(message_text(&message)) {
                        // The benchmark's commands are echoed here.
                        None
                        | Some(
                            Command::Feed { .. }
                            | Command::Swallowed
                            | Command::Upload
                            | Command::Extensions
                            | Command::DropAll,
                        ) => self.socket.feed(message).await?,
                        Some(Command::Drop) => return Ok(()),
                        Some(command) => self.obey(command).await?,
                    }
                }
                Some(Ok(Message::Pong(payload))) => {
                    let asked = self.pings.iter().position(|p| p.as_bytes() == payload);
                    if let Some(index) = asked {
                        let payload = self.pings.remove(index);
                        self.socket
                            .feed(Message::text(format!("pong {payload}")))
                            .await?;
                    }
                }
                // tungstenite answers pings and closes itself.
                Some(Ok(Message::Ping(_) | Message::Close(_) | Message::Frame(_))) => {}
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), Error> {
        match command {
            Command::Flood {
                count,
                size,
                payload,
            } => {
                let messages: Result<Vec<_>, Error> = payload
                    .messages(size)
                    .into_iter()
                    .map(|message| match payload.is_binary() {
                        true => Ok(Message::binary(message)),
                        false => Ok(Message::Text(Utf8Bytes::try_from(message)?)),
                    })
                    .collect();
                // `clone` shares the payload. tungstenite writes to TCP whenever it has buffered 128 KiB.
                for message in messages?.iter().cycle().take(count) {
                    self.socket.feed(message.clone()).await?;
                }
                self.socket.flush().await
            }
            Command::Fragments { size, text } => {
                let fragments: Vec<_> = text.as_bytes().chunks(size.get()).collect();
                for (index, fragment) in fragments.iter().enumerate() {
                    let data = if index == 0 {
                        Data::Text
                    } else {
                        Data::Continue
                    };
                    let is_last = index + 1 == fragments.len();
                    let frame = Frame::message(fragment.to_vec(), OpCode::Data(data), is_last);
                    self.socket.feed(Message::Frame(frame)).await?;
                }
                self.socket.flush().await
            }
            Command::Sink { count: 0 } => self.socket.feed(Message::text("done")).await,
            Command::Sink { count } => {
                self.sinking = count;
                Ok(())
            }
            Command::Close(frame) => {
                self.closing = true;
                self.socket.send(Message::Close(frame)).await
            }
            Command::Ping { payload } => {
                let ping = Message::Ping(payload.clone().into());
                self.pings.push(payload);
                self.socket.send(ping).await
            }
            // `run` ends at the first and echoes the others.
            Command::Drop
            | Command::Feed { .. }
            | Command::DropAll
            | Command::Swallowed
            | Command::Upload
            | Command::Extensions => Ok(()),
        }
    }

    async fn swallow(&mut self) -> Result<(), Error> {
        self.sinking -= 1;
        if self.sinking == 0 {
            self.socket.feed(Message::text("done")).await?;
        }
        Ok(())
    }
}

fn message_text(message: &Message) -> &str {
    match message {
        Message::Text(text) => text,
        _ => "",
    }
}

/// Refuses one path, and selects the first offered subprotocol for the others (RFC 6455 section 4.2.2).
#[expect(clippy::result_large_err, reason = "the signature is tungstenite's")]
fn answer_upgrade(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    if request.uri().path() == REFUSED_PATH {
        let mut refusal = ErrorResponse::new(Some("This path is refused.".to_owned()));
        *refusal.status_mut() = StatusCode::FORBIDDEN;
        return Err(refusal);
    }
    let first = request
        .headers()
        .get(SUBPROTOCOL)
        .and_then(|offer| offer.to_str().ok())
        .and_then(|offer| offer.split(',').next())
        .and_then(|name| name.trim().parse().ok());
    if let Some(name) = first {
        response.headers_mut().insert(SUBPROTOCOL, name);
    }
    Ok(response)
}

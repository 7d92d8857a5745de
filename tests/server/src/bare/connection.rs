//! A connection of the benchmark's server: its commands and echoes. The [`server`](crate::server) starts it.

use std::io;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;

use super::deflate::Inflater;
use super::feed::Feed;
use super::flood::Flood;
use super::frame::{self, Header};
use crate::command::Command;

const EXTENSIONS: &str = "Sec-WebSocket-Extensions";
const DEFLATE: &str = "permessage-deflate";
/// The path under which compression is accepted.
const DEFLATE_PATH: &str = "/deflate";

/// The minimum room for a read, in bytes, while the client waits for responses.
const SMALL_READ: usize = 4 * 1024;
const LARGE_READ: usize = 256 * 1024;

/// The number of bytes of an upload after which the server pings. A slow connection's buffers are full by then.
const PING_AFTER: usize = 500_000;

/// Serves one client until it closes. Errors end the connection. `drop_all` ends those of all clients.
pub(crate) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, drop_all: &Notify) {
    let mut compresses = false;
    #[expect(clippy::result_large_err, reason = "the signature is tungstenite's")]
    let negotiate = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let (response, accepted) = accept_compression(request, response);
        compresses = accepted;
        Ok(response)
    };
    // Used for the upgrade only. A client sends nothing before it has the response, so nothing more has been read.
    if let Ok(socket) = accept_hdr_async(stream, negotiate).await {
        let connection = Connection::new(socket.into_inner(), compresses, drop_all);
        let _gone = connection.run().await;
    }
}

/// Accepts permessage-deflate without parameters if the client offers it for the path.
fn accept_compression(request: &Request, mut response: Response) -> (Response, bool) {
    let offers = request.headers().get_all(EXTENSIONS);
    let mut offers = offers.iter().filter_map(|offer| offer.to_str().ok());
    let accepted = request.uri().path() == DEFLATE_PATH && offers.any(|it| it.contains(DEFLATE));
    if accepted {
        let value = HeaderValue::from_static(DEFLATE);
        response.headers_mut().insert(EXTENSIONS, value);
    }
    (response, accepted)
}

struct Connection<'a, S> {
    stream: S,
    drop_all: &'a Notify,
    input: BytesMut,
    output: Vec<u8>,
    /// The header that has been read, whose frame is incomplete.
    header: Option<Header>,
    /// The incomplete message.
    message: Message,
    /// The number of messages that are still to be dropped.
    sinking: usize,
    /// The payload bytes, as on the wire, of the last dropped messages.
    swallowed: usize,
    upload: Option<Upload>,
    inflater: Option<Inflater>,
}

#[derive(Default)]
struct Message {
    opcode: u8,
    is_compressed: bool,
    payload: Vec<u8>,
}

/// A message during which the server pings.
#[derive(Default)]
struct Upload {
    pinged: Option<Instant>,
    /// The round trip of the pong.
    pong: Option<Duration>,
    is_over: bool,
}

/// Whether the connection continues.
enum Next {
    Frame,
    Input,
    Close,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Connection<'a, S> {
    fn new(stream: S, compresses: bool, drop_all: &'a Notify) -> Self {
        Self {
            stream,
            drop_all,
            input: BytesMut::new(),
            output: Vec::new(),
            header: None,
            message: Message::default(),
            sinking: 0,
            swallowed: 0,
            upload: None,
            inflater: compresses.then(Inflater::new),
        }
    }

    async fn run(mut self) -> io::Result<()> {
        loop {
            match self.take_frame().await? {
                Next::Frame => {}
                Next::Input => {
                    // Replies are written together when nothing more can be read.
                    self.write_out().await?;
                    let room = if self.sinking > 0 || self.header.is_some() {
                        LARGE_READ
                    } else {
                        SMALL_READ
                    };
                    self.input.reserve(room);
                    if self.stream.read_buf(&mut self.input).await? == 0 {
                        return Ok(());
                    }
                }
                Next::Close => {
                    self.write_out().await?;
                    return self.stream.shutdown().await;
                }
            }
        }
    }

    async fn write_out(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        self.stream.write_all(&self.output).await?;
        self.stream.flush().await?;
        self.output.clear();
        Ok(())
    }

    async fn take_frame(&mut self) -> io::Result<Next> {
        if self.header.is_none() {
            let Some((header, size)) = Header::parse(&self.input) else {
                return Ok(Next::Input);
            };
            self.input.advance(size);
            self.header = Some(header);
        }
        let Some(header) = &mut self.header else {
            return Ok(Next::Input);
        };
        // Dropped messages need not be assembled, except compressed ones: the following messages refer to them.
        if self.sinking > 0 && !header.is_control() && self.inflater.is_none() {
            let there = header.length.min(self.input.len());
            self.input.advance(there);
            self.swallowed += there;
            header.length -= there;
            let (is_whole, is_last) = (header.length == 0, header.is_last());
            if is_whole {
                self.header = None;
            }
            if is_whole && is_last {
                self.count_swallowed();
            }
            self.look_at_upload();
            return Ok(match is_whole {
                true => Next::Frame,
                false => Next::Input,
            });
        }
        if self.input.len() < header.length {
            self.input.reserve(header.length - self.input.len());
            return Ok(Next::Input);
        }
        let mut payload = self.input.split_to(header.length);
        frame::apply_mask(&mut payload, header.mask);
        match self.header.take() {
            Some(header) if header.is_control() => Ok(self.answer(&header, &payload)),
            Some(header) => {
                self.add_to_message(&header, &payload).await?;
                Ok(Next::Frame)
            }
            None => Ok(Next::Input),
        }
    }

    fn answer(&mut self, header: &Header, payload: &[u8]) -> Next {
        match header.opcode() {
            frame::CLOSE => {
                frame::append(&mut self.output, frame::CLOSE, payload);
                return Next::Close;
            }
            frame::PING => frame::append(&mut self.output, frame::PONG, payload),
            frame::PONG => {
                if let Some(upload) = &mut self.upload {
                    upload.pong = upload.pinged.map(|pinged| pinged.elapsed());
                }
                self.look_at_upload();
            }
            _ => {}
        }
        Next::Frame
    }

    async fn add_to_message(&mut self, header: &Header, payload: &[u8]) -> io::Result<()> {
        if header.opcode() != 0 {
            self.message.opcode = header.opcode();
            self.message.is_compressed = header.is_compressed();
        }
        self.message.payload.extend(payload);
        if !header.is_last() {
            return Ok(());
        }
        let message = std::mem::take(&mut self.message);
        let size = message.payload.len();
        let payload = match &mut self.inflater {
            Some(inflater) if message.is_compressed => inflater.inflate(message.payload)?,
            _ => message.payload,
        };
        if self.sinking > 0 {
            self.swallowed += size;
            self.count_swallowed();
            self.look_at_upload();
            return Ok(());
        }
        match std::str::from_utf8(&payload) {
            Ok(text) if message.opcode == frame::TEXT && text.starts_with('/') => {
                self.obey(text).await
            }
            _ => {
                frame::append(&mut self.output, message.opcode, &payload);
                Ok(())
            }
        }
    }

    async fn obey(&mut self, text: &str) -> io::Result<()> {
        match Command::parse(text) {
            Some(Command::Flood {
                count,
                size,
                payload,
            }) => {
                let flood = Flood::new(payload, size, self.inflater.is_some())?;
                self.write_out().await?;
                return flood.write(&mut self.stream, count).await;
            }
            Some(Command::Feed { rate, count }) => {
                self.write_out().await?;
                return Feed { rate, count }.write(&mut self.stream).await;
            }
            Some(Command::Sink { count }) => {
                self.swallowed = 0;
                self.sinking = count;
                if count == 0 {
                    self.reply("done");
                }
            }
            Some(Command::Upload) => {
                self.swallowed = 0;
                self.sinking = 1;
                self.upload = Some(Upload::default());
            }
            Some(Command::Swallowed) => self.reply(&self.swallowed.to_string()),
            Some(Command::Extensions) => self.reply(match self.inflater {
                Some(_) => DEFLATE,
                None => "none",
            }),
            Some(Command::DropAll) => self.drop_all.notify_one(),
            // The other commands are for the tests.
            _ => self.reply(text),
        }
        Ok(())
    }

    fn count_swallowed(&mut self) {
        self.sinking -= 1;
        if self.sinking > 0 {
            return;
        }
        match &mut self.upload {
            Some(upload) => upload.is_over = true,
            None => self.reply("done"),
        }
    }

    /// Pings when enough has arrived, and replies when the message and the pong are complete.
    fn look_at_upload(&mut self) {
        let Some(upload) = &mut self.upload else {
            return;
        };
        if upload.pinged.is_none() && (upload.is_over || self.swallowed >= PING_AFTER) {
            upload.pinged = Some(Instant::now());
            frame::append(&mut self.output, frame::PING, b"upload");
        }
        if let (true, Some(pong)) = (upload.is_over, upload.pong) {
            self.upload = None;
            self.reply(&pong.as_micros().to_string());
        }
    }

    fn reply(&mut self, text: &str) {
        frame::append(&mut self.output, frame::TEXT, text.as_bytes());
    }
}

//! Frames as bytes (RFC 6455 section 5.2), independent of the tested code.

use tokio::io::{AsyncRead, AsyncReadExt};

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// A frame as the client sent it, unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) is_final: bool,
    /// RSV1.
    pub(crate) is_compressed: bool,
    pub(crate) opcode: u8,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// A complete message in one frame, or a control frame.
    pub(crate) fn new(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            is_final: true,
            is_compressed: false,
            opcode,
            payload: payload.into(),
        }
    }
}

/// The bytes of a server's frame that is a complete message or a control frame.
pub(crate) fn frame(opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    fragment(true, opcode, payload)
}

/// The bytes of a server's frame.
pub(crate) fn fragment(is_final: bool, opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut bytes = vec![u8::from(is_final) << 7 | opcode];
    match payload.len() {
        len @ 0..=125 => bytes.push(len as u8),
        len @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

/// The payload of a Close frame with a code.
pub(crate) fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

/// Reads a frame of a client. Returns `None` if the client has closed TCP, by a FIN or a reset.
pub(crate) async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Option<Frame> {
    let mut head = [0; 2];
    if stream.read(&mut head[..1]).await.ok()? == 0 {
        return None;
    }
    fill(stream, &mut head[1..]).await;
    let [start, length] = head;
    assert_eq!(start & 0x30, 0, "no extension was negotiated for it");
    assert_ne!(length & 0x80, 0, "a client masks its frames");
    let length = match length & 0x7f {
        126 => {
            let mut length = [0; 2];
            fill(stream, &mut length).await;
            u16::from_be_bytes(length).into()
        }
        127 => {
            let mut length = [0; 8];
            fill(stream, &mut length).await;
            u64::from_be_bytes(length)
        }
        length => length.into(),
    };
    let mut mask = [0; 4];
    fill(stream, &mut mask).await;
    let mut payload = vec![0; usize::try_from(length).expect("a frame that fits")];
    fill(stream, &mut payload).await;
    for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
    Some(Frame {
        is_final: start & 0x80 != 0,
        is_compressed: start & 0x40 != 0,
        opcode: start & 0x0f,
        payload,
    })
}

async fn fill(stream: &mut (impl AsyncRead + Unpin), buffer: &mut [u8]) {
    stream
        .read_exact(buffer)
        .await
        .expect("the rest of a frame");
}

/** The opcodes of RFC 6455, section 5.2, by name. */
export const OPCODES = Object.freeze({
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
});

const NAMES = new Map(Object.entries(OPCODES).map(([name, opcode]) => [opcode, name]));
const HEADER_LENGTH = 38;
const NO_PAYLOAD = new Uint8Array(0);

/** The name of an opcode: "text", or "reserved 3" for one that RFC 6455 does not define. */
export function opcodeName(opcode) {
  return NAMES.get(opcode) ?? `reserved ${opcode}`;
}

/** One recorded frame. It is never changed after its creation. */
export class Frame {
  constructor({ time, number, isSent, firstByte, size, messageSize = null, payload = NO_PAYLOAD,
    hasMessagePayload = false }) {
    /** Microseconds since 1970. */
    this.time = time;
    /** Its number in its direction, from 1. */
    this.number = number;
    this.isSent = isSent;
    /** FIN, RSV1 to RSV3 and the opcode, as they are on the wire. */
    this.firstByte = firstByte;
    /** The bytes of the payload on the wire. */
    this.size = size;
    /** The bytes of the whole message before compression, in a message's last frame; else null. */
    this.messageSize = messageSize;
    /** What was recorded of the payload: possibly nothing, possibly only its beginning. */
    this.payload = payload;
    /** Whether `payload` is the whole message's (inflated, fragments joined). */
    this.hasMessagePayload = hasMessagePayload;
  }

  get opcode() {
    return this.firstByte & 0x0f;
  }

  get isFinal() {
    return (this.firstByte & 0x80) !== 0;
  }

  /** RSV1. Only the first frame of a compressed message has it (RFC 7692, section 6). */
  get isCompressed() {
    return (this.firstByte & 0x40) !== 0;
  }

  get isControl() {
    return (this.firstByte & 0x08) !== 0;
  }

  /** The bytes that `payload` would have, had all of it been recorded. */
  get fullPayloadLength() {
    return this.hasMessagePayload && this.messageSize !== null ? this.messageSize : this.size;
  }
}

/** The app's answer is not a list of frames. */
export class InvalidFrames extends Error {
  name = 'InvalidFrames';
}

/** Reads the records of an answer of `ext.rust_web_socket.frames`. Throws InvalidFrames. */
export function unpackFrames(base64) {
  let bytes;
  try {
    bytes = fromBase64(base64);
  } catch {
    throw new InvalidFrames('The frames of the app are not valid base64.');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < HEADER_LENGTH) {
      throw new InvalidFrames(`A frame's record ends within its header, at byte ${bytes.length}.`);
    }
    const flags = bytes[at];
    const payloadLength = view.getUint32(at + 34, true);
    const end = at + HEADER_LENGTH + payloadLength;
    if (end > bytes.length) {
      throw new InvalidFrames(`A frame's record ends within its payload, at byte ${bytes.length}.`);
    }
    frames.push(new Frame({
      isSent: (flags & 1) !== 0,
      hasMessagePayload: (flags & 2) !== 0,
      firstByte: bytes[at + 1],
      time: readNumber(view, at + 2),
      number: readNumber(view, at + 10),
      size: readNumber(view, at + 18),
      messageSize: isNone(view, at + 26) ? null : readNumber(view, at + 26),
      payload: payloadLength === 0 ? NO_PAYLOAD : bytes.subarray(at + HEADER_LENGTH, end),
    }));
    at = end;
  }
  return frames;
}

/** The bytes of a base64 text. Throws if it is none. */
export function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** The base64 text of some bytes. */
export function toBase64(bytes) {
  if (bytes.toBase64) return bytes.toBase64();
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}

// Times, counts and sizes stay below 2^53, so that a number holds them exactly.
function readNumber(view, at) {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}

function isNone(view, at) {
  return view.getUint32(at, true) === 0xffff_ffff && view.getUint32(at + 4, true) === 0xffff_ffff;
}

import { OPCODES } from '../frame.js';

/** How much of a frame's payload there is. */
export const PayloadState = Object.freeze({
  empty: 'empty',
  whole: 'whole',
  cut: 'cut',
  /** This frame is a part of a compressed message, whose payload is with its last frame. */
  withLastFrame: 'withLastFrame',
  notRecorded: 'notRecorded',
});

export function payloadState(frame) {
  if (frame.messageSize === 0 || frame.size === 0) return PayloadState.empty;
  if (frame.payload.length === 0) return PayloadState.notRecorded;
  return frame.payload.length < frame.fullPayloadLength ? PayloadState.cut : PayloadState.whole;
}

/** The kind of content: "text", "binary", "close" or "empty". A continuation's is guessed. */
export function payloadKind(frame) {
  if (frame.payload.length === 0) return 'empty';
  switch (frame.opcode) {
    case OPCODES.text: return 'text';
    case OPCODES.binary: return 'binary';
    case OPCODES.close: return 'close';
    default: return isText(frame.payload) ? 'text' : 'binary';
  }
}

/** A text of some bytes. A character that is cut at the end is left out; other invalid bytes are U+FFFD. */
export function decodeText(bytes) {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}

/** The text that searches and filters look into. */
export function searchText(frame) {
  return frame.opcode === OPCODES.close ? closeText(frame.payload) : decodeText(frame.payload);
}

/** "1000 reason" */
export function closeText(payload) {
  if (payload.length < 2) return '';
  const code = payload[0] * 256 + payload[1];
  const reason = decodeText(payload.subarray(2));
  return reason === '' ? String(code) : `${code} ${reason}`;
}

/** One line that shows what is in a frame: its beginning, or what is around `needle` (in lower case). */
export function previewOf(frame, needle = '') {
  switch (payloadKind(frame)) {
    case 'empty': return '';
    case 'close': return closeText(frame.payload);
    case 'text': return previewText(frame.payload, needle);
    default: return toHex(frame.payload.subarray(0, 48), ' ');
  }
}

const PREVIEW_LENGTH = 240;
// Previews are made for each visible row, again and again: they do not look through all of a payload.
const PREVIEW_SEARCH_LENGTH = 16_384;

function toLine(text) {
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, PREVIEW_LENGTH);
}

function previewText(payload, needle) {
  const length = needle === '' ? PREVIEW_LENGTH * 4 : PREVIEW_SEARCH_LENGTH;
  const text = decodeText(payload.subarray(0, length));
  const at = needle === '' ? -1 : text.toLowerCase().indexOf(needle);
  return at < 40 ? toLine(text) : `…${toLine(text.slice(at - 20))}`;
}

/** "0a ff" */
export function toHex(bytes, separator = '') {
  let hex = '';
  for (let i = 0; i < bytes.length; i++) {
    if (i > 0) hex += separator;
    hex += HEX[bytes[i]];
  }
  return hex;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Whether bytes (perhaps cut at their end) are UTF-8 without control characters other than white space. */
export function isText(bytes) {
  const start = bytes.subarray(0, 1024);
  if (start.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true });
    return true;
  } catch {
    return false;
  }
}

import {
  CaptureBuilder,
  InvalidCapture,
  MAX_FILE_LENGTH,
  base64Payload,
  captureTooLong,
  connection,
  connectionFields,
  frame,
  payloadText,
  reconnecting,
  reconnectingFields,
  text,
  textPayload,
  toBase64,
} from './capture.js';
import { OPCODES } from './frame.js';

const VERSION = 1;

/**
 * A capture as JSON Lines: a line with the format's version, the connections, what reconnects, then the
 * frames of all connections in the order of their times.
 *
 * A payload is `text` if it is one, else `binary` in base64. Throws InvalidCapture if the file would be
 * too long to be opened again.
 */
export function toJsonLines({ connections, reconnecting: reconnectings, frames }) {
  const lines = [];
  let length = 0;
  const add = (value) => {
    const line = `${JSON.stringify(value)}\n`;
    length += line.length;
    if (length > MAX_FILE_LENGTH) throw captureTooLong();
    lines.push(line);
  };
  add({ type: 'Capture', version: VERSION });
  for (const it of connections) add({ type: 'Connection', ...connectionFields(it) });
  for (const it of reconnectings) add({ type: 'Reconnecting', ...reconnectingFields(it) });
  for (const { key, frame: it } of inOrder(connections, frames)) add(toLine(key, it));
  return lines.join('');
}

/** The capture of such a file. Throws InvalidCapture. */
export function fromJsonLines(file) {
  if (file.length > MAX_FILE_LENGTH) throw new InvalidCapture('The file is too long.');
  const builder = new CaptureBuilder();
  let isFirst = true;
  for (const { line, number } of lines(file)) {
    if (line.trim() === '') continue;
    const at = `Line ${number}:`;
    const value = parse(line, at);
    if (isFirst) {
      checkHeader(value, at);
      isFirst = false;
      continue;
    }
    switch (value.type) {
      case 'Connection':
        builder.addConnection(connection(value, `${at} connection`), `${at} connection`);
        break;
      case 'Reconnecting':
        builder.addReconnecting(reconnecting(value, `${at} reconnecting`), `${at} reconnecting`);
        break;
      case 'Frame': {
        const key = text(value.connection, `${at} frame.connection`);
        builder.addFrame(key, frame(value, toPayload(value, at), `${at} frame`), `${at} frame`);
        break;
      }
      default:
        throw new InvalidCapture(`${at} type must be Connection, Reconnecting or Frame.`);
    }
  }
  if (isFirst) throw new InvalidCapture('The file is empty.');
  return builder.build();
}

function* lines(file) {
  for (let start = 0, number = 1; start < file.length; number++) {
    const end = file.indexOf('\n', start);
    yield { line: file.slice(start, end < 0 ? undefined : end), number };
    if (end < 0) return;
    start = end + 1;
  }
}

function parse(line, at) {
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    throw new InvalidCapture(`${at} not valid JSON.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidCapture(`${at} not a JSON object.`);
  }
  return value;
}

function checkHeader({ type, version }, at) {
  if (type !== 'Capture') {
    throw new InvalidCapture(
      `${at} {"type": "Capture"} is missing. The file is not an export of the inspector.`,
    );
  }
  if (version !== VERSION) {
    throw new InvalidCapture(`${at} version must be ${VERSION}. The file may come from a later inspector.`);
  }
}

/** The frames of all connections by time. Those of one connection keep their order, even if the clock was set. */
function inOrder(connections, frames) {
  const all = [];
  for (const { key } of connections) {
    let time = 0;
    for (const it of frames.get(key) ?? []) {
      time = Math.max(time, it.time);
      all.push({ key, time, frame: it });
    }
  }
  return all.sort((a, b) => a.time - b.time);
}

/** The fields `opcode`, `isFinal` and `isCompressed` are for readers: they are in `firstByte`. */
function toLine(key, it) {
  return {
    type: 'Frame',
    connection: key,
    time: it.time,
    number: it.number,
    isSent: it.isSent,
    opcode: it.opcode,
    isFinal: it.isFinal,
    isCompressed: it.isCompressed,
    firstByte: it.firstByte,
    size: it.size,
    messageSize: it.messageSize,
    hasMessagePayload: it.hasMessagePayload,
    ...fromPayload(it),
  };
}

function fromPayload({ opcode, payload }) {
  if (payload.length === 0) return {};
  const value = opcode === OPCODES.text || opcode === OPCODES.continuation ? payloadText(payload) : null;
  return value === null ? { binary: toBase64(payload) } : { text: value };
}

function toPayload(value, at) {
  return value.text !== undefined
    ? textPayload(value.text, `${at} frame.text`)
    : base64Payload(value.binary ?? '', `${at} frame.binary`);
}

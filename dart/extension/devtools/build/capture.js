// A capture is what a file holds: {connections, reconnecting, frames}, where `frames` is a Map from a
// connection's `key` to its frames. The connections have the fields of the service extension
// `connections`, and `key` ("isolate/id"), `isolate` (its name) and `reconnectingKey`. A file is
// untrusted: each value is checked, and only known fields are copied.

import { Frame, OPCODES, fromBase64, toBase64 } from './frame.js';

/** The longest file that is opened or written, in UTF-16 code units. */
export const MAX_FILE_LENGTH = 256 * 1024 * 1024;
export const MAX_CONNECTIONS = 10_000;
export const MAX_FRAMES = 1_000_000;

const MAX_ELEMENTS = 10_000;
const MAX_TEXT_LENGTH = 1024 * 1024;
const NO_PAYLOAD = new Uint8Array(0);

/** A file is not a capture, or exceeds a limit. The message says what is wrong, and where. */
export class InvalidCapture extends Error {
  name = 'InvalidCapture';
}

/** The error for a capture whose file could not be opened again. */
export function captureTooLong() {
  return new InvalidCapture('The capture is too long for one file. Clear frames, or remove lost connections.');
}

// A reader takes a value and where it is, returns its checked copy, or throws InvalidCapture.

function fail(at, problem) {
  throw new InvalidCapture(`${at} ${problem}.`);
}

function shown(value) {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const json = JSON.stringify(value);
  return json.length > 40 ? `${json.slice(0, 40)}…` : json;
}

/** Anything, unchecked: its reader is elsewhere. */
export const any = (value) => value;

/** A string of at most 1 MiB. */
export function text(value, at) {
  if (typeof value !== 'string') fail(at, `is ${shown(value)}; it must be a string`);
  if (value.length > MAX_TEXT_LENGTH)
    fail(at, `has ${value.length} characters; the limit is ${MAX_TEXT_LENGTH}`);
  return value;
}

/** An integer from 0 to 2^53 - 1. */
export function count(value, at) {
  if (!Number.isSafeInteger(value) || value < 0) {
    fail(at, `is ${shown(value)}; it must be a non-negative integer`);
  }
  return value;
}

export function flag(value, at) {
  if (typeof value !== 'boolean') fail(at, `is ${shown(value)}; it must be true or false`);
  return value;
}

export function oneOf(...values) {
  return (value, at) =>
    values.includes(value) ? value : fail(at, `is ${shown(value)}; it must be one of ${values.join(', ')}`);
}

/** What `read` reads, or null. A field that is missing is null, too. */
export function nullable(read) {
  return (value, at) => (value === null || value === undefined ? null : read(value, at));
}

export function list(read, limit = MAX_ELEMENTS) {
  return (value, at) => {
    if (!Array.isArray(value)) fail(at, `is ${shown(value)}; it must be an array`);
    if (value.length > limit) fail(at, `has ${value.length} elements; the limit is ${limit}`);
    return value.map((element, index) => read(element, `${at}[${index}]`));
  };
}

/** An object with the fields of `readers`. Its other fields are left out. */
export function object(readers) {
  const fields = Object.entries(readers);
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      fail(at, `is ${shown(value)}; it must be an object`);
    }
    const copy = {};
    for (const [name, read] of fields) {
      copy[name] = read(Object.hasOwn(value, name) ? value[name] : undefined, `${at}.${name}`);
    }
    return copy;
  };
}

const state = (...states) => object({ state: oneOf(...states), time: count, detail: nullable(text) });

/** Null stands for a hidden value. */
export const headers = list(object({ name: text, value: nullable(text) }));

const traffic = object({ messages: count, payload: count, payloadOnWire: count });

const CONNECTION_STATES = ['connecting', 'open', 'closing', 'closed', 'failed'];
const RECONNECTING_STATES = ['connecting', 'waiting', 'open', 'suspended', 'closed'];

const CONNECTION_FIELDS = {
  key: text,
  id: text,
  isolate: nullable(text),
  reconnecting: nullable(text),
  reconnectingKey: nullable(text),
  attempt: nullable(count),
  url: text,
  state: oneOf(...CONNECTION_STATES),
  states: list(state(...CONNECTION_STATES)),
  request: object({
    headers,
    protocols: list(nullable(text)),
    pingInterval: nullable(count),
    connectTimeout: nullable(count),
    compression: nullable(flag),
  }),
  response: nullable(object({ status: nullable(count), headers })),
  protocol: nullable(text),
  extensions: nullable(text),
  steps: list(
    object({
      kind: oneOf('lookup', 'tcp', 'proxy', 'tls', 'upgrade'),
      target: text,
      start: count,
      end: nullable(count),
      detail: text,
      error: nullable(text),
    }),
  ),
  stats: nullable(
    object({
      bytesSent: count,
      bytesReceived: count,
      sent: traffic,
      received: traffic,
      roundTrips: count,
      lastRoundTrip: nullable(count),
      shortestRoundTrip: nullable(count),
      averageRoundTrip: nullable(count),
    }),
  ),
  bufferedAmount: count,
  isPaused: flag,
  isReading: flag,
  close: nullable(
    object({
      code: nullable(count),
      reason: nullable(text),
      initiator: oneOf('local', 'remote', 'none'),
      isClean: flag,
      error: nullable(text),
    }),
  ),
  error: nullable(text),
  isWatched: flag,
};

export const connection = object(CONNECTION_FIELDS);

const RECONNECTING_FIELDS = {
  key: nullable(text),
  id: text,
  isolate: nullable(text),
  state: oneOf(...RECONNECTING_STATES),
  states: list(state(...RECONNECTING_STATES)),
  reconnects: count,
  queuedMessages: count,
  queuedBytes: count,
};

export const reconnecting = object(RECONNECTING_FIELDS);

/** The fields of a connection that a file has. */
export function connectionFields(value) {
  return pick(value, CONNECTION_FIELDS);
}

/** The fields of a reconnecting channel that a file has. */
export function reconnectingFields(value) {
  return pick(value, RECONNECTING_FIELDS);
}

function pick(value, fields) {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, value[name]]));
}

const frameFields = object({
  time: count,
  number: count,
  isSent: flag,
  firstByte: count,
  size: count,
  messageSize: nullable(count),
  hasMessagePayload: flag,
});

/** A frame, from its fields and its payload. */
export function frame(value, payload, at) {
  const fields = frameFields(value, at);
  if (fields.firstByte > 0xff) fail(`${at}.firstByte`, `is ${fields.firstByte}; it must be below 256`);
  return new Frame({ ...fields, payload });
}

/** A capture that is filled connection by connection, then frame by frame. */
export class CaptureBuilder {
  #capture = { connections: [], reconnecting: [], frames: new Map() };
  #count = 0;

  addConnection(value, at) {
    const { connections, frames } = this.#capture;
    if (connections.length === MAX_CONNECTIONS)
      fail(at, `is one too many: the limit is ${MAX_CONNECTIONS} connections`);
    if (frames.has(value.key)) fail(`${at}.key`, `is ${shown(value.key)}, as that of an earlier connection`);
    connections.push(value);
    frames.set(value.key, []);
  }

  addReconnecting(value, at) {
    const { reconnecting } = this.#capture;
    if (reconnecting.length === MAX_CONNECTIONS) fail(at, `is one too many: the limit is ${MAX_CONNECTIONS}`);
    reconnecting.push(value);
  }

  addFrame(key, value, at) {
    const frames = this.#capture.frames.get(key);
    if (frames === undefined)
      fail(at, `is of connection ${shown(key)}, which the file does not have before it`);
    if (this.#count === MAX_FRAMES) fail(at, `is one too many: the limit is ${MAX_FRAMES} frames`);
    this.#count++;
    frames.push(value);
  }

  build() {
    return this.#capture;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The payload as text, or null if it is not UTF-8. */
export function payloadText(payload) {
  try {
    return decoder.decode(payload);
  } catch {
    return null;
  }
}

/** The payload of a text. */
export function textPayload(value, at) {
  if (typeof value !== 'string') fail(at, `is ${shown(value)}; it must be a string`);
  return value === '' ? NO_PAYLOAD : encoder.encode(value);
}

/** The payload of a base64 text. */
export function base64Payload(value, at) {
  if (typeof value !== 'string') fail(at, `is ${shown(value)}; it must be a string`);
  if (value === '') return NO_PAYLOAD;
  try {
    return fromBase64(value);
  } catch {
    return fail(at, 'is not valid base64');
  }
}

/** The payload of a HAR's message: text if its opcode is, unless `encoding` is "base64"; else base64. */
export function messagePayload(opcode, data, encoding, at) {
  return opcode === OPCODES.text && encoding === null
    ? textPayload(data, `${at}.data`)
    : base64Payload(data, `${at}.data`);
}

export { toBase64 };

// HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/) with the WebSocket messages as Chrome writes
// them: `_resourceType` is "websocket", and `_webSocketMessages` has {type, time, opcode, data}, the time
// in seconds, data in base64 unless the opcode is 1. Chrome has whole messages and no control frames.
//
// An entry of the inspector has more, in fields that other readers ignore: `_connection` (what HAR has no
// field for; never a header or the URL a second time, so that a tool which removes secrets removes all of
// them), `_fragments`, and fields with an underscore in each message.

import {
  CaptureBuilder,
  any,
  connection,
  connectionFields,
  count,
  flag,
  frame,
  headers,
  list,
  messagePayload,
  nullable,
  object,
  oneOf,
  payloadText,
  reconnecting,
  reconnectingFields,
  text,
  toBase64,
  MAX_CONNECTIONS,
  MAX_FRAMES,
} from './capture.js';
import { readChromeEntry } from './chrome_entry.js';
import { OPCODES } from '../model/frame.js';

const FORMAT_VERSION = 1;
const HIDDEN = '…';

/** A capture as a HAR object, for JSON.stringify. */
export function toHar({ connections, reconnecting: reconnectings, frames }) {
  return {
    log: {
      version: '1.2',
      creator: { name: 'rust_web_socket inspector', version: String(FORMAT_VERSION) },
      pages: [],
      entries: connections.map((it) => toEntry(it, frames.get(it.key) ?? [])),
      _reconnecting: reconnectings.map(reconnectingFields),
    },
  };
}

/**
 * The capture of a HAR object, from the inspector or from Chrome. Entries that are no WebSockets are left
 * out. Throws InvalidCapture.
 */
export function fromHar(har) {
  const { log } = object({ log: logFields })(har, 'The file');
  const builder = new CaptureBuilder();
  log.entries.forEach((entry, index) => {
    if (!isWebSocket(entry)) return;
    const at = `log.entries[${index}]`;
    if (entry._connection === undefined) {
      readChromeEntry(builder, entry, index, at);
    } else {
      readEntry(builder, entry, at);
    }
  });
  log._reconnecting?.forEach((it, index) => {
    const at = `log._reconnecting[${index}]`;
    builder.addReconnecting(reconnecting(it, at), at);
  });
  return builder.build();
}

const logFields = object({
  entries: list(any, MAX_FRAMES),
  _reconnecting: nullable(list(any, MAX_CONNECTIONS)),
});

function isWebSocket(entry) {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    (entry._resourceType === 'websocket' || Array.isArray(entry._webSocketMessages))
  );
}

// From a capture to entries.

function toEntry(it, frames) {
  const { url, request, response, ...rest } = connectionFields(it);
  const timings = toTimings(it);
  const { messages, fragments } = toMessages(frames);
  const address = serverAddress(it.steps);
  return {
    startedDateTime: new Date(startOf(it) / 1000).toISOString(),
    time: sum(timings),
    request: {
      method: 'GET',
      url,
      httpVersion: 'HTTP/1.1',
      cookies: cookiesOf(request.headers, 'cookie'),
      headers: visible(request.headers),
      queryString: queryOf(url),
      headersSize: -1,
      bodySize: 0,
    },
    response: {
      ...statusOf(it),
      httpVersion: 'HTTP/1.1',
      cookies: cookiesOf(response?.headers ?? [], 'set-cookie'),
      headers: visible(response?.headers ?? []),
      content: { size: 0, mimeType: 'x-unknown' },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
      _error: it.error,
    },
    cache: {},
    timings,
    ...(address === null ? {} : { serverIPAddress: address }),
    _resourceType: 'websocket',
    _webSocketMessages: messages,
    _fragments: fragments,
    _connection: {
      ...rest,
      request: { ...request, headers: undefined, hiddenHeaders: hidden(request.headers) },
      response: response && { status: response.status, hiddenHeaders: hidden(response.headers) },
    },
  };
}

function startOf({ states, steps }) {
  return states[0]?.time ?? steps[0]?.start ?? 0;
}

/** The time of the first of some states, or null. */
function timeOf({ states }, ...names) {
  return states.find(({ state }) => names.includes(state))?.time ?? null;
}

/**
 * The timings in milliseconds, -1 for what did not happen. HAR has one lookup, one connection and one
 * request an entry: those of the last redirect. What came before is `blocked`.
 */
function toTimings(it) {
  const steps = lastRound(it.steps);
  const start = startOf(it);
  const find = (kind) => steps.findLast((step) => step.kind === kind && step.end !== null);
  const lookup = find('lookup');
  const upgrade = find('upgrade');
  const tls = find('tls');
  const tcp = steps.find(({ kind }) => kind === 'tcp');
  const connected = tls ?? find('proxy') ?? steps.findLast((step) => step.kind === 'tcp' && isDone(step));
  const ended = timeOf(it, 'closed', 'failed');
  const between = (from, to) =>
    from === undefined || to === undefined || to === null ? -1 : Math.max(0, to - from) / 1000;
  return {
    blocked: between(start, steps[0]?.start),
    dns: between(lookup?.start, lookup?.end),
    connect: between(tcp?.start, connected?.end),
    ssl: between(tls?.start, tls?.end),
    send: 0,
    wait: Math.max(0, between(upgrade?.start, upgrade?.end)),
    receive: Math.max(0, between(upgrade?.end, ended)),
  };
}

const isDone = ({ end, error }) => end !== null && error === null;

/** `connect` contains `ssl`. */
function sum({ blocked, dns, connect, send, wait, receive }) {
  return [blocked, dns, connect, send, wait, receive].reduce((total, it) => total + Math.max(0, it), 0);
}

/** The steps behind the last redirect. */
function lastRound(steps) {
  const last = steps.findLastIndex(({ kind }, index) => kind === 'upgrade' && index < steps.length - 1);
  return steps.slice(last + 1);
}

/** The IP address that the connection is to, or null. It is a proxy's, if there is one. */
function serverAddress(steps) {
  const target = lastRound(steps).findLast((step) => step.kind === 'tcp' && isDone(step))?.target;
  return (
    /^(?:\[([0-9a-f:.]+(?:%[^\]]+)?)\]|(\d+\.\d+\.\d+\.\d+)):\d+$/i
      .exec(target ?? '')
      ?.slice(1)
      .find(Boolean) ?? null
  );
}

function statusOf({ states, steps, response }) {
  const detail = steps.findLast(({ kind }) => kind === 'upgrade')?.detail ?? '';
  const status =
    response?.status ??
    Number(/^\d{3}\b/.exec(detail)?.[0] ?? (states.some(({ state }) => state === 'open') ? 101 : 0));
  return { status, statusText: status === 101 ? 'Switching Protocols' : '' };
}

function visible(fields) {
  return fields.filter(({ value }) => value !== null).map(({ name, value }) => ({ name, value }));
}

function hidden(fields) {
  return fields
    .map(({ name, value }, index) => ({ name, value, index }))
    .filter(({ value }) => value === null)
    .map(({ name, index }) => ({ index, name }));
}

function queryOf(url) {
  const query = /\?([^#]*)/.exec(url)?.[1] ?? '';
  return [...new URLSearchParams(query)]
    .filter((pair) => !pair.includes(HIDDEN))
    .map(([name, value]) => ({ name, value }));
}

function cookiesOf(fields, name) {
  return fields
    .filter((field) => field.name.toLowerCase() === name && field.value !== null)
    .flatMap(({ value }) => (name === 'cookie' ? value.split(';') : [value.split(';', 1)[0]]))
    .map((pair) => /^\s*([^=]*)=(.*?)\s*$/s.exec(pair))
    .filter((match) => match !== null)
    .map(([, cookie, value]) => ({ name: cookie, value }));
}

/** The frames that end a message and the control frames are messages; the other ones are fragments. */
function toMessages(frames) {
  const messages = [];
  const fragments = [];
  const opcodes = { true: null, false: null };
  frames.forEach((it, index) => {
    if (!it.isControl && it.opcode !== OPCODES.continuation) opcodes[it.isSent] = it.opcode;
    if (it.isFinal) {
      // The last fragment stands for its message, if its payload is the message's.
      const opcode = it.opcode === OPCODES.continuation && it.hasMessagePayload ? opcodes[it.isSent] : null;
      messages.push(toMessage(it, opcode ?? it.opcode));
    } else {
      fragments.push({ _position: index, ...toMessage(it, it.opcode) });
    }
    if (it.isFinal && !it.isControl) opcodes[it.isSent] = null;
  });
  return { messages, fragments };
}

function toMessage(it, opcode) {
  const value = opcode === OPCODES.text ? payloadText(it.payload) : null;
  return {
    type: it.isSent ? 'send' : 'receive',
    time: it.time / 1e6,
    opcode,
    data: value ?? toBase64(it.payload),
    ...(opcode === OPCODES.text && value === null ? { _encoding: 'base64' } : {}),
    _time: it.time,
    _number: it.number,
    _firstByte: it.firstByte,
    _size: it.size,
    _messageSize: it.messageSize,
    _hasMessagePayload: it.hasMessagePayload,
  };
}

// From entries to a capture.

const requestFields = object({ url: text, headers });
const responseFields = object({ headers });
const hiddenHeaders = list(object({ index: count, name: text }));

function readEntry(builder, entry, at) {
  const rest = object({ request: any, response: any })(entry._connection, `${at}._connection`);
  const request = requestFields(entry.request, `${at}.request`);
  const response = responseFields(entry.response, `${at}.response`);
  const where = `${at}._connection`;
  const value = connection(
    {
      ...entry._connection,
      url: request.url,
      request: {
        ...rest.request,
        headers: withHidden(request.headers, rest.request?.hiddenHeaders, `${where}.request.hiddenHeaders`),
      },
      response:
        rest.response === null || rest.response === undefined
          ? null
          : {
              status: rest.response.status,
              headers: withHidden(
                response.headers,
                rest.response.hiddenHeaders,
                `${where}.response.hiddenHeaders`,
              ),
            },
    },
    where,
  );
  builder.addConnection(value, where);

  const messages = list(message, MAX_FRAMES)(entry._webSocketMessages, `${at}._webSocketMessages`);
  const fragments = list(message, MAX_FRAMES)(entry._fragments ?? [], `${at}._fragments`);
  const positions = list(object({ _position: count }), MAX_FRAMES)(
    entry._fragments ?? [],
    `${at}._fragments`,
  );
  let next = 0;
  let position = 0;
  const add = (it) => {
    builder.addFrame(value.key, it, `${at}._webSocketMessages`);
    position++;
  };
  for (const it of messages) {
    while (next < fragments.length && positions[next]._position <= position) add(fragments[next++]);
    add(it);
  }
  while (next < fragments.length) add(fragments[next++]);
}

function withHidden(fields, hiddenFields, at) {
  const all = [...fields];
  for (const { index, name } of hiddenHeaders(hiddenFields ?? [], at))
    all.splice(index, 0, { name, value: null });
  return all;
}

const messageFields = object({
  type: oneOf('send', 'receive'),
  opcode: count,
  data: any,
  _encoding: nullable(oneOf('base64')),
  _time: count,
  _number: count,
  _firstByte: count,
  _size: count,
  _messageSize: nullable(count),
  _hasMessagePayload: flag,
});

function message(value, at) {
  const fields = messageFields(value, at);
  return frame(
    {
      isSent: fields.type === 'send',
      time: fields._time,
      number: fields._number,
      firstByte: fields._firstByte,
      size: fields._size,
      messageSize: fields._messageSize,
      hasMessagePayload: fields._hasMessagePayload,
    },
    messagePayload(fields.opcode, fields.data, fields._encoding, at),
    at,
  );
}

// What Chrome does not write (sizes on the wire, control frames, the closing frame) stays unknown.

import {
  InvalidCapture,
  any,
  connection,
  count,
  frame,
  headers,
  list,
  messagePayload,
  nullable,
  object,
  text,
  MAX_FRAMES,
} from './capture.js';
import { OPCODES } from '../model/frame.js';

const milliseconds = (value, at) => {
  if (value === null || value === undefined) return -1;
  if (typeof value !== 'number' || !(Math.abs(value) < 1e12)) {
    throw new InvalidCapture(`${at} must be a number of milliseconds.`);
  }
  return value;
};

const chromeEntry = object({
  startedDateTime: text,
  request: object({ url: text, headers }),
  response: object({ status: count, headers: nullable(headers), _error: nullable(text) }),
  timings: nullable(
    object({
      blocked: milliseconds,
      dns: milliseconds,
      connect: milliseconds,
      ssl: milliseconds,
      send: milliseconds,
      wait: milliseconds,
      receive: milliseconds,
    }),
  ),
  serverIPAddress: nullable(text),
});

const chromeMessages = list(object({ type: text, time: any, opcode: any, data: any }), MAX_FRAMES);

/** Adds the connection of a HAR's entry number `index`, as Chrome writes it, and its frames. */
export function readChromeEntry(builder, value, index, at) {
  const entry = chromeEntry(value, at);
  const start = Date.parse(entry.startedDateTime) * 1000;
  if (!(start >= 0))
    throw new InvalidCapture(`${at}.startedDateTime must be a time such as 2026-01-31T12:00:00.000Z.`);
  const messages = chromeMessages(value._webSocketMessages ?? [], `${at}._webSocketMessages`);
  const problem = messages.find(({ type }) => type === 'error');
  const error = entry.response._error || (typeof problem?.data === 'string' ? problem.data : null);
  const { steps, end, receive } = stepsOf(entry, start);
  const isOpen = entry.response.status === 101;
  const key = `har/${index}`;
  const field = (name) => entry.response.headers?.find((it) => it.name.toLowerCase() === name)?.value ?? '';

  const states = [{ state: 'connecting', time: start, detail: null }];
  if (isOpen) states.push({ state: 'open', time: end, detail: null });
  if (!isOpen) states.push({ state: 'failed', time: end, detail: error });
  // Chrome has no time of receiving for a connection that was open at the export.
  if (isOpen && (error || receive > 0))
    states.push({ state: 'closed', time: end + Math.round(receive * 1000), detail: error });

  const frames = readChromeMessages(messages, `${at}._webSocketMessages`);
  builder.addConnection(
    connection(
      {
        key,
        id: String(index),
        isolate: null,
        url: entry.request.url,
        state: states.at(-1).state,
        states,
        request: {
          headers: entry.request.headers,
          protocols: protocolsOf(entry.request.headers),
          compression: entry.request.headers.some(
            ({ name, value: it }) =>
              name.toLowerCase() === 'sec-websocket-extensions' && /permessage-deflate/.test(it ?? ''),
          ),
        },
        response:
          entry.response.status === 0
            ? null
            : { status: entry.response.status, headers: entry.response.headers ?? [] },
        protocol: field('sec-websocket-protocol'),
        extensions: field('sec-websocket-extensions'),
        steps,
        stats: null,
        bufferedAmount: 0,
        isPaused: false,
        isReading: false,
        close: null,
        error: isOpen ? null : error,
        isWatched: false,
      },
      at,
    ),
    at,
  );
  for (const it of frames) builder.addFrame(key, it, `${at}._webSocketMessages`);
}

function protocolsOf(fields) {
  return fields
    .filter(({ name }) => name.toLowerCase() === 'sec-websocket-protocol')
    .flatMap(({ value }) => (value ?? '').split(','))
    .map((it) => it.trim())
    .filter((it) => it !== '');
}

function readChromeMessages(messages, where) {
  const numbers = { send: 0, receive: 0 };
  const frames = [];
  messages.forEach(({ type, time, opcode, data }, index) => {
    const at = `${where}[${index}]`;
    if (!Object.hasOwn(numbers, type)) return;
    if (!Number.isInteger(opcode) || opcode < 0 || opcode > 0xf) {
      throw new InvalidCapture(`${at}.opcode must be a number from 0 to 15.`);
    }
    if (typeof time !== 'number' || !(time >= 0 && time < 8.64e9)) {
      throw new InvalidCapture(`${at}.time must be in seconds since 1970.`);
    }
    const payload = messagePayload(opcode, data, null, at);
    frames.push(
      frame(
        {
          isSent: type === 'send',
          time: Math.round(time * 1e6),
          number: ++numbers[type],
          firstByte: 0x80 | opcode,
          size: payload.length,
          messageSize: opcode === OPCODES.text || opcode === OPCODES.binary ? payload.length : null,
          hasMessagePayload: true,
        },
        payload,
        at,
      ),
    );
  });
  return frames;
}

/** The timings follow each other; `connect` contains `ssl`. */
function stepsOf({ request, response, timings, serverIPAddress }, start) {
  const steps = [];
  if (timings === null) return { steps, end: start, receive: 0 };
  let time = start + Math.round(Math.max(0, timings.blocked) * 1000);
  const add = (kind, target, duration, detail = '') => {
    if (duration < 0) return;
    const end = time + Math.round(duration * 1000);
    steps.push({ kind, target, start: time, end, detail, error: null });
    time = end;
  };
  const host = /^\w+:\/\/([^/?#]*)/.exec(request.url)?.[1] ?? '';
  add('lookup', host, timings.dns);
  add(
    'tcp',
    serverIPAddress || host,
    timings.connect < 0 ? -1 : Math.max(0, timings.connect - Math.max(0, timings.ssl)),
  );
  add('tls', host, timings.ssl);
  add(
    'upgrade',
    host,
    Math.max(0, timings.send) + Math.max(0, timings.wait),
    response.status === 0 ? '' : String(response.status),
  );
  return { steps, end: time, receive: timings.receive };
}

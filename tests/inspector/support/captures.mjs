// Captures for tests of the files: the same ones for the same seed.

import { Frame } from '../../../dart/extension/devtools/build/model/frame.js';

/** Numbers from 0 to 1 (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let it = Math.imul(state ^ (state >>> 15), state | 1);
    it ^= it + Math.imul(it ^ (it >>> 7), it | 61);
    return ((it ^ (it >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TEXTS = [
  '',
  'hello',
  '{"a": [1, "…"]}',
  'line\nline\r\n\u2028',
  '\ufeffmark',
  '𝄞 ü ☃',
  '</script>',
  '"\\',
];
const START = 1_764_352_800_000_000;

export function randomCapture(seed) {
  const next = random(seed);
  const below = (limit) => Math.floor(next() * limit);
  const pick = (values) => values[below(values.length)];
  const isTrue = () => next() < 0.5;
  const maybe = (value) => (isTrue() ? value : null);
  const many = (limit, create) => Array.from({ length: below(limit + 1) }, (_, index) => create(index));
  const time = () => START + below(3_600_000_000);
  const headers = () =>
    many(5, (index) => ({
      name: pick(['Cookie', 'X-It', 'Authorization']) + index,
      value: maybe(pick(TEXTS)),
    }));
  const traffic = () => ({ messages: below(9), payload: below(2 ** 40), payloadOnWire: below(2 ** 40) });

  const connection = (index) => ({
    key: `isolates/${below(3)}/${index}`,
    id: String(index),
    isolate: maybe('isolates/1'),
    reconnecting: maybe('3'),
    reconnectingKey: maybe('isolates/1/3'),
    attempt: maybe(below(9)),
    url: pick(['wss://example.com/chat?token=…&room=1#x', 'ws://[::1]:8080/', 'ws://u@h/?a&b==&%zz']),
    state: pick(['connecting', 'open', 'closing', 'closed', 'failed']),
    states: many(4, () => ({
      state: pick(['connecting', 'open', 'closed', 'failed']),
      time: time(),
      detail: maybe(pick(TEXTS)),
    })),
    request: {
      headers: headers(),
      protocols: many(3, () => maybe(pick(TEXTS))),
      pingInterval: maybe(below(1e9)),
      connectTimeout: maybe(below(1e9)),
      compression: isTrue(),
    },
    response: maybe({ status: maybe(pick([101, 403])), headers: headers() }),
    protocol: maybe(pick(TEXTS)),
    extensions: pick(['', 'permessage-deflate']),
    steps: many(6, () => ({
      kind: pick(['lookup', 'tcp', 'proxy', 'tls', 'upgrade']),
      target: pick(['example.com', '93.184.216.34:443', '[2606:2800::1]:443']),
      start: time(),
      end: maybe(time()),
      detail: pick(['', '101', '302 to wss://b.example/', 'TLSv1_3']),
      error: maybe('Connection refused'),
    })),
    stats: maybe({
      bytesSent: below(2 ** 50),
      bytesReceived: below(2 ** 50),
      sent: traffic(),
      received: traffic(),
      roundTrips: below(9),
      lastRoundTrip: maybe(below(1e6)),
      shortestRoundTrip: maybe(1),
      averageRoundTrip: maybe(7),
    }),
    bufferedAmount: below(1e9),
    isPaused: isTrue(),
    isReading: isTrue(),
    close: maybe({
      code: maybe(1000),
      reason: maybe(pick(TEXTS)),
      initiator: pick(['local', 'remote', 'none']),
      isClean: isTrue(),
      error: maybe('lost'),
    }),
    error: maybe(pick(TEXTS)),
    isWatched: isTrue(),
  });

  const payload = () => {
    if (next() < 0.6) return new TextEncoder().encode(pick(TEXTS));
    return Uint8Array.from({ length: below(40) }, () => below(256));
  };
  const frame = (at) => {
    const recorded = payload();
    return new Frame({
      time: at,
      number: 1 + below(2 ** 40),
      isSent: isTrue(),
      firstByte: below(256),
      size: recorded.length + below(2 ** 40),
      messageSize: maybe(below(2 ** 40)),
      payload: recorded,
      hasMessagePayload: isTrue(),
    });
  };

  const connections = many(4, connection);
  const frames = new Map(
    connections.map(({ key }) => {
      let at = time();
      // The clock may be set back.
      return [key, many(30, () => frame((at += below(2e6) - 2e5)))];
    }),
  );
  const reconnecting = many(2, (index) => ({
    key: maybe(`isolates/1/${index}`),
    id: String(index),
    isolate: maybe('isolates/1'),
    state: pick(['connecting', 'waiting', 'open', 'suspended', 'closed']),
    states: many(4, () => ({
      state: pick(['waiting', 'open', 'suspended']),
      time: time(),
      detail: maybe(pick(TEXTS)),
    })),
    reconnects: below(99),
    queuedMessages: below(99),
    queuedBytes: below(1e9),
  }));
  return { connections, reconnecting, frames };
}

/** A capture with one connection of these frames. */
export function captureOf(frames, fields = {}) {
  const connection = {
    key: 'main/1',
    id: '1',
    isolate: 'main',
    reconnecting: null,
    reconnectingKey: null,
    attempt: null,
    url: 'wss://example.com/',
    state: 'open',
    states: [
      { state: 'connecting', time: START, detail: null },
      { state: 'open', time: START + 50_000, detail: null },
    ],
    request: { headers: [], protocols: [], pingInterval: null, connectTimeout: null, compression: true },
    response: { status: null, headers: [] },
    protocol: '',
    extensions: '',
    steps: [],
    stats: null,
    bufferedAmount: 0,
    isPaused: false,
    isReading: true,
    close: null,
    error: null,
    isWatched: false,
    ...fields,
  };
  return { connections: [connection], reconnecting: [], frames: new Map([[connection.key, frames]]) };
}

export function frameOf(fields) {
  const payload = fields.payload ?? new Uint8Array(0);
  return new Frame({
    time: START,
    number: 1,
    isSent: true,
    firstByte: 0x81,
    size: payload.length,
    payload,
    ...fields,
  });
}

export const bytes = (text) => new TextEncoder().encode(text);

export { START };

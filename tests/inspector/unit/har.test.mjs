import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openCaptureFile } from '../../../dart/extension/devtools/build/capture_file.js';
import { fromHar, toHar } from '../../../dart/extension/devtools/build/har.js';
import { START, bytes, captureOf, frameOf, randomCapture } from '../support/captures.mjs';

const entryOf = (capture) => toHar(capture).log.entries[0];
const copy = (value) => JSON.parse(JSON.stringify(value));

test('any capture is read as it was written', () => {
  for (let seed = 0; seed < 200; seed++) {
    const capture = randomCapture(seed);
    assert.deepEqual(fromHar(copy(toHar(capture))), capture, `seed ${seed}`);
    assert.deepEqual(openCaptureFile(JSON.stringify(toHar(capture), null, 2)), capture, `seed ${seed}`);
  }
});

test('every entry has the fields that HAR 1.2 requires', () => {
  for (let seed = 0; seed < 50; seed++) {
    const { log } = copy(toHar(randomCapture(seed)));
    assert.equal(log.version, '1.2');
    assert.equal(typeof log.creator.name, 'string');
    assert.equal(typeof log.creator.version, 'string');
    for (const entry of log.entries) {
      assert.match(entry.startedDateTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.ok(entry.time >= 0);
      const { request, response, timings } = entry;
      for (const value of [
        request.method,
        request.url,
        request.httpVersion,
        response.statusText,
        response.httpVersion,
        response.redirectURL,
        response.content.mimeType,
      ]) {
        assert.equal(typeof value, 'string');
      }
      for (const value of [
        response.status,
        response.content.size,
        request.headersSize,
        request.bodySize,
        response.headersSize,
        response.bodySize,
        timings.send,
        timings.wait,
        timings.receive,
      ]) {
        assert.equal(typeof value, 'number');
      }
      for (const value of [timings.send, timings.wait, timings.receive]) assert.ok(value >= 0);
      for (const value of [timings.blocked, timings.dns, timings.connect, timings.ssl])
        assert.ok(value >= 0 || value === -1);
      for (const { name, value } of [
        request.headers,
        response.headers,
        request.cookies,
        response.cookies,
        request.queryString,
      ].flat()) {
        assert.equal(typeof name, 'string');
        assert.equal(typeof value, 'string');
      }
      assert.deepEqual(entry.cache, {});
    }
  }
});

test('messages are written as Chrome writes them', () => {
  const entry = entryOf(
    captureOf([
      frameOf({ time: START + 250_000, firstByte: 0x81, payload: bytes('hello') }),
      frameOf({ time: START + 500_000, firstByte: 0x82, payload: bytes('hello'), isSent: false }),
      frameOf({ time: START + 750_000, firstByte: 0x89, payload: bytes('p') }),
    ]),
  );
  assert.equal(entry._resourceType, 'websocket');
  assert.deepEqual(
    entry._webSocketMessages.map(({ type, time, opcode, data }) => ({ type, time, opcode, data })),
    [
      { type: 'send', time: 1764352800.25, opcode: 1, data: 'hello' },
      { type: 'receive', time: 1764352800.5, opcode: 2, data: 'aGVsbG8=' },
      { type: 'send', time: 1764352800.75, opcode: 9, data: 'cA==' },
    ],
  );
});

test('the last fragment is the message for other readers, and the fragments are apart', () => {
  const capture = captureOf([
    frameOf({ firstByte: 0x01, payload: bytes('hel') }),
    frameOf({ firstByte: 0x8a, payload: bytes('pong') }),
    frameOf({ firstByte: 0x82, payload: bytes('other'), isSent: false }),
    frameOf({ firstByte: 0x80, payload: bytes('hello'), size: 2, messageSize: 5, hasMessagePayload: true }),
  ]);
  const entry = entryOf(capture);
  assert.deepEqual(
    entry._webSocketMessages.map(({ opcode, data }) => [opcode, data]),
    [
      [10, 'cG9uZw=='],
      [2, 'b3RoZXI='],
      [1, 'hello'],
    ],
  );
  assert.deepEqual(
    entry._fragments.map(({ _position, opcode, data }) => [_position, opcode, data]),
    [[0, 1, 'hel']],
  );
  assert.deepEqual(fromHar(copy(toHar(capture))), capture);
});

test('the timings are those of the steps', () => {
  const step = (kind, start, end, fields = {}) => ({
    kind,
    target: 'example.com',
    start: START + start,
    end: end === null ? null : START + end,
    detail: '',
    error: null,
    ...fields,
  });
  const entry = entryOf(
    captureOf([], {
      states: [
        { state: 'connecting', time: START, detail: null },
        { state: 'open', time: START + 90_000, detail: null },
        { state: 'closed', time: START + 190_000, detail: null },
      ],
      steps: [
        step('lookup', 1000, 11_000),
        step('tcp', 11_000, null, { target: '[2606:2800::1]:443' }),
        step('tcp', 13_000, 31_000, { target: '93.184.216.34:443' }),
        step('tls', 31_000, 61_000),
        step('upgrade', 61_000, 90_000, { detail: '101' }),
      ],
    }),
  );
  assert.deepEqual(entry.timings, {
    blocked: 1,
    dns: 10,
    connect: 50,
    ssl: 30,
    send: 0,
    wait: 29,
    receive: 100,
  });
  assert.equal(entry.time, 190);
  assert.equal(entry.serverIPAddress, '93.184.216.34');
  assert.equal(entry.response.status, 101);
});

test('behind a redirect, the timings are those of the last request', () => {
  const step = (kind, start, end, detail = '') => ({
    kind,
    target: '[::1]:80',
    start: START + start,
    end: START + end,
    detail,
    error: null,
  });
  const entry = entryOf(
    captureOf([], {
      steps: [
        step('tcp', 0, 1000),
        step('upgrade', 1000, 5000, '302 to ws://[::1]:80/b'),
        step('tcp', 5000, 7000),
        step('upgrade', 7000, 10_000, '403'),
      ],
    }),
  );
  assert.deepEqual(entry.timings, { blocked: 5, dns: -1, connect: 2, ssl: -1, send: 0, wait: 3, receive: 0 });
  assert.equal(entry.serverIPAddress, '::1');
  assert.equal(entry.response.status, 403);
});

test('hidden values appear nowhere, and visible ones once', () => {
  const capture = captureOf([], {
    url: 'wss://example.com/?token=…&…&room=secret-room',
    request: {
      headers: [
        { name: 'Authorization', value: null },
        { name: 'Cookie', value: 'a=1; b=secret-b' },
        { name: 'X', value: 'secret-x' },
      ],
      protocols: [null],
      pingInterval: null,
      connectTimeout: null,
      compression: false,
    },
    response: {
      status: 101,
      headers: [
        { name: 'Set-Cookie', value: null },
        { name: 'Server', value: 'it' },
      ],
    },
  });
  const entry = entryOf(capture);
  assert.deepEqual(entry.request.headers, [
    { name: 'Cookie', value: 'a=1; b=secret-b' },
    { name: 'X', value: 'secret-x' },
  ]);
  assert.deepEqual(entry.request.cookies, [
    { name: 'a', value: '1' },
    { name: 'b', value: 'secret-b' },
  ]);
  assert.deepEqual(entry.request.queryString, [{ name: 'room', value: 'secret-room' }]);
  assert.deepEqual(entry.response.headers, [{ name: 'Server', value: 'it' }]);
  // A tool that removes secrets from the fields of HAR finds all of them.
  const own = JSON.stringify(entry._connection);
  for (const value of ['secret-room', 'secret-b', 'secret-x']) assert.ok(!own.includes(value), value);
  assert.deepEqual(fromHar(copy(toHar(capture))), capture);
});

/** A HAR file in the shape of Chrome's export. */
function chrome(fields = {}) {
  return {
    log: {
      version: '1.2',
      creator: { name: 'WebInspector', version: '537.36' },
      pages: [
        {
          startedDateTime: '2026-01-31T11:59:59.000Z',
          id: 'page_1',
          title: 'http://localhost/',
          pageTimings: {},
        },
      ],
      entries: [
        { _resourceType: 'document', request: { method: 'GET', url: 'http://localhost/' }, response: {} },
        {
          _initiator: { type: 'script', stack: { callFrames: [] } },
          _priority: null,
          _resourceType: 'websocket',
          _webSocketMessages: [
            { type: 'send', time: 1769860801.25, opcode: 1, data: '{"it": "ü"}' },
            { type: 'receive', time: 1769860801.5, opcode: 2, data: 'AAH/' },
            { type: 'receive', time: 1769860801.75, opcode: 1, data: '' },
          ],
          cache: {},
          connection: '42',
          pageref: 'page_1',
          request: {
            method: 'GET',
            url: 'wss://example.com/chat?room=1',
            httpVersion: 'HTTP/1.1',
            headers: [
              { name: 'Sec-WebSocket-Extensions', value: 'permessage-deflate; client_max_window_bits' },
              { name: 'Sec-WebSocket-Protocol', value: 'a, b' },
            ],
            queryString: [{ name: 'room', value: '1' }],
            cookies: [],
            headersSize: 500,
            bodySize: 0,
          },
          response: {
            status: 101,
            statusText: 'Switching Protocols',
            httpVersion: 'HTTP/1.1',
            headers: [{ name: 'sec-websocket-protocol', value: 'b' }],
            cookies: [],
            content: { size: 0, mimeType: 'x-unknown' },
            redirectURL: '',
            headersSize: 200,
            bodySize: -200,
            _transferSize: 0,
            _error: null,
          },
          serverIPAddress: '93.184.216.34',
          startedDateTime: '2026-01-31T12:00:00.000Z',
          time: 2000.5,
          timings: {
            blocked: 1.5,
            dns: 2,
            ssl: 30,
            connect: 40,
            send: 0.5,
            wait: 20,
            receive: 1936.5,
            _blocked_queueing: -1,
          },
          ...fields,
        },
      ],
    },
  };
}

test("a HAR file of Chrome is opened without its other requests", () => {
  const { connections, reconnecting, frames } = openCaptureFile(JSON.stringify(chrome()));
  assert.equal(connections.length, 1);
  assert.deepEqual(reconnecting, []);
  const [connection] = connections;
  const start = Date.parse('2026-01-31T12:00:00.000Z') * 1000;
  assert.equal(connection.url, 'wss://example.com/chat?room=1');
  assert.equal(connection.state, 'closed');
  assert.equal(connection.protocol, 'b');
  assert.equal(connection.response.status, 101);
  assert.deepEqual(connection.request.protocols, ['a', 'b']);
  assert.equal(connection.request.compression, true);
  assert.deepEqual(
    connection.states.map(({ state, time }) => [state, time - start]),
    [
      ['connecting', 0],
      ['open', 64_000],
      ['closed', 2_000_500],
    ],
  );
  assert.deepEqual(
    connection.steps.map(({ kind, target, start: from, end }) => [kind, target, from - start, end - start]),
    [
      ['lookup', 'example.com', 1500, 3500],
      ['tcp', '93.184.216.34', 3500, 13_500],
      ['tls', 'example.com', 13_500, 43_500],
      ['upgrade', 'example.com', 43_500, 64_000],
    ],
  );
  const all = frames.get(connection.key);
  assert.deepEqual(
    all.map(({ isSent, opcode, number, time, size, messageSize, isFinal }) => [
      isSent,
      opcode,
      number,
      time,
      size,
      messageSize,
      isFinal,
    ]),
    [
      [true, 1, 1, 1_769_860_801_250_000, 12, 12, true],
      [false, 2, 1, 1_769_860_801_500_000, 3, 3, true],
      [false, 1, 2, 1_769_860_801_750_000, 0, 0, true],
    ],
  );
  assert.deepEqual([...all[1].payload], [0, 1, 255]);
  assert.equal(new TextDecoder().decode(all[0].payload), '{"it": "ü"}');
});

test('a connection that failed in Chrome is opened as failed', () => {
  const { connections } = fromHar(
    chrome({
      _webSocketMessages: [{ type: 'error', time: 1769860801, opcode: -1, data: 'Connection refused' }],
      response: { status: 0, statusText: '', headers: [], _error: 'net::ERR_CONNECTION_REFUSED' },
      timings: { blocked: -1, dns: -1, ssl: -1, connect: -1, send: 0, wait: 0, receive: 0 },
    }),
  );
  assert.equal(connections[0].state, 'failed');
  assert.equal(connections[0].error, 'net::ERR_CONNECTION_REFUSED');
  assert.equal(connections[0].response, null);
});

test('what Chrome opened can be exported in both formats and comes back the same', () => {
  const capture = fromHar(chrome());
  assert.deepEqual(fromHar(copy(toHar(capture))), capture);
});

test('an invalid file is refused with the place and the reason', () => {
  const messages = (message) => chrome({ _webSocketMessages: [message] });
  const good = { type: 'send', time: 1, opcode: 1, data: '' };
  const own = (change) => {
    const har = copy(toHar(captureOf([frameOf({ payload: bytes('x') })])));
    change(har.log.entries[0]);
    return har;
  };
  const cases = [
    [null, /^The file is null; it must be an object/],
    [[], /^The file is an array/],
    [{}, /^The file\.log is missing/],
    [{ log: { entries: {} } }, /^The file\.log\.entries is an object; it must be an array/],
    [chrome({ startedDateTime: 'soon' }), /^log\.entries\[1\]\.startedDateTime must be a time/],
    [chrome({ request: {} }), /^log\.entries\[1\]\.request\.url is missing/],
    [chrome({ timings: { dns: 'x' } }), /timings\.dns must be a number/],
    [chrome({ _webSocketMessages: 7 }), /^log\.entries\[1\]\._webSocketMessages is 7; it must be an array/],
    [messages({ ...good, opcode: 16 }), /^log\.entries\[1\]\._webSocketMessages\[0\]\.opcode must be/],
    [messages({ ...good, time: 1e12 }), /_webSocketMessages\[0\]\.time must be/],
    [messages({ ...good, data: 7 }), /_webSocketMessages\[0\]\.data is 7/],
    [messages({ ...good, opcode: 2, data: '*' }), /_webSocketMessages\[0\]\.data is not valid base64/],
    [
      own((entry) => {
        entry._connection.state = 'x';
      }),
      /^log\.entries\[0\]\._connection\.state is "x"/,
    ],
    [
      own((entry) => {
        entry._webSocketMessages[0]._size = -1;
      }),
      /_webSocketMessages\[0\]\._size is -1/,
    ],
    [
      own((entry) => {
        entry._connection.request.hiddenHeaders = [{ index: -1, name: 'a' }];
      }),
      /hiddenHeaders\[0\]\.index is -1/,
    ],
    [
      own((entry) => {
        entry._connection = 7;
      }),
      /_connection is 7; it must be an object/,
    ],
  ];
  for (const [har, message] of cases) {
    assert.throws(() => fromHar(har), { name: 'InvalidCapture', message });
  }
  assert.throws(() => openCaptureFile('<html>'), {
    name: 'InvalidCapture',
    message: /neither an export of the inspector nor a HAR file/,
  });
});

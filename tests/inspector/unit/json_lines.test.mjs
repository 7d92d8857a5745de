import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openCaptureFile } from '../../../dart/extension/devtools/build/capture_file.js';
import { fromJsonLines, toJsonLines } from '../../../dart/extension/devtools/build/json_lines.js';
import { START, bytes, captureOf, frameOf, randomCapture } from '../support/captures.mjs';

const linesOf = (capture) =>
  toJsonLines(capture)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** The file of one frame, with fields of one of its lines changed. */
function changed(type, fields) {
  const capture = captureOf([frameOf({ payload: bytes('hello') })]);
  return linesOf(capture)
    .map((line) => JSON.stringify(line.type === type ? { ...line, ...fields } : line))
    .join('\n');
}

test('any capture is read as it was written', () => {
  for (let seed = 0; seed < 200; seed++) {
    const capture = randomCapture(seed);
    assert.deepEqual(fromJsonLines(toJsonLines(capture)), capture, `seed ${seed}`);
    assert.deepEqual(openCaptureFile(toJsonLines(capture)), capture, `seed ${seed}`);
  }
});

test('connections come first, then the frames of all by time', () => {
  const first = captureOf([frameOf({ time: START + 1 }), frameOf({ time: START + 4 })]);
  const second = captureOf([frameOf({ time: START + 2 }), frameOf({ time: START + 3 })], {
    key: 'main/2',
    id: '2',
  });
  const lines = linesOf({
    connections: [...first.connections, ...second.connections],
    reconnecting: [],
    frames: new Map([...first.frames, ...second.frames]),
  });
  assert.deepEqual(
    lines.map(({ type, connection, time }) => (type === 'Frame' ? `${connection} ${time - START}` : type)),
    ['Capture', 'Connection', 'Connection', 'main/1 1', 'main/2 2', 'main/2 3', 'main/1 4'],
  );
});

test('text is written as text, and everything else as base64', () => {
  const payloads = [
    [frameOf({ firstByte: 0x81, payload: bytes('ü"\n') }), { text: 'ü"\n' }],
    [frameOf({ firstByte: 0x00, payload: bytes('part') }), { text: 'part' }],
    [frameOf({ firstByte: 0x81, payload: bytes('ü').subarray(0, 1) }), { binary: 'ww==' }],
    [frameOf({ firstByte: 0x82, payload: bytes('abc') }), { binary: 'YWJj' }],
    [frameOf({ firstByte: 0x89, payload: bytes('abc') }), { binary: 'YWJj' }],
    [frameOf({ firstByte: 0x81, size: 70 }), {}],
  ];
  for (const [frame, expected] of payloads) {
    const { text, binary } = linesOf(captureOf([frame])).at(-1);
    assert.deepEqual({ text, binary }, { text: undefined, binary: undefined, ...expected });
  }
});

test('fields that only the page knows are not written', () => {
  const capture = captureOf([]);
  capture.connections[0].element = { self: capture };
  assert.ok(!toJsonLines(capture).includes('element'));
});

test('an invalid file is refused with the line and the reason', () => {
  const cases = [
    ['', /empty/],
    ['\n\n', /empty/],
    ['not json', /^Line 1: not valid JSON/],
    ['[1]', /^Line 1: not a JSON object/],
    ['{"log": {}}', /^Line 1: .*not an export/],
    ['{"type": "Capture", "version": 2}', /^Line 1: version must be 1/],
    ['{"type": "Capture", "version": 1}\n\n{"type": "Frame"', /^Line 3: not valid JSON/],
    ['{"type": "Capture", "version": 1}\n{"type": "Later"}', /^Line 2: type must be/],
    [changed('Connection', { url: 7 }), /^Line 2: connection\.url is 7; it must be a string/],
    [
      changed('Connection', { state: 'dancing' }),
      /connection\.state is "dancing"; it must be one of connecting, /,
    ],
    [
      changed('Connection', { steps: [{ kind: 'tcp', target: 'a', start: -1, detail: '' }] }),
      /steps\[0\]\.start is -1/,
    ],
    [changed('Connection', { request: undefined }), /connection\.request is missing/],
    [
      changed('Connection', { url: 'x'.repeat(2 ** 20 + 1) }),
      /url has 1048577 characters; the limit is 1048576/,
    ],
    [
      changed('Connection', { states: Array(10_001).fill({}) }),
      /states has 10001 elements; the limit is 10000/,
    ],
    [changed('Frame', { connection: 'main/9' }), /^Line 3: frame is of connection "main\/9"/],
    [changed('Frame', { connection: '__proto__' }), /^Line 3: frame is of connection "__proto__"/],
    [changed('Frame', { size: 1.5 }), /frame\.size is 1\.5/],
    [changed('Frame', { size: 2 ** 60 }), /frame\.size is 1152921504606847000/],
    [changed('Frame', { firstByte: 256 }), /frame\.firstByte is 256/],
    [changed('Frame', { isSent: 'yes' }), /frame\.isSent is "yes"; it must be true or false/],
    [changed('Frame', { text: 7 }), /frame\.text is 7/],
    [changed('Frame', { text: undefined, binary: '*' }), /frame\.binary is not valid base64/],
    [
      `${changed('Frame', {})}\n${JSON.stringify(linesOf(captureOf([]))[1])}`,
      /^Line 4: connection\.key is "main\/1", as that of an earlier/,
    ],
  ];
  for (const [file, message] of cases) {
    assert.throws(() => fromJsonLines(file), { name: 'InvalidCapture', message }, file.slice(0, 200));
  }
});

test('unknown fields are left out, and a file cannot reach a prototype', () => {
  const file = changed('Connection', { later: 1 }).replace('"id":"1"', '"__proto__":{"polluted":1},"id":"1"');
  const [connection] = fromJsonLines(file).connections;
  assert.equal(connection.later, undefined);
  assert.equal(connection.polluted, undefined);
  assert.equal({}.polluted, undefined);
});

test('CRLF, and a last line without a line break, are accepted', () => {
  const capture = randomCapture(5);
  assert.deepEqual(fromJsonLines(toJsonLines(capture).trimEnd().replaceAll('\n', '\r\n')), capture);
});

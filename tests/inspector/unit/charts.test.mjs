import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  formatByteRate,
  formatBytes,
  formatClock,
  formatDuration,
  formatRate,
} from '../../../dart/extension/devtools/build/quantity.js';
import { ratesOf, samplesOf } from '../../../dart/extension/devtools/build/rates.js';
import {
  clockTicks,
  durationTicks,
  linearScale,
  nearest,
  niceMaximum,
  spread,
} from '../../../dart/extension/devtools/build/scale.js';
import { rangeOf, segmentsOf } from '../../../dart/extension/devtools/build/timeline_chart.js';
import { layOut } from '../../../dart/extension/devtools/build/waterfall.js';
import { START, bytes, frameOf, random } from '../support/captures.mjs';

const SECOND = 1_000_000;

test('quantities have three digits and the unit that fits', () => {
  const plain = (text) => text.replaceAll('\u00a0', ' ');
  const cases = [
    [
      formatBytes,
      [
        [0, '0 B'],
        [999, '999 B'],
        [1000, '1 kB'],
        [1250, '1.25 kB'],
        [12_500, '12.5 kB'],
        [999_600, '1 MB'],
        [3e9, '3 GB'],
        [2 ** 53, '9.01 PB'],
      ],
    ],
    [formatByteRate, [[1536, '1.54 kB/s']]],
    [
      formatRate,
      [
        [0, '0/s'],
        [0.5, '0.5/s'],
        [12.34, '12.3/s'],
        [123.4, '123/s'],
        [12_345.6, '12,346/s'],
      ],
    ],
    [
      formatDuration,
      [
        [0, '0 µs'],
        [250, '250 µs'],
        [999.6, '1 ms'],
        [1250, '1.25 ms'],
        [999_600, '1 s'],
        [12_500_000, '12.5 s'],
        [59_970_000, '1 min'],
        [125 * SECOND, '2 min 5 s'],
        [3600 * SECOND, '1 h'],
        [11_520 * SECOND, '3 h 12 min'],
      ],
    ],
  ];
  for (const [format, values] of cases) {
    for (const [value, expected] of values) assert.equal(plain(format(value)), expected);
  }
  assert.match(formatClock(START), /^\d\d:\d\d:\d\d$/);
});

test('an axis ends at the next round value', () => {
  for (const [value, expected] of [
    [0, 5],
    [5, 5],
    [5.1, 6],
    [10, 10],
    [11, 15],
    [21, 25],
    [26, 30],
    [310, 400],
    [99e9, 100e9],
  ]) {
    assert.equal(niceMaximum(value, 5), expected, String(value));
  }
  const next = random(1);
  for (let index = 0; index < 1000; index++) {
    const value = 10 ** (next() * 12 - 2);
    const maximum = niceMaximum(value, 0.001);
    assert.ok(maximum >= value * (1 - 1e-9) && maximum <= value * 1.5 * (1 + 1e-9), `${value}: ${maximum}`);
  }
});

test('a scale maps its range, and an empty one to 0', () => {
  const scale = linearScale([10, 20], 100);
  assert.deepEqual([10, 15, 20].map(scale), [0, 50, 100]);
  assert.equal(linearScale([10, 10], 100)(10), 0);
});

test('ticks of durations are round and not too many', () => {
  assert.deepEqual(durationTicks(143_000, 4), [0, 50_000, 100_000]);
  assert.deepEqual(durationTicks(100, 4), [0, 25, 50, 75, 100]);
  assert.deepEqual(durationTicks(0, 4), [0]);
  const next = random(2);
  for (let index = 0; index < 1000; index++) {
    const end = 1 + next() * 1e9;
    const ticks = durationTicks(end, 4);
    assert.ok(ticks.length >= 2 && ticks.length <= 5 && ticks.at(-1) <= end * (1 + 1e-9), `${end}: ${ticks}`);
  }
});

test('ticks of the clock are round times within the range', () => {
  const next = random(3);
  for (let index = 0; index < 500; index++) {
    const start = START + Math.floor(next() * 86_400 * SECOND);
    const end = start + Math.ceil(next() * 7200 * SECOND);
    const ticks = clockTicks([start, end], 6);
    assert.ok(ticks.length <= 6);
    assert.ok(ticks.every((tick) => tick >= start && tick <= end && tick % SECOND === 0));
  }
  assert.deepEqual(
    clockTicks([START, START + 10 * SECOND], 5).map((tick) => (tick - START) / SECOND),
    [0, 2, 4, 6, 8],
  );
  assert.deepEqual(clockTicks([START, START], 5), []);
  assert.ok(clockTicks([START, START + 40 * 86_400 * SECOND], 4).length <= 4);
});

test('labels are moved apart and keep their order', () => {
  assert.deepEqual(spread([10, 50], 14, 0, 100), [10, 50]);
  assert.deepEqual(spread([50, 50], 14, 0, 100), [50, 64]);
  assert.deepEqual(spread([99, 98], 14, 0, 100), [100, 86]);
  assert.deepEqual(spread([], 14, 0, 100), []);
});

test('the nearest value is found', () => {
  const values = [10, 20, 40];
  for (const [value, expected] of [
    [-5, 0],
    [14, 0],
    [16, 1],
    [29, 1],
    [31, 2],
    [99, 2],
  ]) {
    assert.equal(nearest(values, value), expected, String(value));
  }
  assert.equal(nearest([], 1), -1);
});

const stats = (bytesSent, messages, roundTrips = 0, lastRoundTrip = null) => ({
  bytesSent,
  bytesReceived: 2 * bytesSent,
  sent: { messages },
  received: { messages: 3 * messages },
  roundTrips,
  lastRoundTrip,
});

test('rates are those between two samples', () => {
  const rates = ratesOf([
    { time: START, stats: stats(1000, 1), bufferedAmount: 0 },
    { time: START + 2 * SECOND, stats: stats(3000, 5, 1, 700), bufferedAmount: 9 },
    { time: START + 3 * SECOND, stats: stats(3000, 5, 1, 700), bufferedAmount: 0 },
  ]);
  assert.deepEqual(rates, [
    {
      start: START,
      time: START + 2 * SECOND,
      sentBytes: 1000,
      receivedBytes: 2000,
      sentMessages: 2,
      receivedMessages: 6,
      roundTrip: 700,
      bufferedAmount: 9,
    },
    {
      start: START + 2 * SECOND,
      time: START + 3 * SECOND,
      sentBytes: 0,
      receivedBytes: 0,
      sentMessages: 0,
      receivedMessages: 0,
      roundTrip: null,
      bufferedAmount: 0,
    },
  ]);
});

test('no samples, one, none open yet and a second one at the same time have no rates', () => {
  const sample = { time: START, stats: stats(1, 1), bufferedAmount: 0 };
  for (const samples of [
    [],
    [sample],
    [{ time: START, stats: null, bufferedAmount: 0 }, sample],
    [sample, sample],
  ]) {
    assert.deepEqual(ratesOf(samples), []);
  }
});

test('a counter that starts again is no negative rate', () => {
  const [rate] = ratesOf([
    { time: START, stats: stats(9000, 9) },
    { time: START + SECOND, stats: stats(10, 1) },
  ]);
  assert.equal(rate.sentBytes, 0);
  assert.equal(rate.sentMessages, 0);
});

test('frames of a file give rates, in at most 600 steps', () => {
  const next = random(4);
  const frames = Array.from({ length: 5000 }, () =>
    frameOf({
      time: START + Math.floor(next() * 7200 * SECOND),
      isSent: next() < 0.5,
      firstByte: next() < 0.1 ? 0x89 : 0x82,
      size: Math.floor(next() * 100),
    }),
  );
  const samples = samplesOf(frames);
  assert.ok(samples.length <= 601);
  const last = samples.at(-1).stats;
  const sum = (isSent, value) =>
    frames.filter((it) => it.isSent === isSent).reduce((total, it) => total + value(it), 0);
  assert.equal(
    last.bytesSent,
    sum(true, ({ size }) => size),
  );
  assert.equal(
    last.bytesReceived,
    sum(false, ({ size }) => size),
  );
  assert.equal(
    last.sent.messages,
    sum(true, ({ isControl }) => Number(!isControl)),
  );
  assert.deepEqual(samplesOf([]), []);
  assert.equal(samplesOf([frameOf({ payload: bytes('x') })]).length, 2);
});

test('the chart begins with the connection, and is not stretched', () => {
  const states = [
    { state: 'connecting', time: START },
    { state: 'open', time: START + SECOND },
  ];
  assert.deepEqual(rangeOf([], [], states), { range: [START, START + 20 * SECOND], until: START + SECOND });
  assert.deepEqual(rangeOf([], [], []), { range: [0, 20 * SECOND], until: 0 });
  const rates = [
    { start: START + 100 * SECOND, time: START + 101 * SECOND },
    { start: START + 101 * SECOND, time: START + 200 * SECOND },
  ];
  assert.deepEqual(
    rangeOf(rates, [], states).range,
    [START + 100 * SECOND, START + 200 * SECOND],
    'what was measured has the width',
  );
  assert.deepEqual(rangeOf([{ start: START + 3 * SECOND, time: START + 60 * SECOND }], [], states).range, [
    START,
    START + 60 * SECOND,
  ]);
  const long = rangeOf([{ start: START, time: START + 5000 * SECOND }], [], states);
  assert.deepEqual(long.range, [START + 4400 * SECOND, START + 5000 * SECOND], 'the last ten minutes');
});

test('the states fill the band until the last thing that is known', () => {
  const states = [
    { state: 'connecting', time: START, detail: null },
    { state: 'open', time: START + 1 },
    { state: 'closed', time: START + 9, detail: '1006' },
  ];
  const parts = (from, until) =>
    segmentsOf(states, from, until).map(({ state, start, end, detail }) => [
      state,
      start - START,
      end - START,
      detail,
    ]);
  assert.deepEqual(parts(START, START + 20), [
    ['connecting', 0, 1, ''],
    ['open', 1, 9, ''],
    ['closed', 9, 20, '1006'],
  ]);
  assert.deepEqual(parts(START + 5, START + 9), [
    ['open', 5, 9, ''],
    ['closed', 9, 9, '1006'],
  ]);
});

const step = (kind, start, end, fields = {}) => ({
  kind,
  target: 'example.com',
  start: START + start,
  end: end === null ? null : START + end,
  detail: '',
  error: null,
  ...fields,
});
const connecting = { state: 'connecting', time: START, detail: null };
const plain = (text) => text.replaceAll('\u00a0', ' ');

test('an attempt without an end was given up when another one won', () => {
  const { rows, summary, span, state } = layOut({
    state: 'open',
    error: null,
    states: [connecting, { state: 'open', time: START + 100_000 }],
    steps: [
      step('lookup', 0, 10_000),
      step('tcp', 10_000, 60_000),
      step('tcp', 30_000, null),
      step('upgrade', 60_000, 100_000),
    ],
  });
  assert.deepEqual(
    rows.map((row) => [row.kind, row.state, row.start, row.end]),
    [
      ['lookup', 'done', 0, 10_000],
      ['tcp', 'done', 10_000, 60_000],
      ['tcp', 'abandoned', 30_000, 60_000],
      ['upgrade', 'done', 60_000, 100_000],
    ],
  );
  assert.equal(plain(summary), 'Open after 100 ms.');
  assert.equal(state, 'open');
  assert.equal(span, 100_000);
});

test('the wait before an attempt is not part of connecting', () => {
  const { rows, summary, span } = layOut({
    state: 'open',
    error: null,
    states: [connecting, { state: 'open', time: START + 5_010_000 }],
    steps: [step('lookup', 5_000_000, 5_010_000)],
  });
  assert.deepEqual([rows[0].start, rows[0].end, span], [0, 10_000, 10_000]);
  assert.equal(plain(summary), 'Open after 10 ms.');
});

test('an attempt of an earlier request does not end one of a later request', () => {
  const { rows } = layOut({
    state: 'open',
    error: null,
    states: [connecting, { state: 'open', time: START + 100 }],
    steps: [
      step('tcp', 0, 10),
      step('upgrade', 10, 20, { detail: '302 to /b' }),
      step('tcp', 20, null),
      step('tcp', 30, 60),
      step('upgrade', 60, 100),
    ],
  });
  assert.deepEqual(
    rows.map(({ request, end }) => [request, end]),
    [
      [1, 10],
      [1, 20],
      [2, 60],
      [2, 60],
      [2, 100],
    ],
  );
});

test('steps that run last until now, by the clock of the app', () => {
  const connection = {
    state: 'connecting',
    error: null,
    states: [connecting],
    steps: [step('lookup', 0, 10_000), step('tcp', 10_000, null)],
  };
  const { rows, summary, state } = layOut(connection, START + 500_000);
  assert.deepEqual(
    [rows[1].state, rows[1].end, plain(summary), state],
    ['running', 500_000, 'Connecting for 500 ms so far.', 'connecting'],
  );
  // A clock that is an hour ahead is another one.
  assert.equal(layOut(connection, START + 3600 * SECOND).rows[1].end, 10_000);
});

test('a failure has its cause and the time until then', () => {
  const { rows, summary, state } = layOut({
    state: 'failed',
    error: 'TimeoutException',
    states: [connecting, { state: 'failed', time: START + 2_000_000, detail: null }],
    steps: [step('tcp', 0, 1000, { error: 'Connection refused' }), step('tcp', 500, null)],
  });
  assert.deepEqual(
    rows.map((row) => [row.state, row.end]),
    [
      ['failed', 1000],
      ['abandoned', 2_000_000],
    ],
  );
  assert.equal(plain(summary), 'Failed after 2 s: TimeoutException');
  assert.equal(state, 'failed');
});

test('a connection without steps or states is no error', () => {
  const { rows, span } = layOut({ state: 'closed', error: null, states: [], steps: [] });
  assert.deepEqual(rows, []);
  assert.ok(span > 0);
});

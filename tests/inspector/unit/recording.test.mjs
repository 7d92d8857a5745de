import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frame } from '../../../dart/extension/devtools/build/frame.js';
import { Recording } from '../../../dart/extension/devtools/build/model/recording.js';

const MAIN = { id: 'isolates/1', name: 'main' };
const WORKER = { id: 'isolates/2', name: 'worker' };

function connection(id, fields = {}) {
  return { id, url: 'ws://example.com/', state: 'open', states: [], steps: [], reconnecting: null,
    stats: { sent: {}, received: {} }, bufferedAmount: 0, ...fields };
}

function frame(number, bytes = 0) {
  return new Frame({ time: number, number, isSent: true, firstByte: 0x82, size: bytes, payload: new Uint8Array(bytes) });
}

test('equal ids of two isolates are two connections', () => {
  const recording = new Recording();
  recording.update(MAIN, { connections: [connection('1')], reconnecting: [] });
  recording.update(WORKER, { connections: [connection('1')], reconnecting: [] });
  assert.deepEqual([...recording.connections.values()].map(({ key, isolate }) => [key, isolate]),
    [['isolates/1/1', 'main'], ['isolates/2/1', 'worker']]);
});

test('a connection belongs to the reconnecting channel of its isolate', () => {
  const recording = new Recording();
  recording.update(MAIN, { connections: [connection('1', { reconnecting: '3' })], reconnecting: [{ id: '3', state: 'open' }] });
  const [{ reconnectingKey }] = recording.connections.values();
  assert.equal(recording.reconnecting.get(reconnectingKey).id, '3');
});

test('a connection that the app no longer keeps stays, as a lost one', () => {
  const recording = new Recording();
  recording.update(MAIN, { connections: [connection('1'), connection('2')], reconnecting: [] });
  recording.append('isolates/1/1', [frame(1)]);
  recording.update(MAIN, { connections: [connection('2')], reconnecting: [] });
  assert.equal(recording.connections.get('isolates/1/1').isLost, true);
  assert.equal(recording.connections.get('isolates/1/2').isLost, false);
  assert.equal(recording.store('isolates/1/1').frameCount, 1);
  assert.equal(recording.lostCount, 1);
  recording.removeLost();
  assert.deepEqual([...recording.connections.keys()], ['isolates/1/2']);
  assert.equal(recording.store('isolates/1/1').frameCount, 0);
});

test('the oldest lost connections are removed beyond 200, but never the shown one', () => {
  const recording = new Recording();
  const all = Array.from({ length: 300 }, (_, i) => connection(String(i)));
  recording.update(MAIN, { connections: all, reconnecting: [] });
  recording.update(MAIN, { connections: [], reconnecting: [] }, 'isolates/1/0');
  assert.equal(recording.connections.size, 201);
  assert.ok(recording.connections.has('isolates/1/0'));
  assert.ok(recording.connections.has('isolates/1/299'));
  assert.ok(!recording.connections.has('isolates/1/50'));
});

test('what the app omits from a long list is not lost', () => {
  const recording = new Recording();
  recording.update(MAIN, { connections: [connection('1'), connection('2')], reconnecting: [] });
  recording.update(MAIN, { connections: [connection('3')], omitted: 2, reconnecting: [] }, 'isolates/1/1');
  assert.deepEqual([...recording.connections.keys()], ['isolates/1/1', 'isolates/1/3']);
  assert.equal(recording.lostCount, 0);
});

test('the end of an isolate leaves the other ones alone', () => {
  const recording = new Recording();
  recording.update(MAIN, { connections: [connection('1')], reconnecting: [] });
  recording.update(WORKER, { connections: [connection('1')], reconnecting: [] });
  recording.lose('isolates/2');
  assert.deepEqual([...recording.connections.values()].map(({ isLost }) => isLost), [false, true]);
  recording.lose();
  assert.deepEqual([...recording.connections.values()].map(({ isLost }) => isLost), [true, true]);
});

test('all payloads together are bounded: those of the connection shown longest ago go first', () => {
  const recording = new Recording();
  const ids = ['1', '2', '3', '4', '5'];
  recording.update(MAIN, { connections: ids.map((id) => connection(id)), reconnecting: [] });
  for (const id of ids) recording.append(`isolates/1/${id}`, [frame(1, 60 * 1024 * 1024)]);
  assert.equal(recording.store('isolates/1/1').frameCount, 0);
  assert.equal(recording.store('isolates/1/1').dropped, 1);
  for (const id of ids.slice(1)) assert.equal(recording.store(`isolates/1/${id}`).frameCount, 1);
});

test('all frames together are bounded, so that a file holds them', () => {
  const recording = new Recording();
  const ids = Array.from({ length: 11 }, (_, i) => `${i}`);
  recording.update(MAIN, { connections: ids.map((id) => connection(id)), reconnecting: [] });
  const frames = Array.from({ length: 100_000 }, (_, i) => frame(i + 1));
  for (const id of ids) recording.append(`isolates/1/${id}`, frames);
  assert.equal(recording.store('isolates/1/0').frameCount, 0);
  for (const id of ids.slice(1)) assert.equal(recording.store(`isolates/1/${id}`).frameCount, 100_000);
});

test('samples are bounded, and end with the connection', () => {
  const recording = new Recording();
  recording.update(MAIN, { connections: [connection('1')], reconnecting: [] });
  for (let time = 1; time <= 700; time++) recording.sample(time);
  assert.equal(recording.samples('isolates/1/1').length, 600);
  assert.equal(recording.samples('isolates/1/1').at(-1).time, 700);
  recording.update(MAIN, { connections: [connection('1', { state: 'closed' })], reconnecting: [] });
  recording.sample(701);
  recording.sample(702);
  assert.equal(recording.samples('isolates/1/1').at(-1).time, 701);
});

test('a recording becomes a capture and back', () => {
  const recording = new Recording();
  recording.update(MAIN, { connections: [connection('1', { reconnecting: '3' })], reconnecting: [{ id: '3', state: 'open' }] });
  recording.append('isolates/1/1', [frame(2), frame(5)]);
  const copy = Recording.fromCapture(recording.toCapture(), 'file.har');
  assert.equal(copy.fileName, 'file.har');
  assert.deepEqual(copy.store('isolates/1/1').frames(), [frame(2), frame(5)]);
  assert.equal(copy.store('isolates/1/1').leftOut, 3);
  assert.equal(copy.connections.get('isolates/1/1').reconnectingKey, 'isolates/1/3');
  assert.equal(copy.lostCount, 0);
});

test('an answer without its lists is an empty one', () => {
  const recording = new Recording();
  recording.update(MAIN, {});
  assert.equal(recording.connections.size, 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frame } from '../../../dart/extension/devtools/build/model/frame.js';
import { FrameStore, Gap } from '../../../dart/extension/devtools/build/model/frame_store.js';

function frame(number, { isSent = false, bytes = 0 } = {}) {
  return new Frame({ time: number, number, isSent, firstByte: 0x82, size: bytes, messageSize: bytes,
    payload: new Uint8Array(bytes) });
}

function entries(store) {
  const all = [];
  for (let i = store.first; i < store.end; i++) all.push(store.at(i));
  return all;
}

test('numbers that are missing become a gap of their direction', () => {
  const store = new FrameStore();
  store.append([frame(1), frame(2), frame(3, { isSent: true }), frame(6)]);
  const [one, two, sentGap, sent, receivedGap, six] = entries(store);
  assert.deepEqual([one.number, two.number, sent.number, six.number], [1, 2, 3, 6]);
  assert.deepEqual(sentGap, new Gap(true, 2));
  assert.deepEqual(receivedGap, new Gap(false, 3));
  assert.equal(store.leftOut, 5);
  assert.equal(store.frames().length, 4);
});

test('a gap is found across two answers', () => {
  const store = new FrameStore();
  store.append([frame(1)]);
  store.append([frame(4)]);
  assert.equal(store.leftOut, 2);
});

test('frames behind the last recorded one count as left out until they come', () => {
  const store = new FrameStore();
  store.append([frame(1)]);
  store.setTotals(3, 5);
  assert.equal(store.leftOut, 7);
  store.append([frame(5)]);
  store.setTotals(3, 5);
  assert.equal(store.leftOut, 6);
});

test('the oldest entries are dropped beyond the number of entries', () => {
  const store = new FrameStore({ maxEntries: 3 });
  store.append([frame(1), frame(2), frame(3)]);
  store.append([frame(4), frame(5)]);
  assert.deepEqual(entries(store).map(({ number }) => number), [3, 4, 5]);
  assert.equal(store.first, 2);
  assert.equal(store.at(1), undefined);
  assert.equal(store.dropped, 2);
});

test('the oldest entries are dropped beyond the bytes of payloads, but the newest frame stays', () => {
  const store = new FrameStore({ maxBytes: 100 });
  store.append([frame(1, { bytes: 40 }), frame(2, { bytes: 40 }), frame(3, { bytes: 40 })]);
  assert.equal(store.bytes, 80);
  assert.equal(store.dropped, 1);
  store.append([frame(4, { bytes: 500 })]);
  assert.deepEqual(entries(store).map(({ number }) => number), [4]);
});

test('a gap that is dropped is no dropped frame', () => {
  const store = new FrameStore({ maxEntries: 1 });
  store.append([frame(5), frame(6)]);
  assert.equal(store.dropped, 1);
  assert.equal(store.leftOut, 4);
});

test('an index stays the same while hundreds of thousands of entries pass', () => {
  const store = new FrameStore({ maxEntries: 1000 });
  for (let number = 1; number <= 200_000; number += 500) {
    store.append(Array.from({ length: 500 }, (_, i) => frame(number + i)));
    assert.equal(store.at(store.end - 1).number, store.end);
    assert.equal(store.at(store.first).number, store.first + 1);
  }
  assert.equal(store.dropped, 199_000);
});

test('what comes after clearing continues the numbers', () => {
  const store = new FrameStore();
  store.append([frame(1), frame(2)]);
  store.clear();
  assert.deepEqual(entries(store), []);
  store.append([frame(3)]);
  assert.equal(store.leftOut, 0);
  assert.equal(store.first, 2);
  assert.equal(store.at(2).number, 3);
});

test('clearing forgets what was left out before, also behind the last frame', () => {
  const store = new FrameStore();
  store.append([frame(5)]);
  store.setTotals(3, 9);
  store.clear();
  assert.equal(store.leftOut, 0);
  store.append([frame(11)]);
  assert.equal(store.leftOut, 1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frame } from '../../../dart/extension/devtools/build/frame.js';
import { Filter } from '../../../dart/extension/devtools/build/model/filter.js';
import { FrameStore } from '../../../dart/extension/devtools/build/model/frame_store.js';
import { Rows, Search } from '../../../dart/extension/devtools/build/model/rows.js';

function frames(from, count) {
  return Array.from({ length: count }, (_, i) => new Frame({
    time: 1, number: from + i, isSent: false, firstByte: 0x81, size: 8, messageSize: 8,
    payload: new TextEncoder().encode(`frame ${from + i}`),
  }));
}

function rowsOf(store, filter = new Filter()) {
  const rows = new Rows(store, filter);
  rows.update();
  return rows;
}

test('rows are the entries that pass the filter', () => {
  const store = new FrameStore();
  store.append(frames(1, 20));
  const rows = rowsOf(store, new Filter({ text: 'frame 1' }));
  assert.deepEqual(Array.from({ length: rows.length }, (_, i) => rows.entryAt(i).number),
    [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  assert.equal(rows.rowOf(0), 0);
  assert.equal(rows.rowOf(5), 1, 'the row of a hidden entry is the next one');
  assert.equal(rows.rowOf(19), -1);
});

test('rows whose entries were dropped leave at the top', () => {
  const store = new FrameStore({ maxEntries: 10 });
  store.append(frames(1, 10));
  const rows = rowsOf(store);
  store.append(frames(11, 4));
  assert.equal(rows.update(), 4);
  assert.equal(rows.length, 10);
  assert.equal(rows.entryAt(0).number, 5);
});

test('gaps are rows, but no frames', () => {
  const store = new FrameStore({ maxEntries: 3 });
  store.append([...frames(1, 1), ...frames(5, 1)]);
  const rows = rowsOf(store);
  assert.equal(rows.length, 3);
  assert.equal(rows.frameCount, 2);
  assert.equal(store.frameCount, 2);
  store.append(frames(6, 2));
  rows.update();
  assert.equal(rows.frameCount, 3);
  assert.equal(store.frameCount, 3);
});

test('rows keep up with a store that drops more than was looked at', () => {
  const store = new FrameStore({ maxEntries: 10 });
  const rows = rowsOf(store);
  store.append(frames(1, 100));
  rows.update();
  assert.equal(rows.length, 10);
  assert.equal(rows.entryAt(9).number, 100);
});

test('frames between two indexes are those that pass the filter', () => {
  const store = new FrameStore();
  store.append([...frames(1, 10), ...frames(12, 1)]);
  const numbers = (rows, from, to) => rows.framesBetween(from, to).map(({ number }) => number);
  assert.deepEqual(numbers(rowsOf(store), 2, 4), [3, 4, 5]);
  assert.deepEqual(numbers(rowsOf(store), 9, 11), [10, 12], 'a gap is no frame');
  const filtered = rowsOf(store, new Filter({ text: 'frame 1' }));
  assert.deepEqual(numbers(filtered, 1, 10), [10]);
  assert.deepEqual(numbers(filtered, 3, 5), []);
  const beginning = rowsOf(store, new Filter({ text: 'frame 2' }));
  assert.deepEqual(numbers(beginning, 9, 9), [], 'a selected frame that is hidden, behind all rows');
});

test('filtering stops when its time is up, and continues later', () => {
  const store = new FrameStore();
  store.append(frames(1, 1000));
  let time = 0;
  const now = () => time++;
  const rows = new Rows(store, new Filter());
  rows.update(2, now);
  assert.ok(!rows.isComplete);
  assert.ok(rows.length > 0 && rows.length < 1000);
  assert.ok(rows.progress > 0 && rows.progress < 1);
  while (!rows.isComplete) rows.update(2, now);
  assert.equal(rows.length, 1000);
});

test('a search goes forwards and backwards from a row, and round once', () => {
  const store = new FrameStore();
  store.append(frames(1, 30));
  const rows = rowsOf(store);
  assert.equal(new Search(rows, 'FRAME 2', null, 1).update(), 1);
  assert.equal(new Search(rows, 'frame 2', 1, 1).update(), 19);
  assert.equal(new Search(rows, 'frame 2', 1, -1).update(), 28);
  assert.equal(new Search(rows, 'frame 30', 29, 1).update(), 29, 'the row itself is the last one');
  assert.equal(new Search(rows, 'frame 2', null, -1).update(), 28);
  assert.equal(new Search(rows, 'absent', 3, 1).update(), -1);
  assert.equal(new Search(rowsOf(new FrameStore()), 'x', null, 1).update(), -1);
});

test('a search stops when its time is up, and continues where it was', () => {
  const store = new FrameStore();
  store.append(frames(1, 5000));
  const rows = rowsOf(store);
  const search = new Search(rows, 'frame 5000', null, 1);
  let time = 0;
  let steps = 0;
  let row;
  do {
    row = search.update(2, () => time++);
    steps++;
  } while (row === null);
  assert.equal(row, 4999);
  assert.ok(steps > 5);
});

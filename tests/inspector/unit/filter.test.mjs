import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frame, OPCODES } from '../../../dart/extension/devtools/build/model/frame.js';
import { Filter, parseSize } from '../../../dart/extension/devtools/build/model/filter.js';
import { Gap } from '../../../dart/extension/devtools/build/model/frame_store.js';

function frame(text, { isSent = false, opcode = OPCODES.text, size } = {}) {
  const payload = typeof text === 'string' ? new TextEncoder().encode(text) : Uint8Array.from(text);
  return new Frame({ time: 1, number: 1, isSent, firstByte: 0x80 | opcode, size: size ?? payload.length,
    messageSize: payload.length, payload });
}

test('an empty filter lets everything through', () => {
  const filter = new Filter();
  assert.ok(filter.isEmpty);
  assert.ok(filter.matches(frame('a')));
  assert.ok(filter.matches(new Gap(true, 1)));
});

test('a direction holds for frames and gaps', () => {
  const filter = new Filter({ direction: 'sent' });
  assert.ok(filter.matches(frame('a', { isSent: true })));
  assert.ok(!filter.matches(frame('a')));
  assert.ok(filter.matches(new Gap(true, 1)));
  assert.ok(!filter.matches(new Gap(false, 1)));
});

test('gaps are hidden when a filter looks into frames', () => {
  for (const filter of [new Filter({ text: 'a' }), new Filter({ hiddenOpcodes: [OPCODES.ping] }),
    new Filter({ minSize: 1 })]) {
    assert.ok(!filter.matches(new Gap(true, 1)));
  }
});

test('hidden opcodes are left out', () => {
  const filter = new Filter({ hiddenOpcodes: [OPCODES.ping, OPCODES.pong] });
  assert.ok(!filter.matches(frame('', { opcode: OPCODES.ping })));
  assert.ok(filter.matches(frame('')));
});

test('a text is found in any case, also in binary payloads and close reasons', () => {
  const filter = new Filter({ text: 'HeLLo' });
  assert.ok(filter.matches(frame('say hello')));
  assert.ok(filter.matches(frame([0, 255, ...new TextEncoder().encode('HELLO')], { opcode: OPCODES.binary })));
  assert.ok(filter.matches(frame([3, 232, ...new TextEncoder().encode('hello')], { opcode: OPCODES.close })));
  assert.ok(!filter.matches(frame('')));
  assert.ok(new Filter({ text: '1000' }).matches(frame([3, 232], { opcode: OPCODES.close })));
});

test('an inverted text lets through what does not contain it', () => {
  const filter = new Filter({ text: 'beat', isInverted: true });
  assert.ok(!filter.matches(frame('heartbeat')));
  assert.ok(filter.matches(frame('data')));
  assert.ok(filter.matches(frame('')));
});

test('bounds of the size on the wire are inclusive', () => {
  const filter = new Filter({ minSize: 2, maxSize: 3 });
  assert.deepEqual([1, 2, 3, 4].map((size) => filter.matches(frame('', { size }))), [false, true, true, false]);
});

test('sizes are read with decimal and binary units', () => {
  assert.equal(parseSize(' '), null);
  assert.equal(parseSize('512'), 512);
  assert.equal(parseSize('4k'), 4000);
  assert.equal(parseSize('4 KiB'), 4096);
  assert.equal(parseSize('1.5 MB'), 1_500_000);
  assert.ok(Number.isNaN(parseSize('4x')));
  assert.ok(Number.isNaN(parseSize('-1')));
});

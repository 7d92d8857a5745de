import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frame, InvalidFrames, opcodeName, toBase64, unpackFrames }
  from '../../../dart/extension/devtools/build/model/frame.js';

/** Packs records as the app does (the layout is that of ext.rust_web_socket.frames). */
function pack(records) {
  return Buffer.concat(records.map((record) => {
    const header = Buffer.alloc(38);
    header[0] = record.flags;
    header[1] = record.firstByte;
    header.writeBigUInt64LE(record.time, 2);
    header.writeBigUInt64LE(record.number, 10);
    header.writeBigUInt64LE(record.size, 18);
    header.writeBigUInt64LE(record.messageSize, 26);
    header.writeUInt32LE(record.payload.length, 34);
    return Buffer.concat([header, record.payload]);
  })).toString('base64');
}

const NONE = 0xffff_ffff_ffff_ffffn;

test('a record becomes a frame with every field', () => {
  const [frame, ping] = unpackFrames(pack([
    { flags: 3, firstByte: 0xc1, time: 1764352800123456n, number: 7n, size: 5n, messageSize: 9n,
      payload: Buffer.from('message') },
    { flags: 0, firstByte: 0x89, time: 1764352800123457n, number: 1n, size: 0n, messageSize: NONE,
      payload: Buffer.alloc(0) },
  ]));
  assert.equal(frame.time, 1764352800123456);
  assert.equal(frame.number, 7);
  assert.equal(frame.isSent, true);
  assert.equal(frame.opcode, 1);
  assert.equal(frame.isFinal, true);
  assert.equal(frame.isCompressed, true);
  assert.equal(frame.isControl, false);
  assert.equal(frame.size, 5);
  assert.equal(frame.messageSize, 9);
  assert.equal(frame.hasMessagePayload, true);
  assert.equal(frame.fullPayloadLength, 9);
  assert.equal(Buffer.from(frame.payload).toString(), 'message');
  assert.equal(ping.isSent, false);
  assert.equal(ping.isControl, true);
  assert.equal(ping.messageSize, null);
  assert.equal(ping.payload.length, 0);
  assert.equal(opcodeName(ping.opcode), 'ping');
});

test('sizes over 4 GiB are read exactly', () => {
  const [frame] = unpackFrames(pack([{ flags: 0, firstByte: 0x82, time: 1n, number: 2n ** 40n + 1n,
    size: 2n ** 33n + 3n, messageSize: 2n ** 52n + 1n, payload: Buffer.alloc(0) }]));
  assert.equal(frame.number, 2 ** 40 + 1);
  assert.equal(frame.size, 2 ** 33 + 3);
  assert.equal(frame.messageSize, 2 ** 52 + 1);
});

test('an empty answer has no frames', () => {
  assert.deepEqual(unpackFrames(''), []);
});

test('a cut record and invalid base64 are refused', () => {
  const whole = Buffer.from(pack([{ flags: 0, firstByte: 0x81, time: 1n, number: 1n, size: 4n,
    messageSize: 4n, payload: Buffer.from('data') }]), 'base64');
  for (const length of [1, 37, 38, 41]) {
    assert.throws(() => unpackFrames(whole.subarray(0, length).toString('base64')), InvalidFrames);
  }
  assert.throws(() => unpackFrames('*'), InvalidFrames);
});

test('an opcode that the RFC does not define has a name', () => {
  assert.equal(opcodeName(3), 'reserved 3');
});

test('bytes become base64 whatever their number', () => {
  const bytes = new Uint8Array(100_000).map((_, i) => i);
  assert.equal(toBase64(bytes), Buffer.from(bytes).toString('base64'));
});

test('a frame without its own message size has the size on the wire', () => {
  const frame = new Frame({ time: 1, number: 1, isSent: true, firstByte: 0x01, size: 12 });
  assert.equal(frame.fullPayloadLength, 12);
  assert.equal(frame.isFinal, false);
});

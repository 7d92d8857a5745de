import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frame, OPCODES } from '../../../dart/extension/devtools/build/frame.js';
import { hexLines, parseHex } from '../../../dart/extension/devtools/build/model/hex.js';
import { decodeText, payloadKind, PayloadState, payloadState, previewOf, searchText }
  from '../../../dart/extension/devtools/build/model/payload.js';
import { pictureType } from '../../../dart/extension/devtools/build/model/picture.js';

function frame(firstByte, payload, { size = payload.length, messageSize = null, hasMessagePayload = false } = {}) {
  return new Frame({ time: 1, number: 1, isSent: false, firstByte, size, messageSize, hasMessagePayload,
    payload: Uint8Array.from(payload) });
}

const utf8 = (text) => [...new TextEncoder().encode(text)];

test('the state of a payload follows from its length', () => {
  assert.equal(payloadState(frame(0x89, [])), PayloadState.empty);
  assert.equal(payloadState(frame(0x81, [], { size: 5, messageSize: 5 })), PayloadState.notRecorded);
  assert.equal(payloadState(frame(0x81, utf8('he'), { size: 5, messageSize: 5, hasMessagePayload: true })), PayloadState.cut);
  assert.equal(payloadState(frame(0x81, utf8('hello'), { messageSize: 5, hasMessagePayload: true })), PayloadState.whole);
  assert.equal(payloadState(frame(0xc1, utf8('hello'), { size: 3, messageSize: 5, hasMessagePayload: true })), PayloadState.whole);
  assert.equal(payloadState(frame(0xc1, [], { size: 1, messageSize: 0 })), PayloadState.empty, 'an empty message, compressed');
});

test('a continuation is text if its bytes are', () => {
  assert.equal(payloadKind(frame(0x80, utf8('hé'))), 'text');
  assert.equal(payloadKind(frame(0x80, [0xff, 0xfe])), 'binary');
  assert.equal(payloadKind(frame(0x80, [0, 1])), 'binary');
  assert.equal(payloadKind(frame(0x00, utf8('é').slice(0, 1))), 'text', 'a character may be cut');
});

test('a character that is cut at the end is left out', () => {
  assert.equal(decodeText(Uint8Array.from(utf8('aé').slice(0, 2))), 'a');
  assert.equal(decodeText(Uint8Array.from([0x61, 0xff, 0x62])), 'a\ufffdb');
  assert.equal(decodeText(Uint8Array.from(utf8('\ufeffa'))), '\ufeffa');
});

test('a preview is one line', () => {
  assert.equal(previewOf(frame(0x81, utf8('a\n\tb'))), 'a b');
  assert.equal(previewOf(frame(0x82, [0, 255])), '00 ff');
  assert.equal(previewOf(frame(0x88, [0x03, 0xe8, ...utf8('bye')])), '1000 bye');
  assert.equal(previewOf(frame(0x88, [])), '');
  assert.equal(previewOf(frame(0x81, utf8('x'.repeat(1000)))).length, 240);
});

test('a preview shows what is searched for', () => {
  const payload = utf8(`${'x'.repeat(500)}needle in here`);
  assert.match(previewOf(frame(0x81, payload), 'needle'), /^…x{20}needle in here$/);
  assert.match(previewOf(frame(0x81, payload), 'absent'), /^x+$/);
  assert.equal(previewOf(frame(0x81, utf8('a needle')), 'needle'), 'a needle');
});

test('a search sees the code of a close frame', () => {
  assert.equal(searchText(frame(0x80 | OPCODES.close, [0x03, 0xe9])), '1001');
});

test('a hex dump has offsets, bytes and characters', () => {
  const lines = hexLines(Uint8Array.from({ length: 18 }, (_, i) => 0x41 + i));
  assert.deepEqual(lines, [
    '00000000  41 42 43 44 45 46 47 48  49 4a 4b 4c 4d 4e 4f 50  ABCDEFGHIJKLMNOP',
    '00000010  51 52                                             QR',
  ]);
  assert.ok(hexLines(Uint8Array.from([0, 0x7f, 0x20]))[0].endsWith('.. '));
  assert.deepEqual(hexLines(new Uint8Array(0)), []);
});

test('hex digits become bytes', () => {
  assert.deepEqual(parseHex('0a FF:10,0x01'), Uint8Array.from([10, 255, 16, 1]));
  assert.deepEqual(parseHex(''), new Uint8Array(0));
  assert.equal(parseHex('abc'), null);
  assert.equal(parseHex('zz'), null);
});

test('pictures are known by their first bytes', () => {
  assert.equal(pictureType(Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0])), 'image/png');
  assert.equal(pictureType(Uint8Array.from([0xff, 0xd8, 0xff, 0xe0])), 'image/jpeg');
  assert.equal(pictureType(Uint8Array.from(utf8('GIF89a'))), 'image/gif');
  assert.equal(pictureType(Uint8Array.from(utf8('RIFF....WEBPVP8 '))), 'image/webp');
  assert.equal(pictureType(Uint8Array.from(utf8('RIFF....WAVE'))), null);
  assert.equal(pictureType(Uint8Array.from([0x89, 0x50])), null);
  assert.equal(pictureType(Uint8Array.from(utf8('<svg xmlns="x">'))), null, 'SVG may hold scripts');
});

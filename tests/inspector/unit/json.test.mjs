import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidJson, looksLikeJson, parseJson } from '../../../dart/extension/devtools/build/model/json.js';

/** The value that a tree stands for; a value that is cut is marked. */
function plain(node) {
  const value = {
    object: () => Object.fromEntries(node.members.map((member) => [member.name, plain(member.node)])),
    array: () => node.members.map((member) => plain(member.node)),
    string: () => node.text,
    number: () => Number(node.text),
    boolean: () => node.text === 'true',
    null: () => null,
  }[node.kind]();
  return value;
}

test('valid texts are read as JSON.parse reads them', () => {
  for (const text of ['{}', '[]', ' [1, -2.5e+3, 0] ', '{"a": {"b": [true, false, null, "x"]}}',
    '"\\u00e9\\n\\"\\\\\\/\\ud83d\\ude00"', '"é😀"', '0', 'null', '{"":""}', '[[[]],{}]']) {
    assert.deepEqual(plain(parseJson(text)), JSON.parse(text), text);
  }
});

test('numbers keep their digits, and equal names are all kept', () => {
  const root = parseJson('{"id": 9007199254740993, "id": 1.0}');
  assert.deepEqual(root.members.map(({ node }) => node.text), ['9007199254740993', '1.0']);
});

test('what JSON.parse refuses is refused', () => {
  for (const text of ['', '{', '[1,]', '{"a" 1}', '{a: 1}', '[1 2]', '01', '1.', '.5', '"\\x"', '"\\u12g4"', '"a\nb"', 'nul',
    'truex', '[1]]', "'a'", '-', '{"a":1,}', '\u00a0[]']) {
    assert.throws(() => JSON.parse(text), SyntaxError, text);
    assert.throws(() => parseJson(text), InvalidJson, text);
  }
});

test('a text that is cut anywhere gives the values before the cut', () => {
  const text = '{"a": [1, {"b": "text \\u00e9", "c": null}, true], "d": -2.5e3}';
  for (let length = 1; length < text.length; length++) {
    const root = parseJson(text.slice(0, length), { mayBeCut: true });
    assert.equal(root.kind, 'object');
    assert.ok(root.isCut, text.slice(0, length));
    if (length > 9) assert.equal(root.members[0].node.members[0].node.text, '1');
  }
});

test('a text that is cut is still refused where it is wrong', () => {
  assert.throws(() => parseJson('{"a": x', { mayBeCut: true }), InvalidJson);
  assert.throws(() => parseJson('', { mayBeCut: true }), InvalidJson);
});

test('deep nesting is refused, not a stack overflow', () => {
  assert.throws(() => parseJson('['.repeat(100_000)), InvalidJson);
  assert.equal(parseJson('['.repeat(400) + ']'.repeat(400)).kind, 'array');
});

test('names such as __proto__ are names', () => {
  assert.equal(parseJson('{"__proto__": 1}').members[0].name, '__proto__');
});

test('objects and arrays look like JSON', () => {
  assert.ok(looksLikeJson(' \n{"a"'));
  assert.ok(looksLikeJson('[1'));
  assert.ok(!looksLikeJson('42'));
});

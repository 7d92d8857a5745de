import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOfPage, InvalidAddress, parseAddress } from '../../../dart/extension/devtools/build/app/address.js';

test('every form of an address becomes that of the WebSocket', () => {
  for (const text of ['http://127.0.0.1:8181/AbC=/', 'http://127.0.0.1:8181/AbC=', 'ws://127.0.0.1:8181/AbC=/ws',
    ' 127.0.0.1:8181/AbC=/ ', 'http://127.0.0.1:9100/?uri=http://127.0.0.1:8181/AbC=/',
    'http://127.0.0.1:9100/inspector?uri=ws%3A%2F%2F127.0.0.1%3A8181%2FAbC%3D%2Fws']) {
    assert.equal(parseAddress(text), 'ws://127.0.0.1:8181/AbC=/ws', text);
  }
  assert.equal(parseAddress('http://localhost:8181'), 'ws://localhost:8181/ws');
  assert.equal(parseAddress('https://example.com/AbC=/'), 'wss://example.com/AbC=/ws');
});

test('an IPv6 loopback address becomes localhost, which a policy can name', () => {
  assert.equal(parseAddress('http://[::1]:8181/AbC=/'), 'ws://localhost:8181/AbC=/ws');
});

test('other addresses are refused with a sentence', () => {
  for (const text of ['', '  ', 'http://', 'ftp://127.0.0.1/', 'javascript://127.0.0.1/%0aalert(1)', 'http://192.168.0.7:8181/AbC=/',
    'ws://example.com/ws']) {
    assert.throws(() => parseAddress(text), InvalidAddress, text);
  }
});

test('the address stands in the query or in the fragment', () => {
  assert.equal(addressOfPage({ search: '?uri=ws%3A%2F%2Flocalhost%3A1%2Fws', hash: '' }), 'ws://localhost:1/ws');
  assert.equal(addressOfPage({ search: '', hash: '#uri=http://127.0.0.1:1/A=/' }), 'http://127.0.0.1:1/A=/');
  assert.equal(addressOfPage({ search: '?theme=dark', hash: '' }), null);
});

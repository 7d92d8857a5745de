// Export to a file, and opening it again.
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

import { openCaptureFile } from '../../dart/extension/devtools/build/capture_file.js';
import { App } from './support/app.mjs';
import { openInspector } from './support/page.mjs';
import { startEchoServer } from './support/server.mjs';

const SECRET = 'c2VjcmV0LXRva2Vu';

/** A page that shows an ended connection, with the payloads of its messages. */
async function recordConnection(context) {
  const server = await startEchoServer(context);
  const app = await App.start(context);
  await app.connect('chat', `${server.url}/chat?token=${SECRET}`, {
    headers: { Authorization: `Bearer ${SECRET}`, 'User-Agent': 'test' },
    protocols: ['graphql-ws'],
    maxFrameSize: 16,
  });
  const inspector = await openInspector(context, app.service);
  await inspector.show('/chat');
  await inspector.recordPayloads();
  await app.send('chat', '{"text": "ü"}');
  await app.send('chat', 'a message that is sent in fragments');
  await app.send('chat', [0, 255, 128, 1]);
  await app.received('chat', 3);
  await app.close('chat');
  await inspector.connections('/chat').filter({ hasText: 'closed' }).waitFor();
  await inspector.framesEventually((frames) => {
    assert.equal(frames.filter(({ opcode }) => opcode === 'close').length, 2);
  });
  return inspector;
}

/** The text of the file that a button saves. */
async function save(inspector, format) {
  const waiting = inspector.page.waitForEvent('download');
  await inspector.button(`Export ${format}`).click();
  return readFile(await (await waiting).path(), 'utf8');
}

function openFile(inspector, name, text) {
  return inspector.page
    .locator('input[type=file]')
    .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
}

test('a capture is the same in both formats, and when it is opened', async (context) => {
  const inspector = await recordConnection(context);
  const before = await inspector.frames();
  const har = await save(inspector, 'HAR');
  const lines = await save(inspector, 'JSON Lines');

  const capture = openCaptureFile(lines);
  assert.deepEqual(openCaptureFile(har), capture);
  const [connection] = capture.connections;
  const texts = capture.frames
    .get(connection.key)
    .filter(({ isFinal, opcode, payload }) => isFinal && opcode < 2 && payload.length > 0)
    .map(({ payload }) => new TextDecoder().decode(payload));
  assert.ok(texts.includes('{"text": "ü"}'), texts);
  assert.ok(texts.includes('a message that is sent in fragments'), texts);

  for (const [name, text] of [
    ['it.har', har],
    ['it.jsonl', lines],
  ]) {
    await openFile(inspector, name, text);
    await inspector.says(`This is the file ${name}, not a live app.`);
    await inspector.show('/chat');
    await inspector.framesEventually((frames) => assert.deepEqual(frames, before));
    await inspector.button('Close the file').click();
    await inspector.connections('/chat').first().waitFor();
    await inspector.page.getByRole('listbox', { name: 'Connections' }).and(inspector.page.locator(':focus')).waitFor();
  }
});

test('an export has the frames of connections that were not looked at', async (context) => {
  const server = await startEchoServer(context);
  const app = await App.start(context);
  for (const name of ['first', 'second', 'shown']) {
    await app.connect(name, `${server.url}/${name}`);
    await app.send(name, name);
    await app.received(name, 1);
  }
  const inspector = await openInspector(context, app.service);
  await inspector.show('/shown');
  await inspector.framesEventually((frames) => assert.equal(frames.length, 2));
  const { connections, frames } = openCaptureFile(await save(inspector, 'JSON Lines'));
  assert.deepEqual(connections.map(({ key }) => frames.get(key).length), [2, 2, 2]);
});

test('secrets are in no export, and its HAR has what other tools read', async (context) => {
  const inspector = await recordConnection(context);
  const har = await save(inspector, 'HAR');
  const lines = await save(inspector, 'JSON Lines');
  for (const file of [har, lines]) assert.ok(!file.includes(SECRET));

  const [entry] = JSON.parse(har).log.entries;
  assert.equal(entry._resourceType, 'websocket');
  assert.match(entry.request.url, /^ws:\/\/127\.0\.0\.1:\d+\/chat\?/);
  assert.ok(
    entry.request.headers.some(({ name, value }) => name.toLowerCase() === 'user-agent' && value === 'test'),
  );
  assert.ok(entry.request.headers.every(({ name }) => name.toLowerCase() !== 'authorization'));
  assert.deepEqual(entry.request.queryString, []);
  assert.equal(entry.response.status, 101);
  assert.equal(entry.serverIPAddress, '127.0.0.1');
  assert.ok(entry.timings.connect >= 0 && entry.timings.wait >= 0);
  const messages = entry._webSocketMessages.filter(({ opcode }) => opcode < 8);
  assert.deepEqual(
    messages.filter(({ type }) => type === 'send').map(({ opcode, data }) => [opcode, data]),
    [
      [1, '{"text": "ü"}'],
      [1, 'a message that is sent in fragments'],
      [2, 'AP+AAQ=='],
    ],
  );
  assert.ok(messages.every(({ time }) => Math.abs(time - Date.now() / 1000) < 3600));
});

test('an invalid file is refused with the reason, and the app stays on the screen', async (context) => {
  const inspector = await recordConnection(context);
  const lines = await save(inspector, 'JSON Lines');
  for (const [name, text, problem] of [
    [
      'page.html',
      '<html>',
      /^page\.html can't be opened\. The file is neither an export of the inspector nor a HAR file/,
    ],
    ['it.har', '{"log": {"entries": 7}}', 'log.entries is 7; it must be an array.'],
    [
      'it.jsonl',
      lines.replace('"isSent":true', '"isSent":"<img src=x onerror=alert(1)>"'),
      /Line \d+: frame\.isSent is "<img/,
    ],
  ]) {
    await openFile(inspector, name, text);
    await inspector.says(problem);
    await inspector.connections('/chat').filter({ hasText: 'closed' }).waitFor();
    assert.equal(await inspector.button('Close the file').count(), 0);
  }
});

test("a HAR file of Chrome opens with its messages", async (context) => {
  const inspector = await openInspector(context);
  const har = {
    log: {
      version: '1.2',
      creator: { name: 'WebInspector', version: '537.36' },
      pages: [],
      entries: [
        { _resourceType: 'fetch', request: { method: 'GET', url: 'https://example.com/data' } },
        {
          _resourceType: 'websocket',
          _webSocketMessages: [
            { type: 'send', time: 1769860801.25, opcode: 1, data: 'hello' },
            { type: 'receive', time: 1769860801.5, opcode: 2, data: 'AAH/' },
          ],
          request: { method: 'GET', url: 'wss://example.com/chat', headers: [] },
          response: { status: 101, headers: [], _error: null },
          startedDateTime: '2026-01-31T12:00:00.000Z',
          time: 2000,
          timings: { blocked: 1, dns: 2, ssl: 30, connect: 40, send: 0, wait: 20, receive: 1937 },
        },
      ],
    },
  };
  await openFile(inspector, 'chrome.har', JSON.stringify(har));
  await inspector.show('example.com/chat');
  assert.equal(await inspector.connections().count(), 1);
  await inspector.framesEventually((frames) => {
    assert.deepEqual(
      frames.map(({ direction, opcode }) => `${direction} ${opcode}`),
      ['↑ text', '↓ binary'],
    );
  });
  await inspector.openTab('Connecting');
  await inspector.panel('Connecting').getByText('Open after 63\u00a0ms.').waitFor();
});

test('closing a file returns to the app', async (context) => {
  const server = await startEchoServer(context);
  const app = await App.start(context);
  await app.connect('live', `${server.url}/live`);
  const inspector = await openInspector(context, app.service);
  await inspector.show('/live');
  await openFile(inspector, 'empty.har', '{"log": {"entries": []}}');
  await inspector.says('The file has no connections.');
  await inspector.button('Close the file').click();
  await inspector.show('/live');
  await app.send('live', 'hello');
  await inspector.rows('↓', 'text').waitFor();
});

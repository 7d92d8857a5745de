import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectToDevTools } from '../../../dart/extension/devtools/build/devtools.js';

const ORIGIN = 'http://127.0.0.1:9100';

/** The iframe's window, as far as devtools.js uses it, in a window of DevTools that records its messages. */
function fakeWindow(search = '') {
  const listeners = new Set();
  const posted = [];
  const parent = { postMessage: (message, origin) => posted.push({ message, origin }) };
  const window = {
    parent,
    origin: ORIGIN,
    location: { search },
    addEventListener: (type, listener) => {
      if (type === 'message') listeners.add(listener);
    },
    removeEventListener: (type, listener) => {
      listeners.delete(listener);
    },
  };
  const receive = (data, { source = parent, origin = ORIGIN } = {}) => {
    for (const listener of listeners) listener({ data, source, origin });
  };
  return { window, posted, receive };
}

async function connect(search) {
  const fake = fakeWindow(search);
  const calls = [];
  const devTools = connectToDevTools({
    onServiceUri: (uri) => calls.push(['uri', uri]),
    onTheme: (theme) => calls.push(['theme', theme]),
    onForceReload: () => calls.push(['reload']),
    window: fake.window,
  });
  assert.deepEqual([fake.posted, calls], [[], []], 'nothing happens within the call');
  await Promise.resolve();
  return { ...fake, devTools, calls };
}

test('a page in a window of its own is not in DevTools', () => {
  const { window } = fakeWindow();
  window.parent = window;
  assert.equal(connectToDevTools({ window }), null);
});

test('the address of the VM service is asked for and comes in the answer', async () => {
  const { posted, receive, calls } = await connect();
  assert.deepEqual(posted, [{ message: { type: 'vmServiceConnection' }, origin: ORIGIN }]);
  receive({ type: 'vmServiceConnection', data: { uri: 'ws://127.0.0.1:8181/abc=/ws' } });
  assert.deepEqual(calls, [['uri', 'ws://127.0.0.1:8181/abc=/ws']]);
});

test('an address and a theme in the query are used at once', async () => {
  const { posted, calls } = await connect(
    '?ide=VSCode&theme=dark&uri=http%3A%2F%2F127.0.0.1%3A8181%2Fabc%3D%2F',
  );
  assert.deepEqual(posted, []);
  assert.deepEqual(calls, [
    ['theme', 'dark'],
    ['uri', 'http://127.0.0.1:8181/abc=/'],
  ]);
});

test('the address can be asked for again', async () => {
  const { posted, devTools } = await connect('?uri=ws://127.0.0.1:8181/ws');
  devTools.requestServiceUri();
  assert.deepEqual(
    posted.map(({ message }) => message),
    [{ type: 'vmServiceConnection' }],
  );
});

test('no app, and an address of another kind, are null', async () => {
  const { receive, calls } = await connect();
  const values = [null, 'null', undefined, 7, '', 'javascript:alert(1)', 'file:///etc/passwd'];
  for (const uri of values) receive({ type: 'vmServiceConnection', data: { uri } });
  receive({ type: 'vmServiceConnection' });
  assert.deepEqual(calls, Array(values.length + 1).fill(['uri', null]));
});

test('a ping is answered with a pong, to the own origin only', async () => {
  const { posted, receive } = await connect('?uri=ws://127.0.0.1:8181/ws');
  receive({ type: 'ping' });
  assert.deepEqual(posted, [{ message: { type: 'pong' }, origin: ORIGIN }]);
});

test('changes of the theme and a reload are reported', async () => {
  const { receive, calls } = await connect();
  receive({ type: 'themeUpdate', data: { theme: 'light' } });
  receive({ type: 'themeUpdate', data: { theme: 'dark' } });
  receive({ type: 'themeUpdate', data: { theme: 'url(evil)' } });
  receive({ type: 'themeUpdate' });
  receive({ type: 'forceReload' });
  assert.deepEqual(calls, [['theme', 'light'], ['theme', 'dark'], ['reload']]);
});

test('messages of other windows and origins are ignored', async () => {
  const { posted, receive, calls, window } = await connect('?uri=ws://127.0.0.1:8181/ws');
  calls.length = 0;
  for (const from of [
    { source: {} },
    { source: window },
    { source: null },
    { origin: 'http://evil.example' },
  ]) {
    receive({ type: 'vmServiceConnection', data: { uri: 'ws://evil.example/' } }, from);
    receive({ type: 'ping' }, from);
    receive({ type: 'forceReload' }, from);
  }
  assert.deepEqual([posted, calls], [[], []]);
});

test('other messages are ignored', async () => {
  const { posted, receive, calls } = await connect('?uri=ws://127.0.0.1:8181/ws');
  calls.length = 0;
  for (const data of [
    undefined,
    null,
    'ping',
    7,
    [],
    {},
    { type: 7 },
    { type: 'later' },
    { type: 'pong' },
    { type: 'themeUpdate', data: 'dark' },
  ]) {
    receive(data);
  }
  assert.deepEqual([posted, calls], [[], []]);
});

test('messages for the user and the clipboard have the fields that DevTools requires', async () => {
  const { posted, devTools } = await connect('?uri=ws://127.0.0.1:8181/ws');
  devTools.notify('Exported');
  devTools.copy('{"a":1}');
  devTools.copy('x', 'Copied 1 frame');
  devTools.warn('ended', 'The app ended.');
  assert.deepEqual(
    posted.map(({ message }) => message),
    [
      { type: 'showNotification', data: { message: 'Exported' } },
      { type: 'copyToClipboard', data: { content: '{"a":1}', successMessage: 'Copied to the clipboard' } },
      { type: 'copyToClipboard', data: { content: 'x', successMessage: 'Copied 1 frame' } },
      {
        type: 'showBannerMessage',
        data: {
          id: 'ended',
          bannerMessageType: 'warning',
          message: 'The app ended.',
          extensionName: 'rust_web_socket',
          ignoreIfAlreadyDismissed: true,
          dismissOnConnectionChanges: true,
        },
      },
    ],
  );
});

test('nothing is heard after closing', async () => {
  const { receive, calls, devTools } = await connect();
  devTools.close();
  receive({ type: 'themeUpdate', data: { theme: 'dark' } });
  assert.deepEqual(calls, []);
});

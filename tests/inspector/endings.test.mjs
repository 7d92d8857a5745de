// What the page says and keeps when something ends, or never was.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';

import { App } from './support/app.mjs';
import { cleanUp } from './support/clean_up.mjs';
import { Inspector, openInspector, servePage } from './support/page.mjs';
import { openScene } from './support/scene.mjs';

/** Checks that the recording is still there. */
async function keepsRecording(inspector) {
  await inspector.says('The VM service ended');
  await inspector.connections('lost').waitFor();
  await inspector.rows('↓', 'text').waitFor();
  assert.equal((await inspector.counts()).frames, 2);
}

test('when the app ends, what was recorded is kept, and the address of a restarted app can be entered', async (context) => {
  const { app, inspector } = await openScene(context);
  await app.send('chat', 'hello');
  await inspector.rows('↓', 'text').waitFor();
  await app.end();
  await keepsRecording(inspector);

  const next = await App.start(context);
  await inspector.button('Other address').click();
  await inspector.page.getByRole('textbox', { name: 'Address of the VM service' }).fill(next.service);
  await inspector.button('Connect').click();
  await inspector.says('Connected');
});

test('the VM service ends while the app goes on', async (context) => {
  const { app, inspector } = await openScene(context);
  await app.send('chat', 'hello');
  await inspector.rows('↓', 'text').waitFor();
  await app.call('endService');
  await keepsRecording(inspector);
  await app.send('chat', 'still there');
  assert.equal(await app.received('chat', 2), 2);
  await inspector.button('Reconnect').click();
  await inspector.says('No VM service answers at');
});

test('a page that is reloaded comes back to the same app', async (context) => {
  const { app, inspector } = await openScene(context);
  await app.send('chat', 'hello');
  await inspector.rows('↓', 'text').waitFor();
  await inspector.page.reload();
  await inspector.show('/chat');
  await inspector.rows('↓', 'text').waitFor();
  assert.equal((await inspector.counts()).frames, 2);
});

test('an isolate that is paused in the debugger is reported, and continues', async (context) => {
  const { app, inspector } = await openScene(context);
  await inspector.callService('pause', {});
  await inspector.says('The isolate main is paused in the debugger.');
  await inspector.callService('resume', {});
  await inspector.page.getByText('The isolate main is paused in the debugger.').waitFor({ state: 'detached' });
  await app.send('chat', 'hello');
  await inspector.rows('↓', 'text').waitFor();
});

test('two pages look at the same app', async (context) => {
  const { app, inspector } = await openScene(context);
  const other = await Inspector.open(context, inspector.page.url());
  await other.show('/chat');
  await inspector.recordPayloads();
  await other.recordPayloads();
  await app.send('chat', 'for both');
  await inspector.rows('↓', 'for both').waitFor();
  await other.rows('↓', 'for both').waitFor();
});

test('a wrong authentication code is reported, and nothing is shown', async (context) => {
  const app = await App.start(context);
  const inspector = await openInspector(context, app.service.replace(/[^/]+=\/$/, 'wrong=/'));
  await inspector.says(/No VM service answers at|not a Dart VM service/);
  await inspector.button('Other address').click();
  await inspector.page.getByRole('textbox', { name: 'Address of the VM service' }).fill(app.service);
  await inspector.button('Connect').click();
  await inspector.says('No connection yet.');
});

test('an address where nothing listens is reported', async (context) => {
  const app = await App.start(context);
  await app.end();
  const inspector = await openInspector(context, app.service);
  await inspector.says(`No VM service answers at ws://${new URL(app.service).host}.`);
});

test('an address of another program is reported', async (context) => {
  const server = createServer((request, response) => response.end('hello'));
  server.listen(0, '127.0.0.1');
  cleanUp(context, () => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const inspector = await openInspector(context, `http://127.0.0.1:${server.address().port}/`);
  await inspector.says(/No VM service answers at|not a Dart VM service/);
});

test('without an address the page asks for one, and says what is wrong with it', async (context) => {
  const app = await App.start(context);
  const inspector = await Inspector.open(context, await servePage(context));
  const address = inspector.page.getByRole('textbox', { name: 'Address of the VM service' });
  for (const [text, sentence] of [
    ['', 'Enter the address'],
    ['ftp://127.0.0.1/', 'The address must begin with'],
    ['http://192.0.2.1:8181/', 'Without TLS, only a service on this machine is allowed.'],
  ]) {
    await address.fill(text);
    await inspector.button('Connect').click();
    await inspector.page.getByRole('alert').getByText(sentence).waitFor();
  }
  await address.fill(app.service);
  await inspector.button('Connect').click();
  await inspector.says('No connection yet.');
  // The address is now the page's own.
  await inspector.page.reload();
  await inspector.says('No connection yet.');
});

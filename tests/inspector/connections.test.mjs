// The list of connections, and what the page knows of each.
import assert from 'node:assert/strict';
import test from 'node:test';

import { App } from './support/app.mjs';
import { eventually } from './support/eventually.mjs';
import { openInspector } from './support/page.mjs';
import { openScene } from './support/scene.mjs';
import { startEchoServer, startTlsServer } from './support/server.mjs';

test('a connection is listed when it opens, and when it has ended', async (context) => {
  const server = await startEchoServer(context);
  const app = await App.start(context);
  const inspector = await openInspector(context, app.service);
  await inspector.says('No connection yet.');

  await app.connect('chat', `${server.url}/chat`, { protocols: ['graphql-ws'] });
  await inspector.connections('/chat').filter({ hasText: 'open' }).waitFor();
  await inspector.show('/chat');
  await inspector.openTab('Details');
  await inspector.panel('Details').getByText('graphql-ws').first().waitFor();

  await app.close('chat');
  await inspector.connections('/chat').filter({ hasText: 'closed' }).waitFor();
  await inspector.panel('Details').getByText('1000', { exact: true }).waitFor();
});

test('what happened before the page was opened is there', async (context) => {
  const server = await startEchoServer(context);
  const app = await App.start(context);
  await app.connect('chat', `${server.url}/chat`);
  await app.send('chat', 'hello');
  await app.received('chat', 1);
  await app.close('chat');

  const inspector = await openInspector(context, app.service);
  await inspector.show('/chat');
  await inspector.framesEventually((frames) => {
    assert.deepEqual(
      frames.map(({ direction, opcode }) => `${direction} ${opcode}`),
      ['↑ text', '↓ text', '↑ close', '↓ close'],
    );
  });
});

test('a connection that the server refuses shows the status, and no frames', async (context) => {
  const server = await startEchoServer(context);
  const app = await App.start(context);
  const inspector = await openInspector(context, app.service);
  await assert.rejects(app.connect('refused', `${server.url}/refuse`), /403/);

  await inspector.connections('/refuse').filter({ hasText: 'failed' }).waitFor();
  await inspector.show('/refuse');
  await inspector.says('The connection was not made, so there are no frames.');
  await inspector.openTab('Details');
  const response = inspector.panel('Details').locator('section').filter({ hasText: 'Response' });
  await response.getByText('403', { exact: true }).waitFor();
  await inspector.openTab('Connecting');
  await inspector.panel('Connecting').getByText(/403/).first().waitFor();
});

test('a port where nothing listens shows which address was tried', async (context) => {
  const server = await startEchoServer(context);
  await server.kill();
  const app = await App.start(context);
  const inspector = await openInspector(context, app.service);
  await assert.rejects(app.connect('gone', server.url), /ConnectionRefusedException/);

  const { host } = new URL(server.url);
  await inspector.connections(host).filter({ hasText: 'failed' }).waitFor();
  await inspector.show(host);
  await inspector.openTab('Connecting');
  await inspector.panel('Connecting').getByText(host).first().waitFor();
  await inspector.panel('Connecting').getByText(/refused/i).first().waitFor();
});

test('the steps of a TLS connection are a waterfall', async (context) => {
  const { authority, server } = await startTlsServer(context);
  const app = await App.start(context);
  const inspector = await openInspector(context, app.service);
  await app.connect('secure', server.url.replace('127.0.0.1', 'localhost'), { authority });
  await inspector.show('localhost');
  await inspector.openTab('Connecting');
  for (const step of ['lookup', 'tcp', 'tls', 'upgrade']) {
    await inspector.panel('Connecting').getByText(new RegExp(step, 'i')).first().waitFor();
  }
  await inspector.panel('Connecting').getByText(/TLSv1_3/).first().waitFor();
});

test('the attempts of a channel that reconnects are a group', async (context) => {
  const server = await startEchoServer(context);
  const { port } = new URL(server.url);
  const app = await App.start(context);
  const inspector = await openInspector(context, app.service);
  await app.connect('live', `${server.url}/live`, { reconnects: true });
  await inspector.connections('attempt 1').filter({ hasText: 'open' }).waitFor();

  await server.kill();
  await inspector.connections('attempt 1').filter({ hasText: 'closed' }).waitFor();
  await inspector.connections('failed').first().waitFor();
  const again = await startEchoServer(context, { port });
  assert.equal(again.url, server.url);
  await inspector.connections('open').waitFor();

  const group = inspector.page.getByRole('group', { name: /Reconnecting/ });
  await group.getByText('1 reconnect').waitFor();
  assert.ok(await group.getByRole('option').count() >= 3);

  await inspector.connections('attempt 1').click();
  await inspector.openTab('Details');
  const causes = inspector.panel('Details').getByRole('row').filter({ hasText: 'waiting' });
  await causes.first().waitFor();
  await inspector.page.getByRole('button', { name: 'Show it' }).click();
  await eventually(async () => assert.match(
    await inspector.page.getByRole('option', { selected: true }).innerText(), /open/));
});

test('the details stay focused and scrolled while their numbers change', async (context) => {
  const { app, inspector } = await openScene(context, { page: { viewport: { width: 360, height: 800 } } });
  await inspector.openTab('Details');
  const statistics = inspector.panel('Details').getByRole('region', { name: 'Statistics' });
  await statistics.focus();
  const scrolled = await statistics.evaluate((region) => {
    region.scrollLeft = 40;
    return region.scrollLeft;
  });
  assert.ok(scrolled > 0);
  await app.send('chat', 'hello');
  await statistics.getByRole('row', { name: 'Received 1 5' }).waitFor();
  assert.deepEqual(await statistics.evaluate((region) => [region === document.activeElement, region.scrollLeft]), [true, scrolled]);
});

test('two isolates are told apart', async (context) => {
  const server = await startEchoServer(context);
  const app = await App.start(context);
  const inspector = await openInspector(context, app.service);
  await app.connect('first', `${server.url}/first`);
  await app.call('spawn', { name: 'worker', url: `${server.url}/second` });

  await inspector.connections('/first').filter({ hasText: 'main' }).waitFor();
  await inspector.connections('/second').filter({ hasText: 'worker' }).waitFor();
  await inspector.show('/second');
  await inspector.rows('↑', 'text').waitFor();

  await app.call('kill', { name: 'worker' });
  await inspector.says('The isolate worker ended. What was recorded is kept.');
  await inspector.connections('/second').filter({ hasText: 'lost' }).waitFor();
  await inspector.connections('/first').filter({ hasText: 'open' }).waitFor();
});

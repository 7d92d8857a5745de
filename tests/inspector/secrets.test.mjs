// Secrets of the app never reach the page, unless the app allows it.
import assert from 'node:assert/strict';
import test from 'node:test';

import { openScene } from './support/scene.mjs';

const SECRETS = ['query-secret', 'password-secret', 'bearer-secret', 'cookie-secret', 'protocol-secret', 'key-secret'];

const OPTIONS = {
  protocols: ['protocol-secret'],
  headers: {
    Authorization: 'Bearer bearer-secret',
    Cookie: 'session=cookie-secret',
    'X-Api-Key': 'key-secret',
    'Accept-Language': 'en',
  },
};

async function openWithSecrets(context, { showsSecrets }) {
  const scene = await openScene(context);
  const { app, server, inspector } = scene;
  await app.call('set', { showsSecrets });
  const url = server.url.replace('ws://', 'ws://user:password-secret@');
  await app.connect('secret', `${url}/secret?token=query-secret`, OPTIONS);
  await inspector.show('/secret');
  await inspector.openTab('Details');
  await inspector.panel('Details').getByText('Accept-Language').waitFor();
  return scene;
}

test('the page gets no secret of a URL, a header field or a subprotocol', async (context) => {
  const { inspector } = await openWithSecrets(context, { showsSecrets: false });
  const details = inspector.panel('Details');
  await details.getByText('Authorization').waitFor();
  await details.getByText('hidden').first().waitFor();
  await details.getByText('en', { exact: true }).waitFor();
  await inspector.openTab('Connecting');
  await inspector.openTab('Timeline');
  const received = inspector.received.join('\n');
  assert.match(received, /Accept-Language/);
  for (const secret of SECRETS) assert.ok(!received.includes(secret), secret);
});

test('the page gets them if the app allows it', async (context) => {
  const { inspector } = await openWithSecrets(context, { showsSecrets: true });
  await inspector.panel('Details').getByText('bearer-secret').waitFor();
  const received = inspector.received.join('\n');
  for (const secret of SECRETS) assert.ok(received.includes(secret), secret);
});

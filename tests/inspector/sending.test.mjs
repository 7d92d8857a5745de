// Messages that the page sends on the app's connections.
import assert from 'node:assert/strict';
import test from 'node:test';

import { openScene } from './support/scene.mjs';

const form = ({ page }) => page.getByRole('form', { name: 'Send a message' });

test('without the permission of the app there is nothing to send with', async (context) => {
  const { inspector } = await openScene(context);
  assert.equal(await form(inspector).count(), 0);
  await inspector.openTab('Details');
  await inspector.says('This page can send messages if the app sets');
});

test('the app refuses a message that it does not allow, whoever asks', async (context) => {
  const { app, inspector } = await openScene(context);
  const answer = await inspector.callService('ext.rust_web_socket.send', { connection: '1', text: 'forged' });
  assert.equal(answer.error.code, -32602);
  assert.match(answer.error.data.details, /allowsSending = true/);
  // The echo of what the app sends is the only message.
  await app.send('chat', 'own');
  assert.equal(await app.received('chat', 1), 1);
});

test('text and binary are sent, and their echoes appear', async (context) => {
  const { app, inspector } = await openScene(context);
  await app.call('set', { allowsSending: true });
  await inspector.recordPayloads();
  const message = inspector.page.getByRole('textbox', { name: 'Message to send' });
  await message.fill('from the page');
  await inspector.page.keyboard.press('Control+Enter');
  await inspector.rows('↑', 'from the page').waitFor();
  await inspector.rows('↓', 'from the page').waitFor();
  assert.equal(await app.received('chat', 1), 1);

  const kind = inspector.page.getByRole('combobox', { name: 'Kind of message' });
  await kind.selectOption({ label: 'Binary, hex' });
  await message.fill('0a ff 1');
  await inspector.button('Send').click();
  await inspector.says('This is not valid hex.');
  await message.fill('0a ff 10');
  await inspector.button('Send').click();
  await inspector.rows('↓', 'binary', '0a ff 10').waitFor();
});

test('a permission that the app withdraws is obeyed', async (context) => {
  const { app, inspector } = await openScene(context);
  await app.call('set', { allowsSending: true });
  await form(inspector).waitFor();
  await app.call('set', { allowsSending: false });
  await form(inspector).waitFor({ state: 'hidden' });
});

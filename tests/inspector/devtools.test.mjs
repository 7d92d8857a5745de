// The page in an iframe of DevTools, for which tests/inspector/host stands in.
import assert from 'node:assert/strict';
import test from 'node:test';

import { eventually } from './support/eventually.mjs';
import { startHost } from './support/host.mjs';
import { Inspector } from './support/page.mjs';
import { answerService } from './support/service.mjs';

const SERVICE = 'ws://127.0.0.1:8181/code=/ws';

/** Opens DevTools with these query parameters, connected to an app that has one connection. */
async function openDevTools(context, parameters = {}, origin = null) {
  const address = new URL(origin ?? (await startHost(context)));
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  // about:blank first: the service must be there before the page is.
  const { page } = await Inspector.open(context, 'about:blank');
  const opened = await answerService(page, SERVICE);
  await page.goto(address.toString());
  return { page, opened, inspector: page.frameLocator('iframe') };
}

const messagesOf = (page) => page.evaluate(() => globalThis.host.messages);
const typesOf = async (page) => (await messagesOf(page)).map(({ type }) => type);
const connection = (inspector) => inspector.getByRole('option').filter({ hasText: 'example.com/chat' });

test('DevTools is asked for the service, and its connections are shown', async (context) => {
  const { page, opened, inspector } = await openDevTools(context, { connectedTo: SERVICE });
  await connection(inspector).waitFor();
  assert.deepEqual(opened, [SERVICE]);
  assert.deepEqual(await typesOf(page), ['vmServiceConnection']);
});

test('a service in the address of DevTools is used at once', async (context) => {
  const { page, opened, inspector } = await openDevTools(context, {
    uri: 'http://127.0.0.1:8181/code=/',
    ide: 'VSCode',
  });
  await connection(inspector).waitFor();
  assert.deepEqual(opened, [SERVICE]);
  assert.deepEqual(await typesOf(page), []);
});

test('without an app, the page says so', async (context) => {
  const { opened, inspector } = await openDevTools(context);
  await inspector.getByText('DevTools is not connected to an app.').waitFor();
  assert.deepEqual(opened, []);
});

test('the theme is that of DevTools, and follows it', async (context) => {
  const { page, inspector } = await openDevTools(context, { theme: 'light', connectedTo: SERVICE });
  const background = () =>
    inspector.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
  await connection(inspector).waitFor();
  const light = await background();
  await page.getByLabel('Dark').check();
  await eventually(async () => assert.notEqual(await background(), light));
  await page.getByLabel('Dark').uncheck();
  await eventually(async () => assert.equal(await background(), light));
});

test('DevTools can have the page loaded again', async (context) => {
  const { page, opened, inspector } = await openDevTools(context, { connectedTo: SERVICE });
  await connection(inspector).waitFor();
  await page.getByRole('button', { name: 'Force reload' }).click();
  await eventually(async () => assert.equal(await page.evaluate(() => globalThis.host.loads), 2));
  await connection(inspector).waitFor();
  assert.ok((await typesOf(page)).includes('pong'));
  assert.deepEqual(opened, [SERVICE, SERVICE]);
});

test('what is copied goes to the clipboard through DevTools', async (context) => {
  const { page, inspector } = await openDevTools(context, { connectedTo: SERVICE });
  await connection(inspector).click();
  await inspector.getByRole('row').filter({ hasText: 'hello' }).first().click();
  await inspector.getByRole('button', { name: 'Copy the payload' }).click();
  await page.getByText('Copied to the clipboard').waitFor();
  const { data } = (await messagesOf(page)).find(({ type }) => type === 'copyToClipboard');
  assert.equal(data.content, 'hello');
});

test('a window of another origin that embeds the page is neither heard nor answered', async (context) => {
  const extensions = await startHost(context);
  const { page, opened } = await openDevTools(context, { extensions, connectedTo: SERVICE });
  const frame = await eventually(() => {
    const found = page.frames().find((it) => it.url().startsWith(extensions));
    assert.ok(found);
    return found;
  });
  await frame.getByText('DevTools is not connected to an app.').waitFor();
  // This listener hears what the page's own one has heard before it.
  const heard = frame.evaluate(
    () =>
      new Promise((resolve) => {
        addEventListener('message', ({ data }) => {
          if (data.type === 'vmServiceConnection') resolve(data);
        });
        globalThis.isListening = true;
      }),
  );
  await frame.waitForFunction(() => globalThis.isListening);
  await page.evaluate((uri) => {
    globalThis.host.post('ping');
    globalThis.host.post('vmServiceConnection', { uri });
  }, SERVICE);
  assert.deepEqual(await heard, { type: 'vmServiceConnection', data: { uri: SERVICE } });
  assert.deepEqual(opened, []);
  assert.deepEqual(await typesOf(page), []);
});

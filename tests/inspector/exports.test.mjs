// Recordings as files: exported by the page, read by it again.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { Inspector, servePage } from './support/page.mjs';
import { openScene } from './support/scene.mjs';

/** Presses the button of an export, and returns the path of the file. */
async function exportFile(context, { page }, name) {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: `Export ${name}` }).click();
  const download = await downloading;
  const folder = await mkdtemp(join(tmpdir(), 'inspector-'));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, download.suggestedFilename());
  await download.saveAs(file);
  return file;
}

/** The values of a file's lines. A field that is null may be missing as well. */
function valuesOf(text) {
  const withoutNulls = (key, value) => (value === null ? undefined : value);
  return text.trimEnd().split('\n').map((line) => JSON.parse(line, withoutNulls));
}

async function openFile({ page }, file) {
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open file', exact: true }).click();
  await (await choosing).setFiles(file);
}

/** A page with a text, a binary and a fragmented message, an ended connection, and one with a secret. */
async function record(context) {
  const scene = await openScene(context);
  const { app, server, inspector } = scene;
  await inspector.recordPayloads();
  await app.send('chat', 'hello, Grüße');
  await app.send('chat', [0xff, 0x00, 0x10]);
  await app.send('chat', '/fragments 4 in three parts');
  await inspector.rows('↓', 'in three parts').waitFor();
  await app.connect('secret', `${server.url}/secret?token=query-secret`);
  await app.close('secret');
  await inspector.connections('closed').waitFor();
  return scene;
}

for (const [name, ending] of [['HAR', '.har'], ['JSON Lines', '.jsonl']]) {
  test(`what ${name} exports is the same when it is opened again`, async (context) => {
    const { inspector } = await record(context);
    const shown = await inspector.frames();
    const file = await exportFile(context, inspector, name);
    assert.ok(file.endsWith(ending), file);
    const text = await readFile(file, 'utf8');
    assert.ok(!text.includes('query-secret'));

    // A page without an app.
    const other = await Inspector.open(context, await servePage(context));
    await openFile(other, file);
    await other.says('not a live app');
    await other.show('/chat');
    await other.framesEventually((frames) => assert.deepEqual(frames, shown));
    await other.rows('↓', 'in three parts').click();
    await other.payload.getByText('in three parts').waitFor();
    await other.connections('/secret').filter({ hasText: 'closed' }).waitFor();
    assert.equal(await other.button('Pause').count(), 0);

    // What was opened can be exported again, and is the same.
    const again = await exportFile(context, other, name);
    assert.deepEqual(valuesOf(await readFile(again, 'utf8')), valuesOf(text));
  });
}

test('a HAR file has the messages where other tools look for them', async (context) => {
  const { inspector } = await record(context);
  const har = JSON.parse(await readFile(await exportFile(context, inspector, 'HAR'), 'utf8'));
  const entry = har.log.entries.find(({ request }) => request.url.endsWith('/chat'));
  assert.equal(entry.response.status, 101);
  assert.equal(entry._resourceType, 'websocket');
  assert.deepEqual(entry._webSocketMessages.filter(({ type }) => type === 'receive').map(({ opcode, data }) => [opcode, data]), [
    [1, 'hello, Grüße'], [2, Buffer.from([0xff, 0x00, 0x10]).toString('base64')], [1, 'in three parts'],
  ]);
});

test('a file that is no recording is refused with a reason, and the app stays', async (context) => {
  const { inspector } = await openScene(context);
  const folder = await mkdtemp(join(tmpdir(), 'inspector-'));
  context.after(() => rm(folder, { recursive: true }));
  for (const [name, content] of [
    ['text.har', 'hello'], ['empty.jsonl', ''], ['page.har', '{"log": 7}'],
    ['cut.jsonl', '{"type":"Capture","version":1}\n{"type":"Frame","connection"'],
    ['future.jsonl', '{"type":"Capture","version":99}\n'],
  ]) {
    const file = join(folder, name);
    await writeFile(file, content);
    await openFile(inspector, file);
    await inspector.says(`${name} can't be opened.`);
  }
  await inspector.connections('/chat').filter({ hasText: 'open' }).waitFor();
});

test('closing a file returns to the app', async (context) => {
  const { app, inspector } = await record(context);
  const file = await exportFile(context, inspector, 'JSON Lines');
  await openFile(inspector, file);
  await inspector.says('not a live app');
  await inspector.button('Close the file').click();
  await inspector.show('/chat');
  await app.send('chat', 'live again');
  await inspector.rows('↓', 'live again').waitFor();
});

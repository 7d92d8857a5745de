// The table of frames, its filters, and the selected frame's payload.
import assert from 'node:assert/strict';
import test from 'node:test';

import { openScene } from './support/scene.mjs';

// A dot of one pixel.
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

test('text and binary frames have their direction, opcode, flags and sizes', async (context) => {
  const { app, inspector } = await openScene(context);
  await app.send('chat', 'hello');
  await app.send('chat', [0, 1, 2, 255]);
  await inspector.framesEventually((frames) => {
    const shown = frames.map(({ direction, opcode, flags, size, message }) => [direction, opcode, flags, size, message]);
    assert.deepEqual(shown.toSorted(), [
      ['↑', 'binary', 'FIN', '4 B', '4 B'],
      ['↑', 'text', 'FIN', '5 B', '5 B'],
      ['↓', 'binary', 'FIN', '4 B', '4 B'],
      ['↓', 'text', 'FIN', '5 B', '5 B'],
    ]);
  });
});

test('payloads are recorded only once the page asks for them', async (context) => {
  const { app, inspector } = await openScene(context);
  await app.send('chat', 'before');
  await inspector.rows('↓', 'text').waitFor();
  assert.deepEqual((await inspector.frames()).map(({ preview }) => preview), ['', '']);
  await inspector.rows('↓', 'text').click();
  await inspector.says('The payload of 6 B was not recorded.');

  await inspector.recordPayloads();
  await app.send('chat', 'after');
  await inspector.rows('↓', 'after').waitFor();
  const received = inspector.received.join('');
  const holds = (text) => Buffer.from(received, 'utf8').includes(text)
    || base64Of(received).some((bytes) => bytes.includes(text));
  assert.ok(holds('after'));
  assert.ok(!holds('before'));
});

test('a frame without payload offers to record those to come', async (context) => {
  const { app, inspector } = await openScene(context);
  await app.send('chat', 'before');
  await inspector.rows('↓', 'text').click();
  await inspector.button('Record payloads from now on').click();
  await inspector.says('The payload of 6 B was not recorded.');
  const checkbox = inspector.page.getByRole('checkbox', { name: 'Payloads' });
  assert.ok(await checkbox.isChecked());
  assert.ok(await checkbox.evaluate((element) => element === document.activeElement));
});

test('a long payload is cut at the chosen size, and the page says so', async (context) => {
  const { app, inspector } = await openScene(context);
  await inspector.recordPayloads(1024);
  await app.send('chat', 'x'.repeat(5000));
  await inspector.rows('↓', 'text').click();
  await inspector.says('The payload was cut: 1.02 kB of 5 kB were recorded.');
  await inspector.recordPayloads();
  await app.send('chat', 'y'.repeat(5000));
  await inspector.rows('↓', 'yyy').click();
  assert.equal((await inspector.payload.innerText()).trim(), 'y'.repeat(5000));
});

test('JSON is a tree that opens and closes by keyboard', async (context) => {
  const { app, inspector } = await openScene(context);
  await inspector.recordPayloads();
  await app.send('chat', JSON.stringify({ user: { name: 'Ada', tags: ['a', 'b'] }, big: 12345678901234567890n.toString() }));
  await inspector.rows('↓', 'Ada').click();
  const tree = inspector.payload.getByRole('tree', { name: 'JSON' });
  await tree.getByRole('treeitem').first().waitFor();
  const user = tree.getByRole('treeitem').filter({ hasText: /^user/ });
  await user.waitFor();
  if (await user.getAttribute('aria-expanded') === 'true') {
    await tree.getByText('"Ada"').waitFor();
  }
  await tree.getByRole('treeitem').first().focus();
  await inspector.page.keyboard.press('ArrowLeft');
  await tree.getByText('"Ada"').waitFor({ state: 'hidden' });
  await inspector.page.keyboard.press('ArrowRight');
  await user.waitFor();

  await inspector.button('Text').click();
  await inspector.payload.getByText('{"user":{"name":"Ada"').waitFor();
});

test('markup in a payload is text', async (context) => {
  const { app, inspector } = await openScene(context);
  await inspector.recordPayloads();
  const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  await app.send('chat', markup);
  await inspector.rows('↓', '<img').click();
  assert.equal((await inspector.payload.innerText()).trim(), markup);
  assert.equal(await inspector.payload.getByRole('img').count(), 0);
});

test('binary is shown as hex, and a picture as a picture', async (context) => {
  const { app, inspector } = await openScene(context);
  await inspector.recordPayloads();
  await app.send('chat', [0xde, 0xad, 0xbe, 0xef]);
  await inspector.rows('↓', '4 B').click();
  await inspector.payload.getByText(/de ad be ef/i).waitFor();

  await app.send('chat', PICTURE);
  await inspector.rows('↓', `${PICTURE.length} B`).click();
  await inspector.payload.getByText(`image/png, 1 × 1, ${PICTURE.length} B`).waitFor();
  await inspector.button('Hex').click();
  await inspector.payload.getByText(/89 50 4e 47/i).waitFor();
});

test('a compressed message shows its inflated text and both sizes', async (context) => {
  const { app, inspector } = await openScene(context, { compresses: true });
  await inspector.recordPayloads();
  const text = 'the same words, again and again. '.repeat(40);
  await app.send('chat', text);
  for (const direction of ['↑', '↓']) {
    const row = inspector.rows(direction, 'text');
    await row.click();
    assert.equal((await inspector.payload.innerText()).trim(), text.trim());
  }
  for (const { flags, size, message } of await inspector.frames()) {
    assert.match(flags, /comp/);
    assert.equal(message, '1.32 kB');
    assert.match(size, /^\d{2,3} B$/);
  }
});

test('the last fragment shows the whole message, in both directions', async (context) => {
  const { app, inspector } = await openScene(context, { options: { maxFrameSize: 1024 } });
  await inspector.recordPayloads();
  await app.send('chat', '/fragments 8 first, second and third');
  await inspector.framesEventually((frames) => {
    const received = frames.filter(({ direction }) => direction === '↓');
    assert.deepEqual(received.map(({ opcode, size, message }) => `${opcode} ${size} ${message}`), [
      'text 8 B ', 'continuation 8 B ', 'continuation 7 B 23 B',
    ]);
    assert.ok(!received[0].flags.includes('FIN'));
  });
  await inspector.rows('↓', '23 B').click();
  await inspector.payload.getByText('first, second and third').waitFor();
  await inspector.says('This is the whole message, its fragments joined.');

  await app.send('chat', 'z'.repeat(3000));
  await inspector.rows('↑', 'continuation', '3 kB').click();
  assert.equal((await inspector.payload.innerText()).trim(), 'z'.repeat(3000));
});

test('pings, pongs and the close have their rows', async (context) => {
  const { app, inspector } = await openScene(context, { options: { pingInterval: 200 } });
  await inspector.rows('↑', 'ping').first().waitFor();
  await inspector.rows('↓', 'pong').first().waitFor();
  await inspector.recordPayloads();
  await app.close('chat');
  await inspector.rows('↑', 'close').click();
  await inspector.payload.getByText(/1000/).waitFor();
});

test('filters by direction, opcode, text and size combine', async (context) => {
  const { app, inspector } = await openScene(context);
  await inspector.recordPayloads();
  for (const message of ['apple', 'pear', 'x'.repeat(2000), [1, 2, 3]]) await app.send('chat', message);
  await app.received('chat', 4);
  const passing = (count) => inspector.countsEventually(({ passing }) => assert.equal(passing, count));
  await passing(8);

  await inspector.button('↓ Received').click();
  await passing(4);
  await inspector.button('binary').click();
  await passing(3);
  const text = inspector.page.getByRole('searchbox', { name: 'Filter by text in the payload' });
  await text.fill('APPLE');
  await passing(1);
  await inspector.page.getByLabel('not').check();
  await passing(2);
  await inspector.page.getByLabel('Smallest size on the wire').fill('1k');
  await passing(1);
  await inspector.page.getByLabel('Smallest size on the wire').fill('');
  await inspector.page.getByLabel('Largest size on the wire').fill('1k');
  await passing(1);
  await inspector.rows('pear').waitFor();

  // What comes later is filtered, too.
  await app.send('chat', 'plum');
  await app.send('chat', 'apple pie');
  await inspector.rows('plum').waitFor();
  await passing(2);
});

test('a search finds matches upwards and downwards', async (context) => {
  const { app, inspector } = await openScene(context);
  await inspector.recordPayloads();
  for (let i = 0; i < 200; i++) await app.send('chat', i % 50 === 10 ? `needle ${i}` : `straw ${i}`);
  await inspector.countsEventually(({ frames }) => assert.equal(frames, 400));
  await inspector.button('↓ Received').click();
  await inspector.table.focus();
  await inspector.page.keyboard.press('/');
  const search = inspector.page.getByRole('searchbox', { name: 'Search in the payloads' });
  await search.fill('NEEDLE');
  for (const found of ['needle 160', 'needle 110', 'needle 60']) {
    await inspector.page.keyboard.press('Shift+Enter');
    await inspector.payload.getByText(found).waitFor();
  }
  await inspector.button('Next match (Enter)').click();
  await inspector.payload.getByText('needle 110').waitFor();
  await search.fill('no such text');
  await inspector.page.keyboard.press('Enter');
  await inspector.says('No match');
});

test('pausing keeps what the app has recorded until the page resumes', async (context) => {
  const { app, inspector } = await openScene(context);
  await app.send('chat', 'one');
  await inspector.countsEventually(({ frames }) => assert.equal(frames, 2));
  await inspector.button('Pause').click();
  await app.send('chat', 'two', { count: 50 });
  await app.received('chat', 51);
  // The list still changes: the page has heard of the messages.
  await inspector.connections('↓ 51').waitFor();
  assert.equal((await inspector.counts()).frames, 2);
  await inspector.button('Resume').click();
  await inspector.countsEventually(({ frames, leftOut }) => assert.deepEqual({ frames, leftOut }, { frames: 102, leftOut: 0 }));
});

test('clearing removes what is shown, and what comes later appears', async (context) => {
  const { app, inspector } = await openScene(context);
  await app.send('chat', 'one');
  await inspector.countsEventually(({ frames }) => assert.equal(frames, 2));
  await inspector.button('Clear').click();
  await inspector.says('No frames yet.');
  await app.send('chat', 'two');
  await inspector.countsEventually(({ frames, leftOut }) => assert.deepEqual({ frames, leftOut }, { frames: 2, leftOut: 0 }));
});

test('selected frames are copied as text', async (context) => {
  const { app, inspector } = await openScene(context, { page: { permissions: ['clipboard-read', 'clipboard-write'] } });
  await inspector.recordPayloads();
  await app.send('chat', 'hello');
  await inspector.rows('↓', 'hello').waitFor();
  await inspector.table.focus();
  await inspector.page.keyboard.press('Control+a');
  await inspector.page.keyboard.press('Control+c');
  await inspector.says('Copied');
  const copied = await inspector.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied.trimEnd().split('\n').length, 2);
  assert.match(copied, /hello/);
});

/** The bytes of each long base64 text in `text`. */
function base64Of(text) {
  return [...text.matchAll(/"frames":"([^"]+)"/g)].map(([, base64]) => Buffer.from(base64, 'base64'));
}

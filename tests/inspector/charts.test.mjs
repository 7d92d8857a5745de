// The timeline and the waterfall, in the page. Their values come from a file: it needs no app and no waiting.
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';

import { toHar } from '../../dart/extension/devtools/build/files/har.js';
import { START, captureOf, frameOf } from './support/captures.mjs';
import { startHost } from './support/host.mjs';
import { Inspector } from './support/page.mjs';

const SECOND = 1_000_000;

/** Ten messages of 1000 bytes in the first second, one in each of the next nine. */
function capture() {
  const frames = [];
  const add = (time, isSent) =>
    frames.push(
      frameOf({ time, isSent, number: frames.length + 1, firstByte: 0x82, size: 1000, messageSize: 1000 }),
    );
  for (let index = 0; index < 10; index++) add(START + index, true);
  for (let second = 1; second < 10; second++) add(START + second * SECOND, false);
  const step = (kind, target, start, end, detail = '', error = null) => ({
    kind,
    target,
    start: START + start,
    end: end === null ? null : START + end,
    detail,
    error,
  });
  return captureOf(frames, {
    url: 'wss://example.com/chat',
    states: [
      { state: 'connecting', time: START, detail: null },
      { state: 'open', time: START + 100_000, detail: null },
      { state: 'closed', time: START + 10 * SECOND, detail: '1006, connection lost: reset by peer' },
    ],
    state: 'closed',
    steps: [
      step('lookup', 'example.com', 0, 20_000, '2 addresses'),
      step('tcp', '[2606:2800::1]:443', 20_000, 30_000, '', 'Connection refused'),
      step('tcp', '93.184.216.35:443', 30_000, null),
      step('tcp', '93.184.216.34:443', 40_000, 60_000),
      step('tls', 'example.com', 60_000, 80_000, 'TLSv1_3'),
      step('upgrade', 'example.com', 80_000, 100_000, '101'),
    ],
  });
}

/** The page with that file, at one of its tabs. */
async function open(context, tab, options = {}) {
  const address = new URL('devtools_extensions/rust_web_socket_0.1.0/index.html', await startHost(context));
  const { page } = await Inspector.open(context, address.toString(), options);
  const har = Buffer.from(JSON.stringify(toHar(capture())));
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'it.har', mimeType: 'application/json', buffer: har });
  await page.getByRole('option').filter({ hasText: 'example.com/chat' }).click();
  await page.getByRole('tab', { name: tab }).click();
  return page;
}

const textsOf = (rows) =>
  rows.evaluateAll((elements) =>
    elements.map((row) =>
      [...row.cells].map((cell) => cell.textContent.replaceAll('\u00a0', ' ').replace(/\s+/g, ' ').trim()),
    ),
  );

test('the steps of connecting are a table with their times, details and errors', async (context) => {
  const page = await open(context, 'Connecting');
  await page.getByText('Open after 100\u00a0ms.').waitFor();
  const rows = page
    .getByRole('table', { name: /^Steps of connecting, over/ })
    .locator('tbody')
    .getByRole('row');
  await rows.first().waitFor();
  assert.deepEqual(await textsOf(rows), [
    ['Lookup example.com', 'starts at 0 µs 2 addresses', '20 ms'],
    ['TCP [2606:2800::1]:443', 'starts at 20 ms Connection refused', '10 ms'],
    ['TCP 93.184.216.35:443', 'starts at 30 ms given up', '30 ms'],
    ['TCP 93.184.216.34:443', 'starts at 40 ms', '20 ms'],
    ['TLS example.com', 'starts at 60 ms TLSv1_3', '20 ms'],
    ['Upgrade example.com', 'starts at 80 ms 101', '20 ms'],
  ]);
});

test('the bars of the waterfall are where their steps are', async (context) => {
  const page = await open(context, 'Connecting');
  const bars = page.locator('.waterfall-bar');
  await bars.first().waitFor();
  const places = await bars.evaluateAll((elements) =>
    elements.map((bar) => {
      const all = bar.parentElement.getBoundingClientRect();
      const { left, right } = bar.getBoundingClientRect();
      return [left, right].map((x) => Math.round(((x - all.left) / all.width) * 100));
    }),
  );
  assert.deepEqual(places, [
    [0, 20],
    [20, 30],
    [30, 60],
    [40, 60],
    [60, 80],
    [80, 100],
  ]);
});

test('the arrow keys move a cursor over the timeline, which says the values', async (context) => {
  const page = await open(context, 'Timeline');
  const slider = page.getByRole('slider', { name: /^Time\./ });
  await page.locator('.timeline-chart svg path').first().waitFor();
  await slider.focus();
  const says = async (key, ...texts) => {
    await page.keyboard.press(key);
    for (const text of texts) await page.locator(`[role=slider][aria-valuetext*="${text}"]`).waitFor();
  };
  await says(
    'Home',
    'open',
    'throughput sent 10\u00a0kB/s',
    'throughput received 0\u00a0B/s',
    'messages sent 10/s',
  );
  await says(
    'ArrowRight',
    'throughput sent 0\u00a0B/s',
    'throughput received 1\u00a0kB/s',
    'messages received 1/s',
  );
  await says('ArrowLeft', 'throughput sent 10\u00a0kB/s');
  await says('End', 'closed', 'messages received 1/s');
  await page.getByText('Connection: closed: 1006, connection lost: reset by peer').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText(/Connection: closed since .*The values are those of the recorded frames/).waitFor();
});

test('the pointer shows the values of the timeline where it is', async (context) => {
  const page = await open(context, 'Timeline');
  const chart = page.locator('.timeline-chart svg');
  const { x, y, height } = await chart.boundingBox();
  await page.mouse.move(x + 2, y + height / 2);
  await page.locator('.timeline-value.sent').getByText('10\u00a0kB/s').waitFor();
  await page.mouse.move(x + 2, y - 50);
  await page.locator('.timeline-value.sent').getByText('0\u00a0B/s').waitFor();
});

test('the timeline is also a table of states and values', async (context) => {
  const page = await open(context, 'Timeline');
  await page.getByText('As a table').click();
  const states = page
    .getByRole('table', { name: 'States of the connection' })
    .locator('tbody')
    .getByRole('row');
  await states.first().waitFor();
  assert.deepEqual(
    (await textsOf(states)).map(([, state, cause]) => [state, cause]),
    [
      ['connecting', ''],
      ['open', ''],
      ['closed', '1006, connection lost: reset by peer'],
    ],
  );
  const values = await textsOf(
    page
      .getByRole('table', { name: /^Values/ })
      .locator('tbody')
      .getByRole('row'),
  );
  assert.equal(values.length, 10);
  assert.deepEqual(values.at(-1).slice(1), ['10 kB/s', '0 B/s', '10/s', '0/s', '', '']);
});

for (const width of [360, 1280]) {
  test(`nothing of the charts is cut at ${width} pixels`, async (context) => {
    const page = await open(context, 'Timeline', { viewport: { width, height: 800 } });
    await page.locator('.timeline-chart svg path').first().waitFor();
    for (const [tab, selector] of [
      ['Timeline', '.timeline'],
      ['Connecting', '.waterfall'],
    ]) {
      await page.getByRole('tab', { name: tab }).click();
      await page.locator(selector).waitFor();
      const cut = await page.locator(selector).evaluate((element) => {
        const { left, right } = element.getBoundingClientRect();
        return [...element.querySelectorAll('text, td, th, p, span:not(.visually-hidden)')]
          .filter((it) => it.checkVisibility() && it.textContent !== '')
          .filter(
            (it) =>
              it.getBoundingClientRect().left < left - 1 || it.getBoundingClientRect().right > right + 1,
          )
          .map((it) => it.textContent);
      });
      assert.deepEqual(cut, []);
    }
  });
}

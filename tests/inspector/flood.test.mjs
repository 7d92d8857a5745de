// 10,000 frames a second: the page stays smooth, and no frame is lost without a count.
import assert from 'node:assert/strict';
import test from 'node:test';

import { openScene } from './support/scene.mjs';

const SECONDS = 5;
const RATE = 10_000;
// The server sends them in bursts.
const BURST = 500;

test('each frame of a flood is shown or counted, and the page stays smooth', async (context) => {
  const { app, inspector } = await openScene(context);
  const { page } = inspector;
  await page.evaluate(() => {
    window.longTasks = [];
    window.drawn = 0;
    new PerformanceObserver((list) => {
      window.longTasks.push(...list.getEntries().map(({ duration }) => duration));
    }).observe({ type: 'longtask' });
    const count = () => {
      window.drawn++;
      requestAnimationFrame(count);
    };
    count();
  });

  const bursts = SECONDS * RATE / BURST;
  const started = performance.now();
  await app.send('chat', `/flood ${BURST} 32 text`, { count: bursts, every: 1000 * BURST / RATE });
  await app.received('chat', bursts * BURST);
  const seconds = (performance.now() - started) / 1000;

  await inspector.countsEventually(({ frames, leftOut, dropped }) =>
    assert.equal(frames + leftOut + dropped, bursts * BURST + bursts));
  const { frames, leftOut } = await inspector.counts();
  const { longTasks, drawn } = await page.evaluate(() => ({ longTasks: window.longTasks, drawn: window.drawn }));
  const blocked = longTasks.reduce((sum, duration) => sum + duration, 0);
  context.diagnostic(`${bursts * BURST} frames in ${seconds.toFixed(1)} s: ${frames} shown, ${leftOut} left out, ` +
    `${longTasks.length} long tasks (longest ${Math.max(0, ...longTasks)} ms, ${blocked} ms in all), ${drawn} animation frames`);
  // A browser's main thread that is blocked for a tenth of the time is not smooth. The bounds are for a busy machine.
  assert.ok(Math.max(0, ...longTasks) < 500, `a long task took ${Math.max(...longTasks)} ms`);
  assert.ok(blocked / 1000 < seconds / 4, `${blocked} ms of ${seconds} s were long tasks`);
});

test('a flood that is too fast is counted, with payloads', async (context) => {
  const { app, inspector } = await openScene(context);
  await inspector.recordPayloads(1024);
  const total = 300_000;
  await app.send('chat', `/flood ${total} 512 json`);
  await app.received('chat', total);
  await inspector.countsEventually(({ frames, leftOut, dropped }) =>
    assert.equal(frames + leftOut + dropped, total + 1));
  context.diagnostic(JSON.stringify(await inspector.counts()));
  await inspector.table.focus();
  await inspector.page.keyboard.press('End');
  await inspector.payload.getByText('customer').first().waitFor();
});

test('a flood while the page does not show the connection is counted', async (context) => {
  const { server, app, inspector } = await openScene(context);
  await app.connect('other', `${server.url}/other`);
  await app.send('other', '/flood 30000 32 text');
  await app.received('other', 30000);
  await inspector.show('/other');
  await inspector.countsEventually(({ frames, leftOut }) => assert.equal(frames + leftOut, 30001));
  const { frames } = await inspector.counts();
  assert.ok(frames <= 256, `${frames} frames of a connection that nobody watches`);
});

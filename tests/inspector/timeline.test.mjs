// The timeline of a live connection.
import assert from 'node:assert/strict';
import test from 'node:test';

import { eventually } from './support/eventually.mjs';
import { openScene } from './support/scene.mjs';

test('throughput and round trips are drawn while messages flow', async (context) => {
  const { app, inspector } = await openScene(context, { options: { pingInterval: 300 } });
  await inspector.openTab('Timeline');
  const panel = inspector.panel('Timeline');
  const flowing = app.send('chat', 'x'.repeat(1000), { count: 60, every: 100 });
  await panel.getByText('As a table').click();
  await eventually(async () => {
    const table = await panel.getByRole('table', { name: 'Values' }).innerText();
    assert.match(table, /kB\/s/);
    assert.match(table, /(µs|ms)/);
  });
  const chart = panel.getByRole('slider');
  await chart.focus();
  await inspector.page.keyboard.press('ArrowLeft');
  assert.match(await chart.getAttribute('aria-valuetext'), /open/);
  await flowing;
});

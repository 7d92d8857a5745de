// Writes the screenshots of docs/: the page with the demo's program, light and dark.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import test from 'node:test';

import { startDemo } from './support/demo.mjs';
import { eventually } from './support/eventually.mjs';
import { Inspector, servePage } from './support/page.mjs';

// So that each run shows the same addresses.
const PORTS = [8443, 8080];

test('screenshots', async (context) => {
  const service = await startDemo(context, { ports: PORTS });
  const inspector = await Inspector.open(context, await servePage(context, service),
    { viewport: { width: 1280, height: 720 }, timezoneId: 'UTC' });
  const save = async (view) => {
    for (const colorScheme of ['light', 'dark']) {
      const path = `docs/inspector-${view}-${colorScheme}.png`;
      await inspector.page.emulateMedia({ colorScheme });
      await inspector.page.locator(`[data-theme=${colorScheme}]`).waitFor();
      await inspector.page.screenshot({ path, animations: 'disabled' });
      context.diagnostic(`${path}: ${Math.ceil(statSync(path).size / 1000)} kB`);
    }
  };

  await inspector.show('/orders');
  await inspector.recordPayloads();
  await inspector.framesEventually((frames) => {
    assert.ok(frames.length > 20 && frames.every(({ preview }) => preview !== ''));
  });
  await inspector.rows('↓', 'Ada').last().click();
  await inspector.payload.getByRole('tree').waitFor();
  await save('frames');

  // The second connection of the channel that reconnects, after some time.
  const second = inspector.connections(/attempt 2 · ↑ 1[2-9]/);
  await eventually(() => second.click({ timeout: 1000 }), 120_000);
  await inspector.openTab('Timeline');
  await inspector.panel('Timeline').getByText('Throughput').waitFor();
  await save('timeline');
  // One that was made when everything had been loaded.
  await inspector.show('/uploads');
  await inspector.openTab('Connecting');
  await inspector.panel('Connecting').getByText(/TLSv1_3/).first().waitFor();
  await save('connecting');
});

// The demo's program, as `cargo xtask demo --inspect` runs it.
import test from 'node:test';

import { startDemo } from './support/demo.mjs';
import { openInspector } from './support/page.mjs';

test('the demo has messages of every kind', async (context) => {
  const inspector = await openInspector(context, await startDemo(context));
  for (const [path, state] of [
    ['/chat', 'open'], ['/orders', 'open'], ['/pictures', 'open'], ['/uploads', 'open'], ['/positions', 'open'], ['/refuse', 'failed'],
  ]) {
    await inspector.connections(path).filter({ hasText: state }).first().waitFor();
  }
  await inspector.show('/orders');
  await inspector.recordPayloads();
  await inspector.rows('↓', 'FIN comp', 'Ada Lovelace').first().waitFor();
  await inspector.show('/pictures');
  await inspector.rows('↓', '89 50 4e 47').first().click();
  await inspector.payload.getByText('96 × 64').waitFor();
  await inspector.show('/uploads');
  await inspector.rows('↑', 'continuation').first().waitFor();
  await inspector.rows('↓', 'continuation').first().waitFor();
  await inspector.show('/chat');
  await inspector.rows('↓', 'pong').first().waitFor();
  await inspector.page.getByRole('textbox', { name: 'Message to send' }).fill('by hand');
  await inspector.button('Send').click();
  await inspector.rows('↓', 'by hand').first().waitFor();
});

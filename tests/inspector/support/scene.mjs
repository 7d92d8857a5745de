// What most tests begin with: a server, an app with one connection, and the page that shows it.
import { App } from './app.mjs';
import { openInspector } from './page.mjs';
import { startCompressingServer, startEchoServer } from './server.mjs';

/** Opens the page with the app's connection `chat`. `options` are the connection's. */
export async function openScene(context, { compresses = false, options = {}, page = {} } = {}) {
  const server = await (compresses ? startCompressingServer : startEchoServer)(context);
  const app = await App.start(context);
  await app.connect('chat', `${server.url}/chat`, options);
  const inspector = await openInspector(context, app.service, page);
  await inspector.show('/chat');
  return { server, app, inspector };
}

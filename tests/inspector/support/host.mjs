// Serves the page as the DevTools server does, and the stand-in for DevTools around it.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cleanUp } from './clean_up.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
// The folder of DevTools has the authentication code of the service that serves it.
const BASE = '/code=/devtools/';
const EXTENSION = `${BASE}devtools_extensions/rust_web_socket_0.1.0/`;
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/** Starts the server and returns DevTools' address there, without a query. */
export async function startHost(context) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = fileOf(pathname);
    try {
      if (file === null) throw new Error('not served');
      const content = await readFile(file);
      response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'text/html' });
      response.end(content);
    } catch {
      response.writeHead(404);
      response.end();
    }
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  cleanUp(
    context,
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${server.address().port}${BASE}`;
}

function fileOf(pathname) {
  for (const [prefix, folder] of [
    [EXTENSION, 'dart/extension/devtools/build'],
    [BASE, 'tests/inspector/host'],
  ]) {
    if (!pathname.startsWith(prefix)) continue;
    const name = pathname.slice(prefix.length) || 'index.html';
    return normalize(name).startsWith('..') ? null : join(ROOT, folder, name);
  }
  return null;
}

// The servers that the app connects to.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Child } from './child.mjs';
import { cleanUp } from './clean_up.mjs';
import { startDart } from './dart.mjs';

/** Starts the project's test server. `url` is where it listens. */
export async function startEchoServer(context, { port = 0, authority = null } = {}) {
  const tls = authority === null ? [] : ['--tls-authority', authority];
  const server = new Child(context, process.env.ECHO_SERVER,
    ['--until-stdin-closes', '--port', `${port}`, ...tls]);
  server.url = await server.after('listening on ');
  return server;
}

/** Starts an echo server that compresses messages. */
export async function startCompressingServer(context, { port = 0 } = {}) {
  const server = await startDart(context, 'tests/inspector/programs/compressing_server.dart', [`${port}`]);
  server.url = await server.after('listening on ');
  return server;
}

/** Starts the test server with TLS. `authority` is a file with the certificate of its authority. */
export async function startTlsServer(context, { port = 0 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'inspector-'));
  cleanUp(context, () => rm(folder, { recursive: true }));
  const authority = join(folder, 'authority.pem');
  return { authority, server: await startEchoServer(context, { authority, port }) };
}

// The demo's program: dart/example/inspect.dart, with its servers.
import { serviceOf, startDart } from './dart.mjs';
import { startCompressingServer, startTlsServer } from './server.mjs';

/** Starts it, and returns the address of its VM service. */
export async function startDemo(context, { ports = [0, 0] } = {}) {
  const { authority, server } = await startTlsServer(context, { port: ports[0] });
  const compressing = await startCompressingServer(context, { port: ports[1] });
  const program = await startDart(context, 'dart/example/inspect.dart',
    [server.url, compressing.url, authority], { hasService: true });
  return serviceOf(program);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IsolateEnded, RpcError, Service, ServiceEnded, UnreachableService }
  from '../../../dart/extension/devtools/build/service.js';

/** A WebSocket in memory. `answer` gets each request and returns what the service says, or nothing. */
function fakeWebSocket(answer, { opens = true } = {}) {
  return class extends EventTarget {
    static last;
    readyState = 0;
    requests = [];

    constructor() {
      super();
      this.constructor.last = this;
      queueMicrotask(() => {
        this.readyState = opens ? 1 : 3;
        this.dispatchEvent(new Event(opens ? 'open' : 'error'));
      });
    }

    send(text) {
      const request = JSON.parse(text);
      this.requests.push(request);
      const said = answer(request);
      if (said !== undefined) queueMicrotask(() => this.say({ jsonrpc: '2.0', id: request.id, ...said }));
    }

    say(message) {
      this.dispatchEvent(new MessageEvent('message', { data: typeof message === 'string' ? message : JSON.stringify(message) }));
    }

    close() {
      this.readyState = 3;
      this.dispatchEvent(new Event('close'));
    }
  };
}

const VERSION = { result: { type: 'Version', major: 4, minor: 16 } };
const answers = (others) => (request) => (request.method === 'getVersion' ? VERSION : others(request));

async function openService(others) {
  const WebSocket = fakeWebSocket(answers(others));
  return { service: await Service.open('ws://localhost/ws', { WebSocket }), socket: WebSocket.last };
}

test('a call has its answer, whatever the order', async () => {
  const { service, socket } = await openService(() => undefined);
  const first = service.getVM();
  const second = service.getIsolate('isolates/1');
  const [one, two] = socket.requests.slice(-2);
  socket.say({ id: two.id, result: { type: 'Isolate' } });
  socket.say({ id: one.id, result: { type: 'VM' } });
  assert.deepEqual(await first, { type: 'VM' });
  assert.deepEqual(await second, { type: 'Isolate' });
});

test('a service extension is called with its isolate', async () => {
  const { service, socket } = await openService(() => ({ result: {} }));
  await service.callServiceExtension('isolates/1', 'frames', { connection: '7' });
  const { method, params } = socket.requests.at(-1);
  assert.equal(method, 'ext.rust_web_socket.frames');
  assert.deepEqual(params, { connection: '7', isolateId: 'isolates/1' });
});

test('an error has its code and details', async () => {
  const { service } = await openService(() => ({ error: { code: -32602, message: 'Invalid params', data: { details: 'No connection 7.' } } }));
  await assert.rejects(service.callServiceExtension('isolates/1', 'frames'), (error) =>
    error instanceof RpcError && error.code === -32602 && error.details === 'No connection 7.');
});

test('a sentinel says that the isolate ended', async () => {
  const { service } = await openService(() => ({ result: { type: 'Sentinel', kind: 'Collected' } }));
  await assert.rejects(service.getIsolate('isolates/1'), IsolateEnded);
});

test('the end of an isolate ends its calls, and only those', async () => {
  const { service, socket } = await openService(() => undefined);
  const events = [];
  service.onEvent = (streamId, event) => events.push([streamId, event.kind]);
  const lost = service.callServiceExtension('isolates/1', 'connections');
  const other = service.callServiceExtension('isolates/2', 'connections');
  socket.say({ method: 'streamNotify', params: { streamId: 'Isolate', event: { kind: 'IsolateExit', isolate: { id: 'isolates/1' } } } });
  await assert.rejects(lost, IsolateEnded);
  socket.say({ id: socket.requests.at(-1).id, result: { type: 'Connections' } });
  assert.equal((await other).type, 'Connections');
  assert.deepEqual(events, [['Isolate', 'IsolateExit']]);
});

test('the end of the service ends all calls, and later ones at once', async () => {
  const { service, socket } = await openService(() => undefined);
  const call = service.getVM();
  socket.close();
  await assert.rejects(call, ServiceEnded);
  await service.ended;
  await assert.rejects(service.getVM(), ServiceEnded);
});

test('an address where nothing answers is unreachable', async () => {
  const WebSocket = fakeWebSocket(() => undefined, { opens: false });
  await assert.rejects(Service.open('ws://localhost/ws', { WebSocket }), (error) =>
    error instanceof UnreachableService && error.reason === 'unreachable');
});

test('a server that is no VM service is reported', async () => {
  for (const said of [undefined, { result: { type: 'Pong' } }, { error: { code: -32601, message: 'unknown' } }]) {
    const WebSocket = fakeWebSocket(() => said);
    await assert.rejects(Service.open('ws://localhost/ws', { WebSocket, timeout: 50 }), (error) =>
      error instanceof UnreachableService && error.reason === 'other');
  }
});

test('messages that are no JSON-RPC are ignored', async () => {
  const { service, socket } = await openService(() => ({ result: { type: 'VM' } }));
  for (const message of ['', 'x', 'null', '1', '[]', '{"id": "77", "result": {}}', '{"method": "streamNotify"}']) socket.say(message);
  assert.equal((await service.getVM()).type, 'VM');
});

test('listening to a stream twice is no error', async () => {
  const { service } = await openService(() => ({ error: { code: 103, message: 'Stream already subscribed' } }));
  await service.streamListen('Extension');
});

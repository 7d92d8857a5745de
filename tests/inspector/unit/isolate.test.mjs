import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Isolate } from '../../../dart/extension/devtools/build/model/isolate.js';
import { Recording } from '../../../dart/extension/devtools/build/model/recording.js';
import { IsolateEnded, RpcError } from '../../../dart/extension/devtools/build/service.js';

const NONE = 0xffff_ffff_ffff_ffffn;

function pack(number) {
  const record = Buffer.alloc(38);
  record[1] = 0x89;
  record.writeBigUInt64LE(BigInt(number), 10);
  record.writeBigUInt64LE(NONE, 26);
  return record;
}

/** An app in memory: it has one connection, and each call waits until the test answers it. */
class App {
  calls = [];
  answers = {
    connections: () => ({ type: 'Connections', version: 1, allowsSending: true, connections: [{ id: '7', url: 'ws://x/', state: 'open' }] }),
    watch: () => ({ type: 'Watch' }),
    frames: ({ after }) => ({ type: 'Frames', next: Number(after) + 1, isComplete: true, sent: 0, received: 1, frames: after === '0' ? pack(1).toString('base64') : '' }),
  };

  constructor(context) {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    this.timers = context.mock.timers;
    this.recording = new Recording();
    this.isolate = new Isolate(this, { id: 'isolates/1', name: 'main' }, this.recording, () => {});
  }

  callServiceExtension(isolateId, name, params) {
    const call = { name, params };
    this.calls.push(call);
    return new Promise((resolve, reject) => Object.assign(call, { resolve, reject }));
  }

  /** Answers every call that waits, and lets the isolate take the answers. */
  async answer() {
    for (const call of this.calls.splice(0)) {
      try {
        call.resolve(this.answers[call.name](call.params));
      } catch (error) {
        call.reject(error);
      }
    }
    await new Promise(setImmediate);
  }

  async show() {
    this.isolate.read();
    await this.answer();
    this.isolate.show('isolates/1/7');
  }

  names() {
    return this.calls.map(({ name }) => name).sort();
  }
}

test('the shown connection is watched, and its frames are read from where the last answer ended', async (context) => {
  const app = new App(context);
  await app.show();
  assert.deepEqual(app.names(), ['frames', 'watch']);
  await app.answer();
  assert.equal(app.recording.store('isolates/1/7').frameCount, 1);
  app.timers.tick(100);
  assert.deepEqual(app.calls.map(({ name, params }) => [name, params.after]), [['frames', '1']]);
});

test('no call of a kind begins while one is waiting', async (context) => {
  const app = new App(context);
  await app.show();
  app.timers.tick(60_000);
  app.isolate.read();
  app.isolate.read();
  app.isolate.show('isolates/1/7');
  app.timers.tick(60_000);
  assert.deepEqual(app.names(), ['connections', 'frames', 'watch']);
});

test('an answer that is not complete is followed at once', async (context) => {
  const app = new App(context);
  app.answers.frames = () => ({ type: 'Frames', next: 1, isComplete: false, sent: 0, received: 2, frames: pack(1).toString('base64') });
  await app.show();
  await app.answer();
  app.timers.tick(0);
  assert.deepEqual(app.names(), ['frames']);
});

test('frames are left in the app while the page is paused, but it is watched', async (context) => {
  const app = new App(context);
  app.isolate.configure({ payloadLimit: 0, isFrozen: true });
  await app.show();
  assert.deepEqual(app.names(), ['watch']);
  await app.answer();
  app.isolate.configure({ payloadLimit: 0, isFrozen: false });
  assert.deepEqual(app.names(), ['frames']);
});

test('payloads are not asked for until the page is told to', async (context) => {
  const app = new App(context);
  await app.show();
  assert.equal(app.calls.find(({ name }) => name === 'watch').params.payload, '0');
  await app.answer();
  app.isolate.configure({ payloadLimit: 1024, isFrozen: false });
  assert.equal(app.calls.find(({ name }) => name === 'watch').params.payload, '1024');
});

test('a connection that is no longer shown is no longer watched', async (context) => {
  const app = new App(context);
  await app.show();
  await app.answer();
  app.isolate.show(null);
  assert.deepEqual(app.calls.map(({ name, params }) => [name, params.connections]), [['watch', '']]);
  await app.answer();
  app.timers.tick(5000);
  assert.deepEqual(app.names().filter((name) => name === 'watch'), []);
});

test('another version of the protocol stops the calls', async (context) => {
  const app = new App(context);
  app.answers.connections = () => ({ type: 'Connections', version: 2 });
  app.isolate.read();
  await app.answer();
  assert.equal(app.isolate.state, 'version');
  assert.equal(app.isolate.version, 2);
  app.timers.tick(60_000);
  assert.deepEqual(app.calls, []);
});

test('the end of the isolate keeps what was recorded', async (context) => {
  const app = new App(context);
  await app.show();
  await app.answer();
  app.answers.connections = () => { throw new IsolateEnded(); };
  app.isolate.read();
  await app.answer();
  assert.equal(app.isolate.state, 'ended');
  assert.equal(app.recording.connections.get('isolates/1/7').isLost, true);
  assert.equal(app.recording.store('isolates/1/7').frameCount, 1);
});

test('a connection that the app has forgotten is no failure', async (context) => {
  const app = new App(context);
  app.answers.frames = () => { throw new RpcError(-32602, 'Invalid params', 'There is no such connection'); };
  await app.show();
  await app.answer();
  assert.equal(app.isolate.state, 'live');
});

test('an answer that is not understood is a failure with a sentence', async (context) => {
  const app = new App(context);
  app.answers.frames = () => ({ type: 'Frames', next: 1, isComplete: true, frames: 'AAAA' });
  await app.show();
  await app.answer();
  assert.equal(app.isolate.state, 'broken');
  assert.match(app.isolate.problem, /ends within its header/);
});

test('an isolate that does not answer is reported as paused, or as silent', async (context) => {
  const app = new App(context);
  let now = 0;
  context.mock.method(performance, 'now', () => now);
  let pauseEvent = { kind: 'PauseBreakpoint' };
  app.getIsolate = async () => ({ pauseEvent });
  await app.show();
  now = 4000;
  await app.isolate.checkHold();
  assert.equal(app.isolate.hold, null);
  now = 6000;
  await app.isolate.checkHold();
  assert.equal(app.isolate.hold, 'paused');
  pauseEvent = { kind: 'Resume' };
  await app.isolate.checkHold();
  assert.equal(app.isolate.hold, 'silent');
  await app.answer();
  await app.isolate.checkHold();
  assert.equal(app.isolate.hold, null);
});

test('an answer without frames does not begin again at the oldest one', async (context) => {
  const app = new App(context);
  await app.show();
  await app.answer();
  app.answers.frames = () => ({ type: 'Frames', next: 0, isComplete: true, sent: 0, received: 0, frames: '' });
  app.timers.tick(100);
  await app.answer();
  app.timers.tick(100);
  assert.equal(app.calls.find(({ name }) => name === 'frames').params.after, '1');
});

test('all frames are read on request, and none twice', async (context) => {
  const app = new App(context);
  const { answers, isolate, recording } = app;
  answers.connections = () => ({
    type: 'Connections', version: 1, connections: ['7', '8'].map((id) => ({ id, url: 'ws://x/', state: 'open' })),
  });
  await app.show();
  await app.answer();
  app.calls.length = 0;

  const all = isolate.readAll();
  assert.deepEqual(app.calls.map(({ params }) => params.connection), ['8']);
  isolate.show('isolates/1/8');
  await app.answer();
  await app.answer();
  await all;
  assert.equal(recording.store('isolates/1/8').frameCount, 1);
});

test('reading all frames of an isolate that ends is no failure', async (context) => {
  const app = new App(context);
  await app.show();
  app.isolate.show(null);
  await app.answer();
  app.answers.frames = () => { throw new IsolateEnded(); };
  const all = app.isolate.readAll();
  await app.answer();
  await all;
});

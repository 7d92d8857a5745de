import { unpackFrames } from '../frame.js';
import { IsolateEnded, RPC_CODES, RpcError, ServiceEnded } from '../service.js';
import { Poll } from './poll.js';
import { isEnded } from './recording.js';

/** The version of the protocol that this page speaks. */
export const VERSION = 1;

const CONNECTIONS_EVERY = 1000;
const FRAMES_EVERY = 100;
const WATCH_EVERY = 2000;
const SILENT_AFTER = 5000;
const FRAMES_AT_ONCE = 4096;

// Another page may watch as well: the app tells them apart.
const VIEWER = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-');

/** An isolate of the app that has connections, and the calls that read them. */
export class Isolate {
  #service;
  #recording;
  #onChange;
  #connections;
  #frames;
  #watch;
  #shownKey = null;
  #watchedKey = null;
  #isAsking = false;

  /** "live", "ended", "version" (of another protocol) or "broken" (an answer that is not understood) */
  state = 'live';
  /** "paused" in the debugger, "silent" for another reason, or null: whether calls return. */
  hold = null;
  /** The protocol's version that the app speaks. */
  version = null;
  /** What is wrong in the state "broken". */
  problem = null;
  allowsSending = false;
  showsSecrets = false;
  /** How many connections the app has forgotten. */
  forgotten = 0;
  /** How many older connections the app has, but does not list. */
  omitted = 0;
  /** Whether frames of the shown connection are left in the app. */
  isFrozen = false;
  /** The bytes to record of each payload. */
  payloadLimit = 0;

  constructor(service, { id, name }, recording, onChange) {
    this.#service = service;
    this.id = id;
    this.name = name;
    this.#recording = recording;
    this.#onChange = onChange;
    const onError = (error) => this.#fail(error);
    this.#connections = new Poll(() => this.#readConnections(), CONNECTIONS_EVERY, onError);
    this.#frames = new Poll(() => this.#readFrames(), FRAMES_EVERY, onError);
    this.#watch = new Poll(() => this.#keepWatching(), WATCH_EVERY, onError);
  }

  /** Begins to read, or reads at once. */
  read() {
    this.#connections.now();
  }

  /** The connection whose frames are read: one of this isolate, or null. */
  show(key) {
    this.#shownKey = key;
    this.#watch.now();
    this.#frames.now();
  }

  /** Reads the frames of the connections that are not shown, too. It never throws. */
  async readAll() {
    try {
      for (const key of this.#recording.connections.keys()) {
        if (key === this.#shownKey || !key.startsWith(`${this.id}/`)) continue;
        while (this.state === 'live' && await this.#readFramesOf(key) === 'again');
      }
    } catch {
      // The polls tell what is wrong.
    }
  }

  /** Changes what is recorded of payloads, and whether frames are read. */
  configure({ payloadLimit, isFrozen }) {
    const wasFrozen = this.isFrozen;
    const isNew = payloadLimit !== this.payloadLimit;
    this.payloadLimit = payloadLimit;
    this.isFrozen = isFrozen;
    if (this.#shownKey === null) return;
    if (isNew) this.#watch.now();
    if (wasFrozen && !isFrozen) this.#frames.now();
  }

  /** Sends a message: {text} or {binary}, in base64. Throws RpcError and others. */
  async send(key, message) {
    await this.#call('send', { connection: this.#idOf(key), ...message });
    this.#connections.now();
    this.#frames.now();
  }

  /** Stops all calls. */
  stop(state = 'ended') {
    if (this.state === 'live') this.state = state;
    this.hold = null;
    this.#connections.stop();
    this.#frames.stop();
    this.#watch.stop();
  }

  /** Finds out whether calls return, and why not. Called once a second. */
  async checkHold() {
    const polls = [this.#connections, this.#frames, this.#watch];
    const isLate = polls.some(({ since }) => since !== null && performance.now() - since > SILENT_AFTER);
    if (!isLate || this.state !== 'live') {
      this.#setHold(null);
      return;
    }
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#setHold(this.hold ?? 'silent');
    // The VM answers this one itself, also while the isolate is paused.
    try {
      const { pauseEvent } = await this.#service.getIsolate(this.id);
      const isPaused = /^Pause(?!Exit|PostRequest)/.test(pauseEvent?.kind ?? '');
      if (this.hold !== null) this.#setHold(isPaused ? 'paused' : 'silent');
    } catch {
      // Its end is told by an event.
    } finally {
      this.#isAsking = false;
    }
  }

  async #readConnections() {
    const answer = await this.#call('connections');
    if (answer?.type !== 'Connections') throw new Error('The list of connections is not understood.');
    this.version = answer.version;
    if (answer.version !== VERSION) {
      this.stop('version');
      this.#onChange('isolates');
      return;
    }
    this.allowsSending = answer.allowsSending === true;
    this.showsSecrets = answer.showsSecrets === true;
    this.forgotten = Number(answer.forgotten) || 0;
    this.omitted = Number(answer.omitted) || 0;
    this.#recording.update(this, answer, this.#shownKey);
    this.#onChange('connections');
  }

  async #readFrames() {
    return this.#shownKey === null || this.isFrozen ? null : this.#readFramesOf(this.#shownKey);
  }

  async #readFramesOf(key) {
    if (this.#recording.connections.get(key)?.isLost !== false) return null;
    const store = this.#recording.store(key);
    if (store.isFinished) return null;
    const after = store.position;
    const hasEnded = isEnded(this.#recording.connections.get(key));
    let answer;
    try {
      answer = await this.#call('frames', {
        connection: this.#idOf(key),
        after: String(after),
        limit: String(FRAMES_AT_ONCE),
      });
    } catch (error) {
      // The app has forgotten the connection; the list will say so.
      if (error instanceof RpcError && error.code === RPC_CODES.invalidParams) return null;
      throw error;
    }
    if (answer?.type !== 'Frames') throw new Error('The list of frames is not understood.');
    if (this.isFrozen && key === this.#shownKey) return null;
    // An answer to another call had these frames.
    if (store.position !== after) return 'again';
    const frames = unpackFrames(answer.frames);
    const isProgress = answer.next > after;
    // An answer without any frame begins at 0 again.
    store.position = Math.max(after, answer.next);
    this.#recording.append(key, frames);
    if (answer.isComplete) {
      store.setTotals(answer.sent, answer.received);
      store.isFinished = hasEnded;
    }
    this.#onChange('frames');
    return !answer.isComplete && isProgress ? 'again' : null;
  }

  async #keepWatching() {
    const key = this.#shownKey;
    if (key === null && this.#watchedKey === null) return;
    this.#watchedKey = key;
    try {
      await this.#call('watch', {
        viewer: VIEWER,
        connections: key === null ? '' : this.#idOf(key),
        payload: String(this.payloadLimit),
      });
    } catch (error) {
      if (!(error instanceof RpcError && error.code === RPC_CODES.invalidParams)) throw error;
    }
  }

  #call(name, params) {
    return this.#service.callServiceExtension(this.id, name, params);
  }

  #idOf(key) {
    return this.#recording.connections.get(key)?.id ?? '';
  }

  #setHold(hold) {
    if (hold === this.hold) return;
    this.hold = hold;
    this.#onChange('isolates');
  }

  #fail(error) {
    // The session says that the service ended.
    if (error instanceof ServiceEnded) return;
    if (error instanceof IsolateEnded) {
      this.stop('ended');
    } else {
      this.problem = error.details ?? error.message;
      this.stop('broken');
    }
    this.#recording.lose(this.id);
    this.#onChange('isolates');
  }
}

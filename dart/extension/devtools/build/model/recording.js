import { MAX_FRAMES } from '../capture.js';
import { FrameStore } from './frame_store.js';

const MAX_SAMPLES = 600;
const MAX_ENDED = 200;
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Everything that the page knows about connections: read from an app, or from a file.
 *
 * A connection has a key that is unique over all isolates. What the app forgets stays here, within
 * bounds.
 */
export class Recording {
  /** The file's name; null for a recording of an app. */
  fileName = null;
  /** key → Connection, in the order of their beginning in their isolate. */
  connections = new Map();
  /** key → Reconnecting */
  reconnecting = new Map();
  /** key of a connection → FrameStore */
  #stores = new Map();
  /** key of a connection → samples, oldest first */
  #samples = new Map();

  /** The recording that a file holds. */
  static fromCapture(capture, fileName) {
    const recording = new Recording();
    recording.fileName = fileName;
    capture.reconnecting.forEach((reconnecting, i) => {
      const key = reconnecting.key ?? `r${i + 1}`;
      recording.reconnecting.set(key, { ...reconnecting, key, isLost: false });
    });
    capture.connections.forEach((connection, i) => {
      const key = connection.key ?? String(i + 1);
      const reconnectingKey = connection.reconnectingKey ??
        keyOfReconnecting(recording, connection);
      recording.connections.set(key, { ...connection, key, reconnectingKey, isLost: false });
      const frames = capture.frames.get(connection.key) ?? [];
      const store = new FrameStore({ maxEntries: Infinity, maxBytes: Infinity });
      store.append(frames);
      recording.#stores.set(key, store);
    });
    return recording;
  }

  /** What `har.js` and `json_lines.js` export. */
  toCapture() {
    const frames = new Map();
    for (const key of this.connections.keys()) frames.set(key, this.#stores.get(key)?.frames() ?? []);
    return {
      connections: [...this.connections.values()],
      reconnecting: [...this.reconnecting.values()],
      frames,
    };
  }

  /** Takes over an answer of `ext.rust_web_socket.connections`. */
  update(isolate, answer, shownKey = null) {
    const prefix = `${isolate.id}/`;
    const live = new Set();
    for (const reconnecting of list(answer.reconnecting)) {
      const key = `${prefix}${reconnecting.id}`;
      live.add(key);
      this.reconnecting.set(key, {
        ...reconnecting, states: list(reconnecting.states), key, isolate: isolate.name, isLost: false,
      });
    }
    for (const [key, reconnecting] of this.reconnecting) {
      if (key.startsWith(prefix) && !live.has(key)) this.reconnecting.set(key, { ...reconnecting, isLost: true });
    }
    live.clear();
    for (const connection of list(answer.connections)) {
      const key = `${prefix}${connection.id}`;
      live.add(key);
      this.connections.set(key, {
        ...connection,
        url: String(connection.url),
        states: list(connection.states),
        steps: list(connection.steps),
        key,
        isolate: isolate.name,
        reconnectingKey: connection.reconnecting === null || connection.reconnecting === undefined
          ? null : `${prefix}${connection.reconnecting}`,
        isLost: false,
      });
    }
    for (const [key, connection] of this.connections) {
      if (!key.startsWith(prefix) || live.has(key) || connection.isLost) continue;
      // With too many connections the app lists the newest ones only: the other ones may live on.
      if (!(answer.omitted > 0)) this.connections.set(key, { ...connection, isLost: true });
      else if (key !== shownKey) this.#remove(key);
    }
    this.#forget(shownKey);
  }

  /** Marks what belongs to an isolate (or to all, without one) as lost: it changes no more. */
  lose(isolateId = null) {
    for (const map of [this.connections, this.reconnecting]) {
      for (const [key, value] of map) {
        if (isolateId === null || key.startsWith(`${isolateId}/`)) map.set(key, { ...value, isLost: true });
      }
    }
  }

  /** The frames of a connection. Those of the connection that was shown last are kept longest. */
  store(key) {
    let store = this.#stores.get(key);
    if (!store) {
      store = new FrameStore();
      this.#stores.set(key, store);
    }
    return store;
  }

  /** Appends frames, and drops those of other connections if all together are too large, or too many for a file. */
  append(key, frames) {
    const store = this.store(key);
    store.append(frames);
    this.#stores.delete(key);
    this.#stores.set(key, store);
    let bytes = 0;
    let count = 0;
    for (const held of this.#stores.values()) {
      bytes += held.bytes;
      count += held.frameCount;
    }
    for (const [other, oldest] of this.#stores) {
      if ((bytes <= MAX_BYTES && count <= MAX_FRAMES) || other === key) break;
      bytes -= oldest.bytes;
      count -= oldest.frameCount;
      oldest.dropAll();
    }
  }

  samples(key) {
    return this.#samples.get(key) ?? [];
  }

  /** Adds a sample of each connection that can still change. */
  sample(time) {
    for (const connection of this.connections.values()) {
      if (connection.isLost || !connection.stats) continue;
      let samples = this.#samples.get(connection.key);
      if (!samples) this.#samples.set(connection.key, samples = []);
      if (isEnded(connection) && samples.length > 0 && samples.at(-1).isLast) continue;
      samples.push({
        time,
        stats: connection.stats,
        bufferedAmount: connection.bufferedAmount,
        isLast: isEnded(connection),
      });
      if (samples.length > MAX_SAMPLES) samples.shift();
    }
  }

  /** How many connections can't change any more, because the app or its isolate ended or forgot them. */
  get lostCount() {
    let count = 0;
    for (const { isLost } of this.connections.values()) if (isLost) count++;
    return count;
  }

  /** Removes them. */
  removeLost() {
    for (const [key, { isLost }] of this.connections) if (isLost) this.#remove(key);
    this.#removeUnused();
  }

  #remove(key) {
    this.connections.delete(key);
    this.#stores.delete(key);
    this.#samples.delete(key);
  }

  #removeUnused() {
    const used = new Set([...this.connections.values()].map(({ reconnectingKey }) => reconnectingKey));
    for (const [key, { isLost }] of this.reconnecting) {
      if (isLost && !used.has(key)) this.reconnecting.delete(key);
    }
  }

  #forget(shownKey) {
    const ended = [...this.connections.values()].filter(({ key, isLost }) => isLost && key !== shownKey);
    for (const { key } of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) {
      this.#remove(key);
    }
    this.#removeUnused();
  }
}

/** Whether a connection is closed or was never made. */
export function isEnded(connection) {
  return connection.state === 'closed' || connection.state === 'failed';
}

function keyOfReconnecting(recording, { reconnecting: id, isolate }) {
  for (const reconnecting of recording.reconnecting.values()) {
    if (reconnecting.id === id && (reconnecting.isolate ?? null) === (isolate ?? null)) return reconnecting.key;
  }
  return null;
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

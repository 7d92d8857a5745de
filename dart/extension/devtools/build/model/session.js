import { Service, ServiceEnded, UnreachableService } from '../service.js';
import { Isolate } from './isolate.js';

const CONNECTIONS = 'ext.rust_web_socket.connections';
// A browser lets a page save a file for some seconds after a click.
const READ_ALL_WITHIN = 2000;

/**
 * A session with one VM service. It finds the isolates that have connections, and fills a recording
 * from them.
 */
export class Session {
  #service = null;
  #timer = null;
  #settings = { payloadLimit: 0, isFrozen: false };
  #shownKey = null;

  /** "connecting", "connected", "failed" or "ended" */
  state = 'connecting';
  /** Why it failed: an UnreachableService. */
  error = null;
  /** id → Isolate, of those that have connections */
  isolates = new Map();

  /** Called with what changed: "session", "isolates", "connections" or "frames". */
  onChange = () => {};

  constructor(address, recording) {
    this.address = address;
    this.recording = recording;
  }

  /** Connects. It never throws: `state` tells. */
  async start() {
    let service;
    try {
      service = await Service.open(this.address);
    } catch (error) {
      this.error = error instanceof UnreachableService ? error : new UnreachableService('unreachable', error.message);
      if (this.state === 'connecting') this.#setState('failed');
      return;
    }
    if (this.state !== 'connecting') {
      service.close();
      return;
    }
    this.#service = service;
    service.onEvent = (streamId, event) => this.#handle(event);
    service.ended.then(() => this.#end());
    this.#setState('connected');
    this.#timer = setInterval(() => this.#tick(), 1000);
    try {
      await Promise.all([service.streamListen('Isolate'), service.streamListen('Extension')]);
      const vm = await service.getVM();
      await Promise.all((vm.isolates ?? []).map((isolate) => this.#inspect(isolate)));
    } catch (error) {
      if (error instanceof ServiceEnded) return;
      this.error = new UnreachableService('other', error.message);
      this.#end('failed');
      service.close();
    }
  }

  /** Ends it; the recording stays. */
  stop() {
    if (this.state === 'connecting') this.state = 'ended';
    this.#service?.close();
    this.#end();
  }

  /** The connection whose frames are read, or null. */
  show(key) {
    this.#shownKey = key;
    for (const isolate of this.isolates.values()) {
      isolate.show(key?.startsWith(`${isolate.id}/`) ? key : null);
    }
  }

  configure(settings) {
    this.#settings = settings;
    for (const isolate of this.isolates.values()) isolate.configure(settings);
  }

  /** Reads the frames of all connections, as far as the app answers in time. */
  async readAll() {
    await Promise.race([
      Promise.all([...this.isolates.values()].map((isolate) => isolate.readAll())),
      new Promise((resolve) => setTimeout(resolve, READ_ALL_WITHIN)),
    ]);
  }

  /** The isolate of a connection, or undefined. */
  isolateOf(key) {
    return [...this.isolates.values()].find(({ id }) => key.startsWith(`${id}/`));
  }

  async #inspect({ id, name, isSystemIsolate }) {
    if (isSystemIsolate) return;
    try {
      const { extensionRPCs = [] } = await this.#service.getIsolate(id);
      if (extensionRPCs.includes(CONNECTIONS)) this.#add({ id, name });
    } catch (error) {
      // An isolate that can't be read yet tells of its extensions by an event.
      if (error instanceof ServiceEnded) throw error;
    }
  }

  #add({ id, name }) {
    if (this.isolates.has(id) || this.state !== 'connected') return;
    const isolate = new Isolate(this.#service, { id, name: String(name) }, this.recording,
      (change) => this.onChange(change));
    this.isolates.set(id, isolate);
    isolate.configure(this.#settings);
    isolate.read();
    if (this.#shownKey?.startsWith(`${id}/`)) isolate.show(this.#shownKey);
    this.onChange('isolates');
  }

  #handle(event) {
    const { id, name } = event.isolate ?? {};
    switch (event.kind) {
      case 'ServiceExtensionAdded':
        if (event.extensionRPC === CONNECTIONS) this.#add({ id, name });
        break;
      case 'IsolateExit':
        this.#remove(id);
        break;
      case 'Extension':
        if (event.extensionKind === 'rust_web_socket.changed') this.isolates.get(id)?.read();
        break;
    }
  }

  #remove(id) {
    const isolate = this.isolates.get(id);
    if (!isolate) return;
    isolate.stop('ended');
    this.recording.lose(id);
    this.onChange('isolates');
  }

  #tick() {
    for (const isolate of this.isolates.values()) isolate.checkHold();
    this.recording.sample(Date.now() * 1000);
    this.onChange('samples');
  }

  #end(state = 'ended') {
    if (this.state === 'ended' || this.state === 'failed') return;
    clearInterval(this.#timer);
    for (const isolate of this.isolates.values()) isolate.stop('ended');
    this.recording.lose();
    this.#setState(state);
  }

  #setState(state) {
    this.state = state;
    this.onChange('session');
  }
}

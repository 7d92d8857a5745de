/** Error codes of the VM service's protocol and of JSON-RPC 2.0. */
export const RPC_CODES = Object.freeze({
  invalidParams: -32602,
  methodNotFound: -32601,
  isolateMustBeRunnable: 105,
  serviceDisappeared: 112,
});

/** No VM service could be reached at an address. `reason` is "address", "unreachable" or "other". */
export class UnreachableService extends Error {
  name = 'UnreachableService';

  constructor(reason, message) {
    super(message);
    this.reason = reason;
  }
}

/** The service ended while a call was waiting, or before it. */
export class ServiceEnded extends Error {
  name = 'ServiceEnded';

  constructor() {
    super('The VM service ended.');
  }
}

/** The service answered a call with an error. */
export class RpcError extends Error {
  name = 'RpcError';

  constructor(code, message, details) {
    super(message);
    this.code = code;
    /** What the app says about it, or null. */
    this.details = details;
  }
}

/** The isolate that a call was for has ended. */
export class IsolateEnded extends Error {
  name = 'IsolateEnded';

  constructor() {
    super('The isolate ended.');
  }
}

/**
 * A client of a Dart VM service: JSON-RPC 2.0 over a WebSocket.
 *
 * One object is one connection. Once `ended` resolves, open another.
 */
export class Service {
  #socket;
  #nextId = 1;
  #calls = new Map();
  #end;

  /** Called with (streamId, event) for each event of a stream that is listened to. */
  onEvent = () => {};

  /** Resolves when the connection to the service ends, by either side. */
  ended;

  constructor(socket) {
    this.#socket = socket;
    this.ended = new Promise((resolve) => { this.#end = resolve; });
    socket.addEventListener('message', (event) => this.#receive(event.data));
    socket.addEventListener('close', () => this.#fail());
    socket.addEventListener('error', () => this.#fail());
  }

  /**
   * Connects to the service at a ws: or wss: address and makes sure that it is a Dart VM service.
   * Throws UnreachableService.
   */
  static async open(address, { timeout = 5000, WebSocket = globalThis.WebSocket } = {}) {
    let socket;
    try {
      socket = new WebSocket(address);
    } catch {
      throw new UnreachableService('address', 'The address is not valid.');
    }
    const service = new Service(socket);
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(reject, timeout, new Error('timeout'));
    });
    let isOpen = false;
    try {
      await Promise.race([service.#opened(), late]);
      isOpen = true;
      const version = await Promise.race([service.call('getVersion'), late]);
      if (version?.type !== 'Version') throw new Error('no version');
    } catch {
      service.close();
      throw isOpen
        ? new UnreachableService('other', 'What answers at this address is not a Dart VM service.')
        : new UnreachableService('unreachable', 'Nothing answers at this address.');
    } finally {
      clearTimeout(timer);
    }
    return service;
  }

  /** Calls a method. Throws RpcError, IsolateEnded or ServiceEnded. */
  call(method, params = {}) {
    if (this.#socket.readyState !== 1) return Promise.reject(new ServiceEnded());
    const id = String(this.#nextId++);
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject, isolateId: params.isolateId });
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  /** The VM: its name and isolates. */
  getVM() {
    return this.call('getVM');
  }

  /** An isolate, with `extensionRPCs` and `pauseEvent`. */
  getIsolate(isolateId) {
    return this.call('getIsolate', { isolateId });
  }

  /** Listens to a stream: "Isolate", "Extension". */
  async streamListen(streamId) {
    try {
      await this.call('streamListen', { streamId });
    } catch (error) {
      // 103: the stream is listened to already.
      if (!(error instanceof RpcError && error.code === 103)) throw error;
    }
  }

  /** Calls the service extension `ext.rust_web_socket.<name>` of an isolate. Its parameters are strings. */
  callServiceExtension(isolateId, name, params = {}) {
    return this.call(`ext.rust_web_socket.${name}`, { ...params, isolateId });
  }

  /** Ends the connection. Calls that wait throw ServiceEnded. */
  close() {
    this.#socket.close();
    this.#fail();
  }

  #opened() {
    return new Promise((resolve, reject) => {
      this.#socket.addEventListener('open', resolve);
      this.ended.then(() => reject(new ServiceEnded()));
    });
  }

  #receive(data) {
    // Binary messages are the service's too (heap snapshots), but nothing here asks for them.
    if (typeof data !== 'string') return;
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message === null || typeof message !== 'object') return;
    if (message.method === 'streamNotify') {
      const { streamId, event } = message.params ?? {};
      if (!event) return;
      // A call that an isolate has not answered by its end is never answered.
      if (event.kind === 'IsolateExit') this.#abandon(event.isolate?.id);
      this.onEvent(streamId, event);
      return;
    }
    const call = this.#calls.get(String(message.id));
    if (!call) return;
    this.#calls.delete(String(message.id));
    if (message.error) {
      call.reject(toError(message.error));
    } else if (message.result?.type === 'Sentinel') {
      call.reject(new IsolateEnded());
    } else {
      call.resolve(message.result);
    }
  }

  #abandon(isolateId) {
    for (const [id, call] of this.#calls) {
      if (call.isolateId !== isolateId) continue;
      this.#calls.delete(id);
      call.reject(new IsolateEnded());
    }
  }

  #fail() {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { reject } of calls) reject(new ServiceEnded());
    this.#end();
  }
}

function toError({ code, message, data }) {
  const details = data?.details;
  return new RpcError(code, String(message ?? 'unknown error'),
    details === undefined || details === null ? null : String(details));
}

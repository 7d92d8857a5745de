// The app that the tests control: programs/app.dart.
import { serviceOf, startDart } from './dart.mjs';

export class App {
  #lastId = 0;

  constructor(program, service) {
    this.program = program;
    /** The address of its VM service. */
    this.service = service;
  }

  static async start(context) {
    const program = await startDart(context, 'tests/inspector/programs/app.dart', [], { hasService: true });
    return new App(program, await serviceOf(program));
  }

  /** Opens a connection with this name. */
  connect(name, url, options = {}) {
    return this.call('connect', { name, url: `${url}`, ...options });
  }

  /** Sends a text, or bytes. */
  send(name, message, options = {}) {
    const content = typeof message === 'string'
      ? { text: message }
      : { binary: Buffer.from(message).toString('base64') };
    return this.call('send', { name, ...content, ...options });
  }

  /** Waits until a connection has received `count` messages in all. */
  received(name, count) {
    return this.call('received', { name, count });
  }

  close(name) {
    return this.call('close', { name });
  }

  /** Ends the program. */
  end() {
    return this.program.kill();
  }

  /** Calls a method of the program. Throws what it answers with as an error. */
  async call(method, parameters = {}) {
    const id = ++this.#lastId;
    this.program.writeLine(JSON.stringify({ id, method, ...parameters }));
    const answer = await this.program.find((line) => {
      const parsed = line.startsWith('{') ? JSON.parse(line) : null;
      return parsed?.id === id ? parsed : null;
    });
    if (answer.error) throw new Error(answer.error);
    return answer.result;
  }
}

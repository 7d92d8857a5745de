// A process that a test starts.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { cleanUp } from './clean_up.mjs';

/** A process whose output is read line by line. It ends with its test, and when its input closes. */
export class Child {
  #lines = [];
  #waiting = [];
  #hasEnded = false;

  /** `context` is the test's. */
  constructor(context, program, parameters) {
    this.process = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
    // It may have ended before it reads.
    this.process.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    const lines = createInterface({ input: this.process.stdout });
    lines.on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    lines.on('close', () => {
      this.#hasEnded = true;
      this.#wake();
    });
    cleanUp(context, () => this.kill());
  }

  /** What `read` returns for the first line for which it is neither null nor undefined. Other lines stay. */
  async find(read) {
    for (;;) {
      for (const [index, line] of this.#lines.entries()) {
        const found = read(line) ?? null;
        if (found !== null) {
          this.#lines.splice(index, 1);
          return found;
        }
      }
      if (this.#hasEnded) throw new Error(`${this.process.spawnargs.join(' ')} has ended`);
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
  }

  /** What follows `prefix` in the first line that begins with it. */
  after(prefix) {
    return this.find((line) => (line.startsWith(prefix) ? line.slice(prefix.length).trim() : null));
  }

  writeLine(line) {
    this.process.stdin.write(`${line}\n`);
  }

  /** Ends it at once, without the chance to close connections. */
  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  #wake() {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

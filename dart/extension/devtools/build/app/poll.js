/**
 * Repeats a call, one at a time: `interval` milliseconds after an answer, and at once upon `now`.
 *
 * `run` returns "again" to be called at once, anything else to wait. What it throws ends the poll
 * and goes to `onError`.
 */
export class Poll {
  #run;
  #interval;
  #onError;
  #timer = null;
  #isRunning = false;
  #isDue = false;
  #isStopped = false;

  /** When the running call began, in milliseconds of performance.now; null while none runs. */
  since = null;

  constructor(run, interval, onError) {
    this.#run = run;
    this.#interval = interval;
    this.#onError = onError;
  }

  /** Calls at once, or right after the call that is running. */
  now() {
    if (this.#isStopped) return;
    if (this.#isRunning) {
      this.#isDue = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#call();
  }

  stop() {
    this.#isStopped = true;
    this.since = null;
    clearTimeout(this.#timer);
  }

  async #call() {
    this.#isRunning = true;
    this.#isDue = false;
    this.since = performance.now();
    let result;
    try {
      result = await this.#run();
    } catch (error) {
      if (!this.#isStopped) {
        this.stop();
        this.#onError(error);
      }
      return;
    } finally {
      this.#isRunning = false;
      this.since = null;
    }
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#call(), this.#isDue || result === 'again' ? 0 : this.#interval);
  }
}

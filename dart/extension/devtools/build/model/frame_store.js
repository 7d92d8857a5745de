/** Frames of one direction that were not recorded, between two that were. */
export class Gap {
  constructor(isSent, count) {
    this.isSent = isSent;
    this.count = count;
  }
}

/**
 * The frames of one connection, oldest first, with a Gap where frames were not recorded.
 *
 * It is bounded: the oldest entries are dropped, and counted. Every entry has an index that stays
 * the same when older ones are dropped: valid ones are `first` to `end - 1`.
 */
export class FrameStore {
  #maxEntries;
  #maxBytes;
  #entries = [];
  #start = 0;
  #base = 0;
  #lastNumbers = { sent: 0, received: 0 };
  #frameCount = 0;
  #totals = { sent: 0, received: 0 };
  #unseen = 0;
  #gaps = 0;

  /** The position to continue from: `after` of `ext.rust_web_socket.frames`. */
  position = 0;
  /** Whether the connection has ended, and all its recorded frames were read. */
  isFinished = false;
  /** The bytes of all payloads that are held. */
  bytes = 0;
  /** How many frames were dropped as the oldest. */
  dropped = 0;

  constructor({ maxEntries = 100_000, maxBytes = 64 * 1024 * 1024 } = {}) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  /** How many frames are held. */
  get frameCount() {
    return this.#frameCount;
  }

  get first() {
    return this.#base + this.#start;
  }

  get end() {
    return this.#base + this.#entries.length;
  }

  /** How many frames were not recorded, as far as is known. */
  get leftOut() {
    return this.#gaps + this.#unseen;
  }

  /** The entry of an index: a Frame, a Gap, or undefined. */
  at(index) {
    return index < this.first ? undefined : this.#entries[index - this.#base];
  }

  append(frames) {
    for (const frame of frames) {
      const direction = frame.isSent ? 'sent' : 'received';
      const count = frame.number - this.#lastNumbers[direction] - 1;
      if (count > 0) {
        this.#gaps += count;
        this.#entries.push(new Gap(frame.isSent, count));
      }
      this.#lastNumbers[direction] = Math.max(frame.number, this.#lastNumbers[direction]);
      this.#entries.push(frame);
      this.#frameCount++;
      this.bytes += frame.payload.length;
    }
    if (frames.length > 0) {
      this.#unseen = 0;
      this.#trim();
      }
  }

  /** Takes over how many frames there are so far, once no recorded one is left to read. */
  setTotals(sent, received) {
    this.#totals = { sent, received };
    this.#unseen = Math.max(0, sent - this.#lastNumbers.sent) +
      Math.max(0, received - this.#lastNumbers.received);
  }

  /** Forgets the entries and the counts. What comes later continues their numbers. */
  clear() {
    this.#base = this.end;
    this.#entries = [];
    this.#start = 0;
    this.#gaps = 0;
    this.#unseen = 0;
    for (const direction of ['sent', 'received']) {
      this.#lastNumbers[direction] = Math.max(this.#lastNumbers[direction], this.#totals[direction]);
    }
    this.#frameCount = 0;
    this.bytes = 0;
    this.dropped = 0;
  }

  /** Drops every entry as the oldest. */
  dropAll() {
    while (this.first < this.end) this.#drop();
    this.#compact();
  }

  /** The frames that are held, without the gaps. */
  frames() {
    const frames = [];
    for (let i = this.#start; i < this.#entries.length; i++) {
      if (!(this.#entries[i] instanceof Gap)) frames.push(this.#entries[i]);
    }
    return frames;
  }

  #trim() {
    while (this.end - this.first > this.#maxEntries ||
        (this.bytes > this.#maxBytes && this.end - this.first > 1)) {
      this.#drop();
    }
    this.#compact();
  }

  #drop() {
    const entry = this.#entries[this.#start];
    this.#entries[this.#start] = undefined;
    this.#start++;
    if (entry instanceof Gap) return;
    this.bytes -= entry.payload.length;
    this.#frameCount--;
    this.dropped++;
  }

  // Entries are removed from the array in large pieces: one at a time would move all others.
  #compact() {
    if (this.#start < 16_384 && this.#start < this.#entries.length) return;
    this.#entries.splice(0, this.#start);
    this.#base += this.#start;
    this.#start = 0;
  }
}

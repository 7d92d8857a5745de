import { Gap } from './frame_store.js';
import { containsText } from './filter.js';

// A payload has up to 256 KiB: looking into it may take a millisecond.
const CHECK_EVERY = 8;

/**
 * The rows of the table: the entries of a store that a filter lets through.
 *
 * The work is done in pieces: `update` looks at entries until its time is up.
 */
export class Rows {
  #indexes = [];
  #start = 0;
  #gaps = [];
  #cursor;

  constructor(store, filter) {
    this.store = store;
    this.filter = filter;
    this.#cursor = store.first;
  }

  get length() {
    return this.#indexes.length - this.#start;
  }

  /** How many of the rows are frames. */
  get frameCount() {
    return this.length - this.#gaps.length;
  }

  /** Whether every entry of the store was looked at. */
  get isComplete() {
    return this.#cursor >= this.store.end;
  }

  /** The part of the store that was looked at, from 0 to 1. */
  get progress() {
    const { first, end } = this.store;
    return end === first ? 1 : Math.max(0, this.#cursor - first) / (end - first);
  }

  /** The store's index of a row. */
  indexAt(row) {
    return this.#indexes[this.#start + row];
  }

  entryAt(row) {
    return this.store.at(this.indexAt(row));
  }

  /** The row of a store's index; the next one if that is hidden; -1 if there is none. */
  rowOf(index) {
    let low = this.#start;
    let high = this.#indexes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#indexes[middle] < index) low = middle + 1;
      else high = middle;
    }
    return low < this.#indexes.length ? low - this.#start : -1;
  }

  /** The frames of the rows whose indexes in the store are `from` to `to`, both included. */
  framesBetween(from, to) {
    const frames = [];
    const first = this.rowOf(from);
    for (let row = first; row >= 0 && row < this.length && this.indexAt(row) <= to; row++) {
      const entry = this.entryAt(row);
      if (entry && !(entry instanceof Gap)) frames.push(entry);
    }
    return frames;
  }

  /** Looks at new entries for at most `budget` milliseconds. Returns how many rows left at the top. */
  update(budget = Infinity, now = () => performance.now()) {
    const { store } = this;
    let removed = 0;
    while (this.#start < this.#indexes.length && this.#indexes[this.#start] < store.first) {
      this.#start++;
      removed++;
    }
    if (this.#start > 16_384) {
      this.#indexes.splice(0, this.#start);
      this.#start = 0;
    }
    let droppedGaps = 0;
    while (this.#gaps[droppedGaps] < store.first) droppedGaps++;
    if (droppedGaps > 0) this.#gaps.splice(0, droppedGaps);
    this.#cursor = Math.max(this.#cursor, store.first);
    const end = budget === Infinity ? Infinity : now() + budget;
    for (let i = 1; this.#cursor < store.end; i++) {
      const entry = store.at(this.#cursor);
      if (this.filter.matches(entry)) {
        this.#indexes.push(this.#cursor);
        if (entry instanceof Gap) this.#gaps.push(this.#cursor);
      }
      this.#cursor++;
      if (i % CHECK_EVERY === 0 && now() > end) break;
    }
    return removed;
  }
}

/** A search for the next row whose payload contains a text, in pieces like `Rows.update`. */
export class Search {
  #needle;
  #index;

  /** It begins behind (`step` 1) or before (`step` -1) the store's index `from`, and wraps around once. */
  constructor(rows, text, from, step) {
    this.rows = rows;
    this.#needle = text.toLowerCase();
    this.step = step;
    this.#index = from;
    this.remaining = rows.length;
  }

  /** Searches for at most `budget` milliseconds: the row found, -1 for none, null for "not done yet". */
  update(budget = Infinity, now = () => performance.now()) {
    const { rows } = this;
    if (rows.length === 0) return -1;
    const end = budget === Infinity ? Infinity : now() + budget;
    let row = this.#startRow();
    for (let i = 1; this.remaining > 0; i++) {
      row = (row + this.step + rows.length) % rows.length;
      this.remaining--;
      this.#index = rows.indexAt(row);
      const entry = rows.entryAt(row);
      if (entry && !(entry instanceof Gap) && containsText(entry, this.#needle)) return row;
      if (i % CHECK_EVERY === 0 && now() > end) return null;
    }
    return -1;
  }

  #startRow() {
    const row = this.#index === null ? -1 : this.rows.rowOf(this.#index);
    if (row >= 0) return row;
    return this.step > 0 ? -1 : this.rows.length;
  }
}

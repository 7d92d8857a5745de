import { Gap } from './frame_store.js';
import { searchText } from './payload.js';

/** Which frames are shown. It is never changed after its creation. */
export class Filter {
  #needle;

  constructor({ direction = 'all', hiddenOpcodes = [], text = '', isInverted = false, minSize = null,
    maxSize = null } = {}) {
    /** "all", "sent" or "received" */
    this.direction = direction;
    this.hiddenOpcodes = new Set(hiddenOpcodes);
    /** A text that the payload contains, case not regarded. */
    this.text = text;
    /** Whether the payload must not contain `text`. */
    this.isInverted = isInverted;
    /** Bounds of the size on the wire, in bytes; null for none. */
    this.minSize = minSize;
    this.maxSize = maxSize;
    this.#needle = text.toLowerCase();
  }

  get isEmpty() {
    return this.direction === 'all' && !this.#isNarrow;
  }

  matches(entry) {
    if (this.direction !== 'all' && entry.isSent !== (this.direction === 'sent')) return false;
    // What was not recorded may have matched or not: it is shown while all frames are.
    if (entry instanceof Gap) return !this.#isNarrow;
    if (this.hiddenOpcodes.has(entry.opcode)) return false;
    if (this.minSize !== null && entry.size < this.minSize) return false;
    if (this.maxSize !== null && entry.size > this.maxSize) return false;
    return this.#needle === '' || containsText(entry, this.#needle) !== this.isInverted;
  }

  get #isNarrow() {
    return this.hiddenOpcodes.size > 0 || this.#needle !== '' || this.minSize !== null ||
      this.maxSize !== null;
  }
}

/** Whether a frame's payload contains a text in lower case. */
export function containsText(frame, needle) {
  return frame.payload.length > 0 && searchText(frame).toLowerCase().includes(needle);
}

/** The bytes that the user entered: "512", "4k", "1 MiB". Null for an empty text, NaN for an invalid one. */
export function parseSize(text) {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?)(i?)b?\s*$/i.exec(text);
  if (!match) return text.trim() === '' ? null : NaN;
  const power = ['', 'k', 'm', 'g'].indexOf(match[2].toLowerCase());
  return Math.round(Number(match[1]) * (match[3] === '' ? 1000 : 1024) ** power);
}

/**
 * A value of a JSON text. Numbers keep their digits, objects keep equal names and their order,
 * and a text that is cut gives what there is of it.
 */
export class JsonNode {
  constructor(kind, start) {
    /** "object", "array", "string", "number", "boolean" or "null" */
    this.kind = kind;
    /** The text of a string, or a literal as it was written; null for objects and arrays. */
    this.text = null;
    /** Of objects and arrays: {name, node}; an array's names are its indexes. */
    this.members = kind === 'object' || kind === 'array' ? [] : null;
    /** Whether the text ended within this value. */
    this.isCut = false;
    this.start = start;
  }
}

/** The text is not JSON. */
export class InvalidJson extends Error {
  name = 'InvalidJson';
}

class Cut extends Error {}

const MAX_DEPTH = 500;
const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPES = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Reads a JSON text. With `mayBeCut`, the text may end anywhere. Throws InvalidJson. */
export function parseJson(text, { mayBeCut = false } = {}) {
  const reader = new Reader(text);
  let root = null;
  try {
    reader.skipSpace();
    root = reader.value(0, (node) => { root = node; });
    reader.skipSpace();
    if (reader.at < text.length) throw new InvalidJson(`Unexpected text at character ${reader.at}.`);
  } catch (error) {
    if (!(error instanceof Cut)) throw error;
    if (!mayBeCut || root === null) throw new InvalidJson('The text ends too early.');
  }
  return root;
}

/** Whether a text may be JSON worth a tree: an object or an array. */
export function looksLikeJson(text) {
  return /^\s*[[{]/.test(text);
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  skipSpace() {
    this.#match(SPACE);
  }

  // `attach` is called before a value is complete, so that a cut text leaves what was read.
  value(depth, attach) {
    if (depth > MAX_DEPTH) throw new InvalidJson(`More than ${MAX_DEPTH} levels.`);
    const character = this.#peek();
    if (character === '{') return this.#object(depth, attach);
    if (character === '[') return this.#array(depth, attach);
    if (character === '"') {
      const node = new JsonNode('string', this.at);
      attach(node);
      this.#string(node);
      return node;
    }
    return this.#literal(attach);
  }

  #object(depth, attach) {
    const node = new JsonNode('object', this.at++);
    attach(node);
    node.isCut = true;
    this.skipSpace();
    if (this.#peek() === '}') return this.#finish(node);
    for (;;) {
      if (this.#peek() !== '"') throw this.#unexpected();
      const name = new JsonNode('string', this.at);
      this.#string(name);
      this.skipSpace();
      this.#expect(':');
      this.skipSpace();
      this.value(depth + 1, (child) => node.members.push({ name: name.text, node: child }));
      this.skipSpace();
      if (this.#peek() === '}') return this.#finish(node);
      this.#expect(',');
      this.skipSpace();
    }
  }

  #array(depth, attach) {
    const node = new JsonNode('array', this.at++);
    attach(node);
    node.isCut = true;
    this.skipSpace();
    if (this.#peek() === ']') return this.#finish(node);
    for (;;) {
      this.value(depth + 1, (child) => node.members.push({ name: node.members.length, node: child }));
      this.skipSpace();
      if (this.#peek() === ']') return this.#finish(node);
      this.#expect(',');
      this.skipSpace();
    }
  }

  #finish(node) {
    this.at++;
    node.isCut = false;
    return node;
  }

  #string(node) {
    node.isCut = true;
    node.text = '';
    this.at++;
    for (;;) {
      node.text += this.#match(PLAIN);
      const character = this.#peek();
      if (character === '"') {
        this.at++;
        node.isCut = false;
        return;
      }
      if (character !== '\\') throw this.#unexpected();
      this.at++;
      const escape = this.#peek();
      if (escape === 'u') {
        const digits = this.text.slice(this.at + 1, this.at + 5);
        if (this.at + 5 > this.text.length) throw new Cut();
        if (!/^[\da-fA-F]{4}$/.test(digits)) throw this.#unexpected();
        node.text += String.fromCharCode(parseInt(digits, 16));
        this.at += 5;
      } else if (Object.hasOwn(ESCAPES, escape)) {
        node.text += ESCAPES[escape];
        this.at++;
      } else {
        throw this.#unexpected();
      }
    }
  }

  #literal(attach) {
    const start = this.at;
    const literal = this.#match(LITERAL);
    if (literal !== '') {
      const node = new JsonNode(literal === 'null' ? 'null' : 'boolean', start);
      node.text = literal;
      attach(node);
      return node;
    }
    const number = this.#match(NUMBER);
    if (number !== '') {
      const node = new JsonNode('number', start);
      node.text = number;
      const isUnfinished = /^(?:\.|[eE][+-]?)$/.test(this.text.slice(this.at, this.at + 3));
      node.isCut = isUnfinished || (this.at === this.text.length && start > 0);
      attach(node);
      if (isUnfinished) throw new Cut();
      return node;
    }
    // The beginning of a literal, or a lone minus sign, at the end of a cut text.
    if (/^(?:t|tr|tru|f|fa|fal|fals|n|nu|nul|-)$/.test(this.text.slice(this.at, this.at + 5))) throw new Cut();
    throw this.#unexpected();
  }

  #match(pattern) {
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.text)?.[0] ?? '';
    this.at += text.length;
    return text;
  }

  #peek() {
    if (this.at >= this.text.length) throw new Cut();
    return this.text[this.at];
  }

  #expect(character) {
    if (this.#peek() !== character) throw this.#unexpected();
    this.at++;
  }

  #unexpected() {
    return new InvalidJson(`Unexpected text at character ${this.at}.`);
  }
}

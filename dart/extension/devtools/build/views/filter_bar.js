import { OPCODES } from '../frame.js';
import { Filter, parseSize } from '../model/filter.js';
import { element, icon, ICONS } from './element.js';

/** Which frames are shown (`element`), and the search in them (`search`). */
export class FilterBar {
  #direction = 'all';
  #hidden = new Set();
  #text;
  #invert;
  #min;
  #max;
  #search;
  #result;
  #onFilter;
  #onSearch;

  constructor({ onFilter, onSearch }) {
    this.#onFilter = onFilter;
    this.#onSearch = onSearch;
    this.#text = element('input', {
      type: 'search', placeholder: 'Filter by text', 'aria-label': 'Filter by text in the payload', spellcheck: 'false',
      autocomplete: 'off', class: 'filter-text', oninput: () => this.#change(),
    });
    this.#invert = element('input', { type: 'checkbox', onchange: () => this.#change() });
    this.#min = this.#sizeField('min', 'Smallest size on the wire, for example 1k');
    this.#max = this.#sizeField('max', 'Largest size on the wire, for example 64k');
    this.#search = element('input', {
      type: 'search', placeholder: 'Search (/)', 'aria-label': 'Search in the payloads', spellcheck: 'false',
      autocomplete: 'off', class: 'search-text',
      oninput: () => {
        this.setResult('');
        this.#onSearch(this.#search.value, 0);
      },
      onkeydown: (event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        this.#onSearch(this.#search.value, event.shiftKey ? -1 : 1);
      },
    });
    this.#result = element('span', { class: 'search-result', role: 'status' });
    this.element = element('div', { class: 'filters', role: 'group', 'aria-label': 'Filters' },
      this.#directions(), this.#opcodes(),
      element('div', { class: 'filter-group' }, this.#text,
        element('label', { class: 'check', title: 'Hide the frames that contain the text' }, this.#invert, 'not')),
      element('div', { class: 'filter-group', role: 'group', 'aria-label': 'Size on the wire' }, this.#min,
        element('span', { 'aria-hidden': 'true', text: '–' }), this.#max));
    this.search = element('div', { class: 'search', role: 'search' }, this.#result, this.#search,
      this.#step('up', 'Previous match (Shift+Enter)', -1), this.#step('down', 'Next match (Enter)', 1));
  }

  /** The text that is searched. */
  get needle() {
    return this.#search.value.toLowerCase();
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  /** Says how a search ended. */
  setResult(text) {
    if (this.#result.textContent !== text) this.#result.textContent = text;
  }

  #directions() {
    const buttons = [['all', 'All', 'Frames of both directions'], ['sent', '↑ Sent', 'Sent frames only'],
      ['received', '↓ Received', 'Received frames only']].map(([value, text, title]) => element('button', {
      type: 'button',
      'aria-pressed': String(value === this.#direction),
      title,
      text,
      onclick: () => {
        this.#direction = value;
        buttons.forEach((button, i) => button.setAttribute('aria-pressed', String(
          ['all', 'sent', 'received'][i] === value)));
        this.#change();
      },
    }));
    return element('div', { class: 'segments', role: 'group', 'aria-label': 'Direction' }, ...buttons);
  }

  #opcodes() {
    return element('div', { class: 'segments', role: 'group', 'aria-label': 'Opcodes' },
      ...['text', 'binary', 'continuation', 'ping', 'pong', 'close'].map((name) => {
        const button = element('button', {
          type: 'button',
          'aria-pressed': 'true',
          title: `Show or hide ${name} frames`,
          text: name,
          onclick: () => {
            const opcode = OPCODES[name];
            if (!this.#hidden.delete(opcode)) this.#hidden.add(opcode);
            button.setAttribute('aria-pressed', String(!this.#hidden.has(opcode)));
            this.#change();
          },
        });
        return button;
      }));
  }

  #sizeField(name, title) {
    return element('input', {
      type: 'text', class: 'size', placeholder: name === 'min' ? 'min size' : 'max size', title, 'aria-label': title,
      autocomplete: 'off', oninput: () => this.#change(),
    });
  }

  #step(name, title, step) {
    return element('button', {
      type: 'button', class: 'icon-button', title, 'aria-label': title,
      onclick: () => this.#onSearch(this.#search.value, step),
    }, icon(ICONS[name]));
  }

  #change() {
    const sizes = [this.#min, this.#max].map((field) => {
      const size = parseSize(field.value);
      field.setAttribute('aria-invalid', String(Number.isNaN(size)));
      return Number.isNaN(size) ? null : size;
    });
    this.#onFilter(new Filter({
      direction: this.#direction,
      hiddenOpcodes: this.#hidden,
      text: this.#text.value,
      isInverted: this.#invert.checked,
      minSize: sizes[0],
      maxSize: sizes[1],
    }));
  }
}

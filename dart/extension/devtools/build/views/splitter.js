import { element } from './element.js';

/** A line between two panes, one above the other, that is moved by pointer or by arrow keys. */
export class Splitter {
  #share;
  #onChange;

  /** `share` is the lower pane's part of the height, from 0 to 1. */
  constructor({ share, onChange }) {
    this.#share = share;
    this.#onChange = onChange;
    this.element = element('div', {
      class: 'splitter', role: 'separator', tabindex: '0', 'aria-orientation': 'horizontal',
      'aria-label': 'Height of the payload', 'aria-valuemin': '15', 'aria-valuemax': '85',
      onkeydown: (event) => this.#handleKey(event),
      onpointerdown: (event) => this.#drag(event),
    });
    this.#set(share);
  }

  #set(share) {
    this.#share = Math.min(0.85, Math.max(0.15, share));
    this.element.setAttribute('aria-valuenow', String(Math.round(this.#share * 100)));
    this.#onChange(this.#share);
  }

  #handleKey(event) {
    const share = { ArrowUp: this.#share + 0.05, ArrowDown: this.#share - 0.05, Home: 0.85, End: 0.15 }[event.key];
    if (share === undefined) return;
    event.preventDefault();
    this.#set(share);
  }

  #drag(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    const box = this.element.parentElement.getBoundingClientRect();
    const move = ({ clientY }) => this.#set((box.bottom - clientY) / box.height);
    this.element.addEventListener('pointermove', move);
    this.element.addEventListener('lostpointercapture', () => {
      this.element.removeEventListener('pointermove', move);
    }, { once: true });
  }
}

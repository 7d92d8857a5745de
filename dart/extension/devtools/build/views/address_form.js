import { InvalidAddress, parseAddress } from '../app/address.js';
import { element } from './element.js';

/** Asks for the address of the VM service. */
export class AddressForm {
  #input;
  #error;
  #onSubmit;

  constructor({ onSubmit, onOpenFile }) {
    this.#onSubmit = onSubmit;
    this.#input = element('input', {
      type: 'text', id: 'address', placeholder: 'http://127.0.0.1:8181/AbCdEf=/', spellcheck: 'false', autocomplete: 'off',
      'aria-describedby': 'address-hint address-error', inputmode: 'url',
    });
    this.#error = element('p', { class: 'error', id: 'address-error', role: 'alert' });
    this.element = element('form', {
      class: 'address-form',
      hidden: true,
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        this.#submit();
      },
    },
    element('h2', { text: 'Connect to an app' }),
    element('label', { for: 'address', text: 'Address of the VM service' }),
    element('div', { class: 'address-line' }, this.#input,
      element('button', { type: 'submit', class: 'primary', text: 'Connect' })),
    this.#error,
    element('p', { class: 'hint', id: 'address-hint' },
      'An app in debug or profile mode prints it at its start: “A Dart VM Service … is available at: ',
      element('code', { text: 'http://127.0.0.1:…' }), '”. It changes with each start.'),
    element('p', { class: 'hint' }, 'Or look at a recording: ', element('button', {
      type: 'button', text: 'Open a file', onclick: onOpenFile,
    }), ' (HAR or JSON Lines; you can drop it here, too).'));
  }

  /** Shows or hides it. `value` is an address to begin with. */
  show(isShown, value = null) {
    if (isShown === !this.element.hidden) return;
    this.element.hidden = !isShown;
    if (!isShown) return;
    if (value !== null) this.#input.value = value;
    this.#error.textContent = '';
    this.#input.focus();
  }

  /** Says what is wrong with the address. */
  setError(text) {
    this.#error.textContent = text;
  }

  #submit() {
    try {
      parseAddress(this.#input.value);
    } catch (error) {
      if (!(error instanceof InvalidAddress)) throw error;
      this.setError(error.message);
      this.#input.focus();
      return;
    }
    this.#onSubmit(this.#input.value.trim());
  }
}

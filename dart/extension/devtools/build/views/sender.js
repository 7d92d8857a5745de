import { fromBase64, toBase64 } from '../frame.js';
import { parseHex } from '../model/hex.js';
import { formatBytes } from '../quantity.js';
import { element } from './element.js';

/** Sends a message through the app's connection, where the app allows it. */
export class Sender {
  #kind;
  #input;
  #button;
  #status;
  #onSend;

  constructor({ onSend }) {
    this.#onSend = onSend;
    this.#kind = element('select', { 'aria-label': 'Kind of message', onchange: () => this.#describe() },
      element('option', { value: 'text', text: 'Text' }),
      element('option', { value: 'hex', text: 'Binary, hex' }),
      element('option', { value: 'base64', text: 'Binary, base64' }));
    this.#input = element('textarea', {
      rows: '1', 'aria-label': 'Message to send', spellcheck: 'false',
      onkeydown: (event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          this.#send();
        }
      },
    });
    this.#button = element('button', { type: 'submit', class: 'primary', text: 'Send', title: 'Send (Ctrl+Enter)' });
    this.#status = element('span', { class: 'send-status', role: 'status' });
    this.element = element('form', {
      class: 'sender',
      hidden: true,
      'aria-label': 'Send a message',
      onsubmit: (event) => {
        event.preventDefault();
        this.#send();
      },
    }, this.#kind, this.#input, this.#button, this.#status);
    this.#describe();
  }

  #describe() {
    this.#input.placeholder = {
      text: 'Message to send', hex: 'Bytes, such as 0a ff 10', base64: 'Bytes, such as Cv8Q',
    }[this.#kind.value];
  }

  async #send() {
    if (this.#button.disabled) return;
    const message = this.#message();
    if (message === null) return;
    const { value } = this.#input;
    this.#button.disabled = true;
    this.#setStatus('Sending…');
    try {
      await this.#onSend(message);
      this.#setStatus('Sent.');
      // What was typed since then is the next message.
      if (this.#input.value === value) this.#input.value = '';
    } catch (error) {
      this.#setStatus(`Not sent: ${error.details ?? error.message}`, true);
    } finally {
      this.#button.disabled = false;
    }
  }

  #message() {
    const { value } = this.#input;
    if (this.#kind.value === 'text') return { text: value };
    let bytes = null;
    try {
      bytes = this.#kind.value === 'hex' ? parseHex(value) : fromBase64(value.trim());
    } catch {
      // Said below.
    }
    if (bytes === null) {
      this.#setStatus(`This is not valid ${this.#kind.value}.`, true);
      return null;
    }
    this.#setStatus(formatBytes(bytes.length));
    return { binary: toBase64(bytes) };
  }

  #setStatus(text, isError = false) {
    this.#status.textContent = text;
    this.#status.classList.toggle('error', isError);
  }
}

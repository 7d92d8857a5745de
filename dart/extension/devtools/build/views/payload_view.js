import { opcodeName } from '../frame.js';
import { hexLines } from '../model/hex.js';
import { InvalidJson, looksLikeJson, parseJson } from '../model/json.js';
import { closeText, decodeText, payloadKind, payloadState, PayloadState, toHex } from '../model/payload.js';
import { pictureType } from '../model/picture.js';
import { formatCount, formatDateTime } from '../model/units.js';
import { formatBytes } from '../quantity.js';
import { element, icon, ICONS, markMatches, setText } from './element.js';
import { flagsOf } from './frames_table.js';
import { JsonTree } from './json_tree.js';

const TEXT_AT_ONCE = 64 * 1024;
const HEX_AT_ONCE = 64 * 1024;
const HEX_LINES_IN_BLOCK = 64;
const MODES = [['text', 'Text'], ['json', 'JSON'], ['hex', 'Hex'], ['picture', 'Picture']];

/** The selected frame: what it is, and its payload as text, JSON, hex or a picture. */
export class PayloadView {
  #title;
  #note;
  #content;
  #copy;
  #buttons = new Map();
  #frame = null;
  #needle = '';
  #preferred = null;
  #url = null;
  #canRecord = false;
  #onCopy;
  #onRecord;

  constructor({ onClose, onCopy, onRecord }) {
    this.#onCopy = onCopy;
    this.#onRecord = onRecord;
    this.#title = element('span', { class: 'payload-title' });
    this.#note = element('div', { class: 'payload-note' });
    this.#content = element('div', { class: 'payload-content', tabindex: '0', role: 'region', 'aria-label': 'Payload' });
    this.#copy = element('button', {
      type: 'button', class: 'icon-button', title: 'Copy the payload', 'aria-label': 'Copy the payload',
      onclick: () => this.#onCopy(payloadToText(this.#frame, this.#mode())),
    }, icon(ICONS.copy));
    for (const [mode, text] of MODES) {
      this.#buttons.set(mode, element('button', {
        type: 'button', 'aria-pressed': 'false', text,
        onclick: () => {
          this.#preferred = mode;
          this.#draw();
        },
      }));
    }
    this.element = element('section', { class: 'payload', 'aria-label': 'Selected frame', hidden: true },
      element('div', { class: 'payload-head' }, this.#title,
        element('div', { class: 'segments', role: 'group', 'aria-label': 'Show the payload as' }, ...this.#buttons.values()),
        this.#copy,
        element('button', {
          type: 'button', class: 'icon-button', title: 'Close (Escape)', 'aria-label': 'Close the payload',
          onclick: onClose,
        }, icon(ICONS.close))),
      this.#note, this.#content);
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') onClose();
    });
  }

  /** Shows a frame, or hides the view for null. `canRecord`: payloads are off and can be turned on. */
  show(frame, { needle = '', canRecord = false } = {}) {
    if (frame === this.#frame && needle === this.#needle && canRecord === this.#canRecord) return;
    this.#frame = frame;
    this.#needle = needle;
    this.#canRecord = canRecord;
    this.element.hidden = frame === null;
    this.#draw();
  }

  /** The ways in which this frame can be shown, the best one first. */
  #modes() {
    const { payload } = this.#frame;
    const kind = payloadKind(this.#frame);
    if (kind === 'empty') return [];
    const modes = [];
    if (kind === 'text' && looksLikeJson(decodeText(payload.subarray(0, 256)))) modes.push('json');
    if (kind !== 'text' && pictureType(payload)) modes.push('picture');
    if (kind === 'binary') modes.push('hex', 'text');
    else modes.push('text', 'hex');
    return modes;
  }

  #mode() {
    const modes = this.#modes();
    return modes.includes(this.#preferred) ? this.#preferred : modes[0] ?? 'text';
  }

  #draw() {
    if (this.#url !== null) URL.revokeObjectURL(this.#url);
    this.#url = null;
    const frame = this.#frame;
    if (frame === null) {
      this.#content.replaceChildren();
      return;
    }
    setText(this.#title, titleOf(frame));
    const modes = this.#modes();
    const mode = this.#mode();
    for (const [name, button] of this.#buttons) {
      button.disabled = !modes.includes(name);
      button.setAttribute('aria-pressed', String(modes.length > 0 && name === mode));
    }
    this.#copy.disabled = modes.length === 0;
    const notes = this.#notes();
    const nodes = modes.length === 0 ? [] : this.#render(mode, notes);
    this.#note.replaceChildren(...notes);
    this.#note.hidden = notes.length === 0;
    this.#content.replaceChildren(...nodes);
    this.#content.hidden = nodes.length === 0;
    this.#content.scrollTop = 0;
  }

  #notes() {
    const frame = this.#frame;
    const full = formatBytes(frame.fullPayloadLength);
    switch (payloadState(frame)) {
      case PayloadState.empty:
        return ['The payload is empty.'];
      case PayloadState.cut:
        return [`The payload was cut: ${formatBytes(frame.payload.length)} of ${full} were recorded. ` +
          'For later frames, choose a larger size beside “Payloads”.'];
      case PayloadState.notRecorded:
        if (isPartOfCompressed(frame)) {
          return ['This is a part of a fragmented message. If the message is compressed, its payload is shown ' +
            'with its last frame.', ...this.#recordHint()];
        }
        return [`The payload of ${full} was not recorded.`, ...this.#recordHint()];
      default:
        if (!frame.isFinal && !frame.isControl) {
          return ['This is a part of a fragmented message. Its last frame shows the message.'];
        }
        return frame.opcode === 0 && frame.hasMessagePayload ? ['This is the whole message, its fragments joined.'] : [];
    }
  }

  #recordHint() {
    if (!this.#canRecord) return [];
    return [' Payloads are recorded only while you ask for them. ', element('button', {
      type: 'button', text: 'Record payloads from now on', onclick: () => this.#onRecord(),
    })];
  }

  #render(mode, notes) {
    const { payload } = this.#frame;
    switch (mode) {
      case 'json':
        try {
          const mayBeCut = payloadState(this.#frame) === PayloadState.cut;
          return [new JsonTree(parseJson(decodeText(payload), { mayBeCut }), this.#needle).element];
        } catch (error) {
          if (!(error instanceof InvalidJson)) throw error;
          notes.push(`This is not valid JSON: ${error.message}`);
          return this.#text(decodeText(payload));
        }
      case 'hex':
        return this.#hex(payload);
      case 'picture':
        return this.#picture(payload);
      default:
        return this.#text(payloadKind(this.#frame) === 'close' ? closeText(payload) : decodeText(payload));
    }
  }

  #text(text) {
    const pre = element('pre', { class: 'payload-text' });
    let at = 0;
    const more = element('button', { type: 'button', class: 'more', onclick: () => add(Infinity) });
    const add = (length) => {
      pre.append(...markMatches(text.slice(at, at + length), this.#needle));
      at = Math.min(text.length, at + length);
      more.textContent = `Show ${formatCount(text.length - at)} more characters`;
      more.hidden = at === text.length;
    };
    add(TEXT_AT_ONCE);
    return [pre, more];
  }

  #hex(payload) {
    const box = element('div', { class: 'hex' });
    let at = 0;
    const more = element('button', { type: 'button', class: 'more', onclick: () => add() });
    const add = () => {
      const lines = hexLines(payload, at, Math.min(payload.length, at + HEX_AT_ONCE));
      // Blocks let the browser leave out what is not in view.
      for (let i = 0; i < lines.length; i += HEX_LINES_IN_BLOCK) {
        const block = lines.slice(i, i + HEX_LINES_IN_BLOCK);
        box.append(element('pre', { class: 'hex-block', text: block.join('\n') }));
      }
      at = Math.min(payload.length, at + HEX_AT_ONCE);
      more.textContent = `Show more of ${formatBytes(payload.length - at)}`;
      more.hidden = at === payload.length;
    };
    add();
    return [box, more];
  }

  #picture(payload) {
    const type = pictureType(payload);
    this.#url = URL.createObjectURL(new Blob([payload], { type }));
    const facts = element('p', { class: 'picture-facts', text: `${type}, ${formatBytes(payload.length)}` });
    const image = element('img', {
      alt: `The payload as a picture (${type})`,
      onload: () => setText(facts, `${type}, ${image.naturalWidth} × ${image.naturalHeight}, ${formatBytes(payload.length)}`),
      onerror: () => setText(facts, `This ${type} can't be shown: it is cut or damaged.`),
    });
    image.src = this.#url;
    return [element('div', { class: 'picture' }, image, facts)];
  }
}

function isPartOfCompressed(frame) {
  return !frame.isControl && frame.messageSize === null;
}

function titleOf(frame) {
  const parts = [
    frame.isSent ? '↑ Sent' : '↓ Received', `${opcodeName(frame.opcode)} #${formatCount(frame.number)}`,
    flagsOf(frame), formatDateTime(frame.time), `${formatBytes(frame.size)} on the wire`,
  ];
  if (frame.messageSize !== null) parts.push(`message of ${formatBytes(frame.messageSize)}`);
  return parts.filter((part) => part !== '').join(' · ');
}

/** The payload as text for the clipboard: binary ones as hex. */
export function payloadToText(frame, mode = null) {
  switch (payloadKind(frame)) {
    case 'empty': return '';
    case 'close': return closeText(frame.payload);
    case 'text': return mode === 'hex' ? hexLines(frame.payload).join('\n') : decodeText(frame.payload);
    default: return mode === 'hex' ? hexLines(frame.payload).join('\n') : toHex(frame.payload, ' ');
  }
}

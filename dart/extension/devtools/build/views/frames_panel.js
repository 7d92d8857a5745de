import { Gap } from '../model/frame_store.js';
import { Filter } from '../model/filter.js';
import { Rows, Search } from '../model/rows.js';
import { formatCount, formatPlural } from '../model/units.js';
import { element, icon, ICONS, setAttribute, setText } from './element.js';
import { FilterBar } from './filter_bar.js';
import { FramesTable, framesToText } from './frames_table.js';
import { PayloadView, payloadToText } from './payload_view.js';
import { Sender } from './sender.js';
import { Splitter } from './splitter.js';

const SIZES = [['1024', '1 KiB'], ['16384', '16 KiB'], ['262144', '256 KiB']];
// Milliseconds of an animation frame that filtering and searching may take.
const BUDGET = 5;

/** The frames of one connection: toolbar, table, payload and sending. */
export class FramesPanel {
  #filterBar;
  #toggle;
  #table;
  #payload;
  #sender;
  #splitter;
  #pause;
  #pauseLabel;
  #records;
  #recordControl;
  #size;
  #counts;
  #rows = null;
  #filter = new Filter();
  #search = null;
  #isPaused = false;
  #selected = null;
  #state = { connection: null, canSend: false, isFile: false };
  #needsDraw;
  #onSettings;
  #onCopy;

  constructor({ needsDraw, onSettings, onCopy, onSend }) {
    this.#needsDraw = needsDraw;
    this.#onSettings = onSettings;
    this.#onCopy = onCopy;
    this.#filterBar = new FilterBar({
      onFilter: (filter) => this.#setFilter(filter),
      onSearch: (text, step) => this.#startSearch(text, step),
    });
    this.#table = new FramesTable({
      onSelect: (entry) => this.#select(entry),
      onCopy: () => this.#copySelection(),
      needsDraw,
    });
    this.#payload = new PayloadView({
      onClose: () => {
        this.#table.clearSelection();
        this.#table.focus();
      },
      onCopy: (text) => onCopy(text),
      onRecord: () => this.#turnOnPayloads(),
    });
    this.#sender = new Sender({ onSend });
    this.#counts = element('span', { class: 'counts' });
    const panes = element('div', { class: 'panes' });
    this.#splitter = new Splitter({
      share: 0.4,
      onChange: (share) => panes.style.setProperty('--payload-share', `${share * 100}%`),
    });
    this.#splitter.element.hidden = true;
    panes.append(this.#table.element, this.#splitter.element, this.#payload.element);
    this.element = element('div', { class: 'frames' });
    this.element.append(this.#toolbar(), this.#filterBar.element, panes, this.#sender.element,
      element('footer', { class: 'footer' }, this.#counts));
  }

  /** The settings of recording: {payloadLimit, isFrozen}. */
  get settings() {
    return {
      payloadLimit: this.#records.checked ? Number(this.#size.value) : 0,
      isFrozen: this.#isPaused,
    };
  }

  /** Shows a connection's frames from a store. */
  show({ connection, store, canSend, isFile, emptyText }) {
    const isOther = this.#rows?.store !== store;
    this.#state = { connection, canSend, isFile, emptyText };
    setAttribute(this.#recordControl, 'hidden', isFile ? '' : null);
    setAttribute(this.#pause, 'hidden', isFile ? '' : null);
    this.#sender.element.hidden = !canSend;
    this.#table.setPreviewNote(isFile || this.#records.checked ? '' : 'payloads are off');
    if (!isOther) return;
    this.#rows = new Rows(store, this.#filter);
    this.#search = null;
    this.#select(null);
    this.#table.setRows(this.#rows);
    this.#needsDraw();
  }

  focusSearch() {
    this.#filterBar.focusSearch();
  }

  focus() {
    this.#table.focus();
  }

  /** Draws what changed. Returns whether there is more work to do. */
  draw() {
    const rows = this.#rows;
    if (!rows) return false;
    const removed = rows.update(BUDGET);
    this.#table.draw({ removed, emptyText: this.#emptyText() });
    // The table scrolls to what is found: it knows by now which rows have left.
    this.#continueSearch();
    this.#drawCounts();
    return !rows.isComplete || this.#search !== null;
  }

  #toolbar() {
    this.#pauseLabel = element('span', { text: 'Pause' });
    this.#pause = element('button', {
      type: 'button', 'aria-pressed': 'false', class: 'with-icon',
      title: 'Stop taking frames from the app. It keeps the newest 16,384 (at most 8 MiB) until you resume.',
      onclick: () => this.#togglePause(),
    }, icon(ICONS.pause), this.#pauseLabel);
    this.#records = element('input', { type: 'checkbox', onchange: () => this.#settingsChanged() });
    this.#size = element('select', {
      'aria-label': 'Bytes to record of each payload', disabled: true, onchange: () => this.#settingsChanged(),
    }, ...SIZES.map(([value, text]) => element('option', { value, text: `first ${text}`, selected: value === '16384' })));
    this.#recordControl = element('span', { class: 'record', title: 'Payloads are recorded only while this is on.' },
      element('label', { class: 'check' }, this.#records, 'Payloads'), this.#size);
    return element('div', { class: 'toolbar', role: 'toolbar', 'aria-label': 'Frames' },
      this.#pause,
      element('button', {
        type: 'button', class: 'with-icon', title: 'Remove the frames of this connection from the page',
        onclick: () => this.#clear(),
      }, icon(ICONS.clear), 'Clear'),
      element('button', {
        type: 'button', class: 'with-icon', title: 'Copy the selected frames as text (Ctrl+C)',
        onclick: () => this.#copySelection(),
      }, icon(ICONS.copy), 'Copy'),
      this.#filterToggle(),
      this.#recordControl,
      this.#filterBar.search);
  }

  // Narrow pages have no room for the filters at all times.
  #filterToggle() {
    this.#toggle = element('button', {
      type: 'button', class: 'filter-toggle', 'aria-expanded': 'false', text: 'Filter',
      onclick: () => this.#toggle.setAttribute('aria-expanded', String(this.element.classList.toggle('filtering'))),
    });
    return this.#toggle;
  }

  #togglePause() {
    this.#isPaused = !this.#isPaused;
    this.#pause.setAttribute('aria-pressed', String(this.#isPaused));
    this.#pause.replaceChild(icon(this.#isPaused ? ICONS.resume : ICONS.pause), this.#pause.firstElementChild);
    setText(this.#pauseLabel, this.#isPaused ? 'Resume' : 'Pause');
    this.#settingsChanged();
  }

  #turnOnPayloads() {
    this.#records.checked = true;
    this.#settingsChanged();
    // The button that had the focus is gone.
    this.#records.focus();
  }

  #settingsChanged() {
    this.#size.disabled = !this.#records.checked;
    this.#table.setPreviewNote(this.#records.checked ? '' : 'payloads are off');
    this.#showPayload();
    this.#onSettings(this.settings);
    this.#needsDraw();
  }

  #clear() {
    if (!this.#rows) return;
    this.#rows.store.clear();
    this.#table.clearSelection();
    this.#rows = new Rows(this.#rows.store, this.#filter);
    this.#table.setRows(this.#rows);
    this.#needsDraw();
  }

  #setFilter(filter) {
    this.#filter = filter;
    this.#toggle.classList.toggle('active', !filter.isEmpty);
    this.#search = null;
    if (!this.#rows) return;
    this.#rows = new Rows(this.#rows.store, filter);
    this.#table.setRows(this.#rows, { keepsSelection: true });
    this.#needsDraw();
  }

  // Step 0: the text changed; the active frame may stay if it matches.
  #startSearch(text, step) {
    const needle = text.toLowerCase();
    this.#table.setNeedle(needle);
    this.#showPayload();
    this.#search = null;
    if (needle === '' || !this.#rows || step === 0) {
      this.#filterBar.setResult('');
      return;
    }
    this.#search = new Search(this.#rows, text, this.#table.active, step);
    this.#filterBar.setResult('Searching…');
    this.#needsDraw();
  }

  #continueSearch() {
    if (!this.#search || !this.#rows.isComplete) return;
    const row = this.#search.update(BUDGET);
    if (row === null) return;
    this.#search = null;
    if (row >= 0) {
      this.#table.goTo(row);
      this.#filterBar.setResult(`Row ${formatCount(row + 1)}`);
    } else {
      this.#filterBar.setResult(this.#hasPayloads() ? 'No match' : 'No payload is recorded');
    }
  }

  #select(entry) {
    this.#selected = entry && !(entry instanceof Gap) ? entry : null;
    this.#splitter.element.hidden = this.#selected === null;
    this.#showPayload();
  }

  #showPayload() {
    this.#payload.show(this.#selected, {
      needle: this.#filterBar.needle,
      canRecord: !this.#state.isFile && !this.#records.checked,
    });
  }

  #copySelection() {
    const frames = this.#table.selection;
    if (frames.length === 0) return;
    this.#onCopy(framesToText(frames, (frame) => payloadToText(frame).replace(/[\r\n]+/g, ' ')));
  }

  #hasPayloads() {
    return this.#rows.store.bytes > 0;
  }

  #drawCounts() {
    const rows = this.#rows;
    const { store } = rows;
    const all = formatPlural(store.frameCount, 'frame');
    const parts = [this.#filter.isEmpty ? all : `${formatCount(rows.frameCount)} of ${all}`];
    if (store.leftOut > 0) parts.push(`${formatCount(store.leftOut)} not recorded`);
    if (store.dropped > 0) parts.push(`${formatCount(store.dropped)} oldest dropped`);
    if (!rows.isComplete && rows.progress < 0.99) parts.push(`filtering ${Math.round(rows.progress * 100)} %`);
    if (this.#isPaused && !this.#state.isFile) parts.push('paused');
    setText(this.#counts, parts.join(' · '));
  }

  #emptyText() {
    const { store } = this.#rows;
    if (store.end > store.first) return this.#rows.isComplete ? 'No frame passes the filters.' : 'Filtering…';
    if (this.#isPaused && !this.#state.isFile) return 'Paused. Resume to see the frames.';
    return this.#state.emptyText ?? 'No frames yet.';
  }
}

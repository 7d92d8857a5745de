import { opcodeName } from '../frame.js';
import { Gap } from '../model/frame_store.js';
import { payloadState, PayloadState, previewOf } from '../model/payload.js';
import { formatCount, formatPlural, formatTime } from '../model/units.js';
import { formatBytes } from '../quantity.js';
import { element, icon, ICONS, markMatches, setAttribute, setText } from './element.js';

const ROW_HEIGHT = 22;
const COLUMNS = [
  ['time', 'Time'], ['direction', 'Dir'], ['opcode', 'Opcode'], ['flags', 'Flags'], ['wire', 'On wire'],
  ['message', 'Message'], ['preview', 'Preview'],
];

/**
 * A table of which only the visible rows exist. It draws at most once for each animation frame, and
 * what that costs does not depend on how many rows there are.
 */
export class FramesTable {
  #scroller;
  #spacer;
  #pool = [];
  #jump;
  #empty;
  #previewTitle;
  #rows = null;
  #needle = '';
  #active = null;
  #anchor = null;
  #isFollowing = true;
  #height = 0;
  #onSelect;
  #onCopy;
  #needsDraw;

  constructor({ onSelect, onCopy, needsDraw }) {
    this.#onSelect = onSelect;
    this.#onCopy = onCopy;
    this.#needsDraw = needsDraw;
    const head = element('div', { class: 'table-head', role: 'row', 'aria-rowindex': '1' },
      ...COLUMNS.map(([name, title]) => element('span', { class: name, role: 'columnheader', text: title })));
    this.#previewTitle = head.lastElementChild;
    this.#spacer = element('div', { class: 'table-rows', role: 'rowgroup' });
    this.#scroller = element('div', {
      class: 'table',
      role: 'grid',
      tabindex: '0',
      'aria-label': 'Frames',
      'aria-multiselectable': 'true',
      'aria-readonly': 'true',
      'aria-colcount': String(COLUMNS.length),
      onscroll: () => this.#handleScroll(),
      onkeydown: (event) => this.#handleKey(event),
      onpointerdown: (event) => this.#handlePointer(event),
    }, element('div', { role: 'rowgroup', class: 'table-head-group' }, head), this.#spacer);
    this.#jump = element('button', {
      class: 'jump', type: 'button', hidden: true, onclick: () => this.follow(),
    }, icon(ICONS.down), 'Newest');
    this.#empty = element('p', { class: 'empty table-empty', hidden: true });
    this.element = element('div', { class: 'table-box' }, this.#scroller, this.#empty, this.#jump);
    new ResizeObserver(() => this.#needsDraw()).observe(this.#scroller);
  }

  /** The rows to show. Others start at their end, followed as they grow. */
  setRows(rows, { keepsSelection = false } = {}) {
    this.#rows = rows;
    if (!keepsSelection) {
      this.#active = null;
      this.#anchor = null;
    }
    this.#isFollowing = this.#active === null;
    for (const row of this.#pool) row.entry = undefined;
  }

  /** Says above the previews why there may be none. */
  setPreviewNote(note) {
    setText(this.#previewTitle, note === '' ? 'Preview' : `Preview (${note})`);
  }

  /** The text, in lower case, that is marked in previews. */
  setNeedle(needle) {
    this.#needle = needle;
    for (const row of this.#pool) row.entry = undefined;
    this.#needsDraw();
  }

  /** The store's index of the active row, or null. */
  get active() {
    return this.#active;
  }

  /** The selected frames, in their order. */
  get selection() {
    return this.#active === null ? [] : this.#rows.framesBetween(...this.#range());
  }

  focus() {
    this.#scroller.focus();
  }

  /** Goes to the newest row and stays there. */
  follow() {
    this.#isFollowing = true;
    this.#needsDraw();
  }

  /** Selects a row and scrolls to it. */
  goTo(row, { extends: isExtended = false } = {}) {
    if (!this.#rows || this.#rows.length === 0) return;
    const bounded = Math.min(this.#rows.length - 1, Math.max(0, row));
    this.#active = this.#rows.indexAt(bounded);
    if (!isExtended || this.#anchor === null) this.#anchor = this.#active;
    this.#isFollowing = false;
    const top = bounded * ROW_HEIGHT;
    const height = this.#viewHeight();
    if (top < this.#scroller.scrollTop) {
      this.#scroller.scrollTop = top;
    } else if (top + ROW_HEIGHT > this.#scroller.scrollTop + height) {
      this.#scroller.scrollTop = top + ROW_HEIGHT - height;
    }
    this.#needsDraw();
    this.#onSelect(this.#rows.entryAt(bounded));
  }

  clearSelection() {
    this.#active = null;
    this.#anchor = null;
    this.#needsDraw();
    this.#onSelect(null);
  }

  /** Draws the visible rows. `removed` rows have left at the top; `emptyText` is shown without any. */
  draw({ removed = 0, emptyText = '' } = {}) {
    const rows = this.#rows;
    const length = rows?.length ?? 0;
    const scroller = this.#scroller;
    // All reading comes before all writing: the browser lays out once.
    const height = this.#viewHeight();
    let top = scroller.scrollTop;
    const total = length * ROW_HEIGHT;
    const maxTop = Math.max(0, total - height);
    const oldTop = top;
    if (this.#isFollowing) top = maxTop;
    else if (removed > 0) top = Math.max(0, top - removed * ROW_HEIGHT);
    // The payload's pane opens below the row that was selected: the row stays in view.
    if (height < this.#height && !this.#isFollowing && this.#active !== null) {
      const activeTop = rows.rowOf(this.#active) * ROW_HEIGHT;
      if (activeTop >= top && activeTop < top + this.#height) top = Math.max(top, activeTop + ROW_HEIGHT - height);
    }
    this.#height = height;
    top = Math.min(top, maxTop);

    this.#spacer.style.height = `${total}px`;
    if (Math.abs(top - oldTop) > 0.5) scroller.scrollTop = top;
    setAttribute(scroller, 'aria-rowcount', String(length + 1));
    this.#jump.hidden = this.#isFollowing || maxTop - top < ROW_HEIGHT;
    this.#empty.hidden = length > 0;
    if (length === 0) setText(this.#empty, emptyText);

    const count = Math.ceil(height / ROW_HEIGHT) + 2;
    this.#resizePool(count);
    const first = Math.max(0, Math.floor(top / ROW_HEIGHT));
    const [from, to] = this.#active === null ? [1, 0] : this.#range();
    let activeId = null;
    for (let i = 0; i < count; i++) {
      const position = first + i;
      const row = this.#pool[position % count];
      if (position >= length) {
        if (row.position !== -1) {
          row.position = -1;
          row.element.hidden = true;
        }
        continue;
      }
      const index = rows.indexAt(position);
      if (row.position !== position) {
        if (row.position === -1) row.element.hidden = false;
        row.position = position;
        row.element.style.transform = `translateY(${position * ROW_HEIGHT}px)`;
        row.element.setAttribute('aria-rowindex', String(position + 2));
      }
      row.index = index;
      const entry = rows.entryAt(position);
      if (row.entry !== entry) this.#fill(row, entry);
      const isSelected = index >= from && index <= to;
      if (row.isSelected !== isSelected) {
        row.isSelected = isSelected;
        row.element.setAttribute('aria-selected', String(isSelected));
      }
      const isActive = index === this.#active;
      if (row.isActive !== isActive) {
        row.isActive = isActive;
        row.element.classList.toggle('active', isActive);
      }
      if (isActive) activeId = row.element.id;
    }
    setAttribute(scroller, 'aria-activedescendant', activeId);
  }

  #range() {
    const anchor = this.#anchor ?? this.#active;
    return anchor < this.#active ? [anchor, this.#active] : [this.#active, anchor];
  }

  #viewHeight() {
    return Math.max(0, this.#scroller.clientHeight - ROW_HEIGHT);
  }

  #resizePool(count) {
    if (this.#pool.length === count) return;
    while (this.#pool.length > count) this.#pool.pop().element.remove();
    while (this.#pool.length < count) {
      const cells = {};
      const row = element('div', { class: 'row', role: 'row', id: `row-${this.#pool.length}`, hidden: true },
        ...COLUMNS.map(([name]) => (cells[name] = element('span', { class: name, role: 'gridcell' }))));
      this.#spacer.append(row);
      this.#pool.push({ element: row, cells, position: -1, entry: undefined, index: -1 });
    }
    // Which row shows what depends on the pool's size.
    for (const row of this.#pool) {
      row.position = -1;
      row.element.hidden = true;
    }
  }

  #fill(row, entry) {
    row.entry = entry;
    const { cells } = row;
    if (!entry || entry instanceof Gap) {
      row.element.className = 'row gap';
      row.isActive = false;
      for (const name of ['time', 'opcode', 'flags', 'wire', 'message']) setText(cells[name], '');
      setText(cells.direction, !entry ? '' : entry.isSent ? '↑' : '↓');
      setText(cells.preview, entry ? gapText(entry) : '');
      return;
    }
    row.element.className = `row ${entry.isSent ? 'sent' : 'received'} ${opcodeName(entry.opcode).split(' ')[0]}`;
    row.isActive = false;
    setText(cells.time, formatTime(entry.time));
    setText(cells.direction, entry.isSent ? '↑' : '↓');
    setAttribute(cells.direction, 'aria-label', entry.isSent ? 'sent' : 'received');
    setText(cells.opcode, opcodeName(entry.opcode));
    setText(cells.flags, flagsOf(entry));
    setText(cells.wire, formatBytes(entry.size));
    setText(cells.message, entry.messageSize === null ? '' : formatBytes(entry.messageSize));
    if (payloadState(entry) === PayloadState.notRecorded || entry.payload.length === 0) {
      setText(cells.preview, '');
    } else {
      cells.preview.replaceChildren(...markMatches(previewOf(entry, this.#needle), this.#needle));
    }
  }

  #handleScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.#isFollowing = scrollTop + clientHeight >= scrollHeight - ROW_HEIGHT / 2;
    this.#needsDraw();
  }

  #handlePointer(event) {
    const node = event.target.closest('.row');
    const row = this.#pool.find(({ element: other }) => other === node);
    if (!row || event.button !== 0) return;
    if (event.shiftKey) event.preventDefault();
    this.goTo(row.position, { extends: event.shiftKey });
  }

  #handleKey(event) {
    if (!this.#rows || event.altKey) return;
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.key === 'c') {
      if (getSelection()?.isCollapsed === false) return;
      event.preventDefault();
      this.#onCopy();
      return;
    }
    if (isCommand && event.key === 'a') {
      event.preventDefault();
      if (this.#rows.length === 0) return;
      this.#anchor = this.#rows.indexAt(0);
      this.goTo(this.#rows.length - 1, { extends: true });
      return;
    }
    if (isCommand) return;
    const page = Math.max(1, Math.floor(this.#viewHeight() / ROW_HEIGHT) - 1);
    const last = this.#rows.length - 1;
    let row = this.#active === null ? -1 : this.#rows.rowOf(this.#active);
    if (row < 0) row = this.#active === null ? last + 1 : last;
    const target = {
      ArrowDown: Math.min(row + 1, last), ArrowUp: row - 1, PageDown: Math.min(row + page, last),
      PageUp: row - page, Home: 0, End: last,
    }[event.key];
    if (event.key === 'Escape' && this.#active !== null) {
      event.preventDefault();
      this.clearSelection();
    } else if (target !== undefined) {
      event.preventDefault();
      this.goTo(target, { extends: event.shiftKey });
      if (event.key === 'End' && !event.shiftKey) this.follow();
    }
  }
}

/** "FIN" and "comp" for a compressed one; other reserved bits by name. */
export function flagsOf(frame) {
  const flags = [];
  if (frame.isFinal) flags.push('FIN');
  if (frame.isCompressed) flags.push('comp');
  if (frame.firstByte & 0x20) flags.push('RSV2');
  if (frame.firstByte & 0x10) flags.push('RSV3');
  return flags.join(' ');
}

function gapText(gap) {
  return `${formatPlural(gap.count, gap.isSent ? 'sent frame' : 'received frame')} not recorded`;
}

/** Frames as lines of text, for the clipboard. */
export function framesToText(frames, textOf) {
  return frames.map((frame) => [
    formatTime(frame.time),
    frame.isSent ? '↑ sent' : '↓ received',
    opcodeName(frame.opcode),
    flagsOf(frame),
    `${formatCount(frame.size)} B`,
    textOf(frame),
  ].filter((part) => part !== '').join('  ')).join('\n');
}

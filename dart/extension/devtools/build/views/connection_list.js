import { formatCount, formatPlural, formatTime } from '../model/units.js';
import { element, setAttribute, setText } from './element.js';

/** The list of connections: attempts of one reconnecting channel or socket are a group. */
export class ConnectionList {
  #list;
  #empty;
  #removeLost;
  #items = new Map();
  #groups = new Map();
  #nextId = 1;
  #order = [];
  #selected = null;
  #onSelect;

  constructor({ onSelect, onRemoveLost }) {
    this.#onSelect = onSelect;
    this.#removeLost = element('button', { type: 'button', class: 'remove-lost', onclick: onRemoveLost });
    this.#list = element('div', {
      class: 'connections',
      role: 'listbox',
      tabindex: '0',
      'aria-label': 'Connections',
      onkeydown: (event) => this.#handleKey(event),
      onclick: (event) => this.#select(event.target.closest('[role=option]')?.dataset.key, true),
    });
    this.#empty = element('p', { class: 'empty' });
    this.element = element('nav', { class: 'sidebar', 'aria-label': 'Connections' }, this.#list, this.#empty, this.#removeLost);
  }

  /** Shows a recording's connections. `emptyText` is what to say without any, `notes` what to say below them. */
  update({ recording, selected, hasIsolates, notes, emptyText }) {
    const connections = [...recording.connections.values()];
    const byGroup = new Map();
    const top = [];
    for (const connection of connections) {
      const reconnecting = recording.reconnecting.get(connection.reconnectingKey);
      if (!reconnecting) {
        top.push(this.#updateItem(connection, hasIsolates));
        continue;
      }
      let group = byGroup.get(reconnecting.key);
      if (!group) {
        byGroup.set(reconnecting.key, group = []);
        top.push(this.#group(reconnecting, hasIsolates));
      }
      group.push(this.#updateItem(connection, hasIsolates));
    }
    for (const [key, items] of byGroup) arrange(this.#groups.get(key).items, items);
    arrange(this.#list, top);
    removeUnused(this.#items, (key) => recording.connections.has(key));
    removeUnused(this.#groups, (key) => byGroup.has(key));
    this.#order = [...this.#list.querySelectorAll('[role=option]')].map(({ dataset }) => dataset.key);
    this.#mark(selected);
    this.#removeLost.hidden = recording.lostCount === 0;
    setText(this.#removeLost, `Remove ${formatPlural(recording.lostCount, 'lost connection')}`);
    this.#list.hidden = connections.length === 0;
    this.#empty.hidden = connections.length > 0 && notes.length === 0;
    setText(this.#empty, connections.length > 0 ? notes.join(' ') : emptyText);
  }

  focus() {
    this.#list.focus();
  }

  #updateItem(connection, hasIsolates) {
    let item = this.#items.get(connection.key);
    if (!item) {
      const parts = {
        dot: element('span', { class: 'dot', 'aria-hidden': 'true' }),
        host: element('span', { class: 'host' }),
        path: element('span', { class: 'path' }),
        state: element('span', { class: 'state' }),
        note: element('span', { class: 'note' }),
      };
      const option = element('div', {
        class: 'connection', role: 'option', id: `connection-${this.#nextId++}`, 'data-key': connection.key,
      }, parts.dot, element('div', { class: 'lines' },
        element('div', { class: 'address' }, parts.host, parts.path),
        element('div', { class: 'facts' }, parts.state, parts.note)));
      item = { option, parts };
      this.#items.set(connection.key, item);
    }
    const { option, parts } = item;
    const { host, path } = splitUrl(connection.url);
    const state = stateOf(connection);
    setAttribute(option, 'data-state', state);
    setText(parts.host, host);
    setText(parts.path, path);
    setText(parts.state, state);
    const note = this.#noteOf(connection, hasIsolates);
    setText(parts.note, note);
    // A narrow list cuts both.
    setAttribute(option, 'title', `${connection.url}\n${note}`);
    return option;
  }

  #noteOf(connection, hasIsolates) {
    const notes = [];
    if (connection.attempt !== null && connection.attempt !== undefined) notes.push(`attempt ${connection.attempt}`);
    if (connection.stats && connection.state !== 'failed') {
      notes.push(`↑ ${formatCount(connection.stats.sent.messages)} ↓ ${formatCount(connection.stats.received.messages)}`);
    }
    const begin = connection.states?.[0]?.time;
    if (begin) notes.push(formatTime(begin).slice(0, 8));
    if (hasIsolates) notes.push(connection.isolate);
    return notes.join(' · ');
  }

  #group(reconnecting, hasIsolates) {
    let group = this.#groups.get(reconnecting.key);
    if (!group) {
      const id = `reconnecting-${this.#nextId++}`;
      const title = element('span', { class: 'group-title' });
      const note = element('span', { class: 'note' });
      const items = element('div', { class: 'group-items', role: 'presentation' });
      const head = element('div', { class: 'group-head', id, role: 'presentation' }, title, note);
      const box = element('div', { class: 'group', role: 'group', 'aria-labelledby': id }, head, items);
      group = { box, items, title, note };
      this.#groups.set(reconnecting.key, group);
    }
    setText(group.title, `Reconnecting ${reconnecting.id}`);
    const notes = [reconnecting.isLost && reconnecting.state !== 'closed' ? 'lost' : reconnecting.state,
      formatPlural(reconnecting.reconnects, 'reconnect')];
    if (reconnecting.queuedMessages > 0) notes.push(`${formatCount(reconnecting.queuedMessages)} queued`);
    if (hasIsolates) notes.push(reconnecting.isolate);
    setText(group.note, notes.join(' · '));
    setAttribute(group.box, 'data-state', reconnecting.state);
    return group.box;
  }

  #handleKey(event) {
    const at = this.#order.indexOf(this.#selected);
    const last = this.#order.length - 1;
    const page = 8;
    const target = {
      ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + page, PageUp: at - page,
    }[event.key];
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.#select(this.#selected ?? this.#order[0], true);
    } else if (target !== undefined && last >= 0) {
      event.preventDefault();
      this.#select(this.#order[Math.min(last, Math.max(0, target))], false);
    }
  }

  #select(key, isEntered) {
    if (key === undefined || key === null) return;
    this.#mark(key);
    this.#items.get(key)?.option.scrollIntoView({ block: 'nearest' });
    this.#onSelect(key, isEntered);
  }

  #mark(key) {
    this.#selected = key;
    for (const [other, { option }] of this.#items) {
      setAttribute(option, 'aria-selected', String(other === key));
    }
    setAttribute(this.#list, 'aria-activedescendant', this.#items.get(key)?.option.id ?? null);
  }
}

/** The state to show: what the app said last, or "lost" if nothing can follow. */
export function stateOf(connection) {
  const hasEnded = connection.state === 'closed' || connection.state === 'failed';
  return connection.isLost && !hasEnded ? 'lost' : connection.state;
}

function splitUrl(url) {
  const match = /^(wss?:\/\/)?([^/?#]*)(.*)$/s.exec(url);
  return { host: match[2] || url, path: match[2] ? match[3] : '' };
}

// Moves nodes only where the order differs, so that the list does not flicker or lose its position.
function arrange(parent, nodes) {
  let next = parent.firstElementChild;
  for (const node of nodes) {
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
  while (parent.children.length > nodes.length) parent.lastElementChild.remove();
}

function removeUnused(map, isUsed) {
  for (const key of map.keys()) if (!isUsed(key)) map.delete(key);
}

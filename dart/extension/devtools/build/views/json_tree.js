import { formatPlural } from '../model/units.js';
import { element, markMatches } from './element.js';

const MEMBERS_AT_ONCE = 200;
const OPEN_AT_FIRST = 40;

/** A JSON value as a tree. Its parts are made when they are opened. */
export class JsonTree {
  #needle;

  constructor(root, needle = '') {
    this.#needle = needle;
    this.element = element('div', {
      class: 'json', role: 'tree', 'aria-label': 'JSON', onkeydown: (event) => this.#handleKey(event),
      onclick: (event) => this.#handleClick(event),
    });
    const item = this.#item(null, root, 1);
    this.element.append(item);
    item.tabIndex = 0;
    // The levels from the top are open, as far as they have room.
    let left = OPEN_AT_FIRST;
    const queue = [item];
    for (const next of queue) {
      const count = next.jsonNode?.members?.length ?? 0;
      if (count === 0 || (count > left && next !== item)) continue;
      left -= count;
      this.#open(next);
      queue.push(...next.lastElementChild.children);
    }
  }

  #item(name, node, level) {
    const head = element('div', { class: 'json-head' });
    if (node.members) head.append(element('span', { class: 'twisty', 'aria-hidden': 'true' }));
    if (name !== null) {
      head.append(element('span', { class: typeof name === 'number' ? 'json-index' : 'json-name' },
        ...markMatches(String(name), this.#needle)), ': ');
    }
    head.append(...this.#value(node));
    const item = element('div', {
      class: 'json-item',
      role: 'treeitem',
      'aria-level': String(level),
      'aria-expanded': node.members ? 'false' : null,
    }, head);
    item.tabIndex = -1;
    item.jsonNode = node;
    item.jsonLevel = level;
    return item;
  }

  #value(node) {
    const cut = node.isCut ? [element('span', { class: 'json-cut', text: ' … cut' })] : [];
    switch (node.kind) {
      case 'object':
        return [element('span', { class: 'json-summary', text: `{${summary(node)}}` }), ...cut];
      case 'array':
        return [element('span', { class: 'json-summary', text: `[${formatPlural(node.members.length, 'element')}]` }), ...cut];
      case 'string':
        return [element('span', { class: 'json-string' }, '"', ...markMatches(quote(node.text), this.#needle),
          node.isCut ? '' : '"'), ...cut];
      default:
        return [element('span', { class: `json-${node.kind}` }, ...markMatches(node.text, this.#needle)), ...cut];
    }
  }

  #open(item) {
    const { jsonNode: node } = item;
    if (!node?.members || item.getAttribute('aria-expanded') === 'true') return;
    item.setAttribute('aria-expanded', 'true');
    if (item.children.length > 1) return;
    const group = element('div', { class: 'json-group', role: 'group' });
    item.append(group);
    this.#addMembers(group, node, item.jsonLevel + 1);
  }

  #addMembers(group, node, level) {
    const from = group.children.length;
    const part = node.members.slice(from, from + MEMBERS_AT_ONCE);
    group.append(...part.map(({ name, node: child }) => this.#item(name, child, level)));
    const left = node.members.length - from - part.length;
    if (left === 0) return;
    const more = element('button', {
      type: 'button',
      class: 'more',
      text: `Show ${Math.min(left, MEMBERS_AT_ONCE)} more of ${left}`,
      onclick: (event) => {
        event.stopPropagation();
        more.remove();
        this.#addMembers(group, node, level);
        this.#focus(group.children[from + MEMBERS_AT_ONCE]);
      },
    });
    group.append(more);
  }

  #toggle(item) {
    if (item.getAttribute('aria-expanded') === 'true') item.setAttribute('aria-expanded', 'false');
    else this.#open(item);
  }

  #handleClick(event) {
    const head = event.target.closest('.json-head');
    if (!head || getSelection()?.isCollapsed === false) return;
    this.#toggle(head.parentElement);
    this.#focus(head.parentElement);
  }

  #handleKey(event) {
    const item = event.target.closest('.json-item');
    if (!item || event.target.tagName === 'BUTTON' || event.ctrlKey || event.metaKey || event.altKey) return;
    const visible = [...this.element.querySelectorAll('.json-item')]
      .filter((other) => !other.parentElement.closest('[aria-expanded=false]'));
    const at = visible.indexOf(item);
    const isOpen = item.getAttribute('aria-expanded') === 'true';
    let target = null;
    switch (event.key) {
      case 'ArrowDown': target = visible[at + 1]; break;
      case 'ArrowUp': target = visible[at - 1]; break;
      case 'Home': target = visible[0]; break;
      case 'End': target = visible.at(-1); break;
      case 'ArrowRight':
        if (isOpen) target = visible[at + 1];
        else this.#open(item);
        break;
      case 'ArrowLeft':
        if (isOpen) this.#toggle(item);
        else target = item.parentElement.closest('.json-item');
        break;
      case 'Enter':
      case ' ': this.#toggle(item); break;
      default: return;
    }
    event.preventDefault();
    if (target) this.#focus(target);
  }

  #focus(item) {
    if (!item || !item.classList.contains('json-item')) return;
    for (const other of this.element.querySelectorAll('.json-item[tabindex="0"]')) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  }
}

function summary(node) {
  const names = node.members.slice(0, 4).map(({ name }) => name.slice(0, 24)).join(', ');
  return node.members.length > 4 ? `${names}, …` : names;
}

function quote(text) {
  return JSON.stringify(text).slice(1, -1);
}

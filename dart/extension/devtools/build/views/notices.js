import { element } from './element.js';

/** Notices with their actions, below the head of the page. Screen readers announce new ones. */
export class Notices {
  #nodes = new Map();
  #onFocusLost;

  /** `onFocusLost` is called when a notice with the focus leaves. */
  constructor({ onFocusLost }) {
    this.#onFocusLost = onFocusLost;
    this.element = element('div', { class: 'notices', role: 'status', 'aria-live': 'polite' });
  }

  /** Shows these notices: {id, kind: "info" | "warning" | "error", text, actions: [{text, run}]}. */
  update(notices) {
    const hadFocus = this.element.contains(document.activeElement);
    const ids = new Set(notices.map(({ id }) => id));
    for (const [id, { node }] of this.#nodes) {
      if (ids.has(id)) continue;
      node.remove();
      this.#nodes.delete(id);
    }
    for (const notice of notices) {
      const shown = this.#nodes.get(notice.id);
      const signature = JSON.stringify([notice.kind, notice.text, (notice.actions ?? []).map(({ text }) => text)]);
      if (shown?.signature === signature) continue;
      const node = element('div', { class: `notice ${notice.kind}` }, element('p', { text: notice.text }),
        ...(notice.actions ?? []).map(({ text, run }) => element('button', { type: 'button', text, onclick: run })));
      if (shown) shown.node.replaceWith(node);
      else this.element.append(node);
      this.#nodes.set(notice.id, { node, signature });
    }
    if (hadFocus && !this.element.contains(document.activeElement)) this.#onFocusLost();
  }
}

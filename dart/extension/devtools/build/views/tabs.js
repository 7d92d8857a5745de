import { element } from './element.js';

/** Tabs and their panels, of which one is visible. */
export class Tabs {
  #buttons = [];
  #onChange;

  /** The id of the visible panel. */
  selected;
  list;
  panels;

  constructor(tabs, onChange) {
    this.#onChange = onChange;
    this.panels = tabs.map((tab) => element('div', {
      class: 'panel', role: 'tabpanel', id: `panel-${tab.id}`, 'aria-labelledby': `tab-${tab.id}`,
      tabindex: tab.scrolls ? '0' : null,
    }, tab.element));
    this.#buttons = tabs.map(({ id, title }) => element('button', {
      type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}`, text: title, onclick: () => this.select(id),
    }));
    this.list = element('div', {
      class: 'tabs', role: 'tablist', 'aria-label': 'Views', onkeydown: (event) => this.#handleKey(event),
    }, ...this.#buttons);
    this.#apply(tabs[0].id);
  }

  select(id) {
    if (id === this.selected) return;
    this.#apply(id);
    this.#onChange(id);
  }

  focus() {
    this.#buttons.find(({ tabIndex }) => tabIndex === 0).focus();
  }

  #apply(id) {
    this.selected = id;
    this.#buttons.forEach((button, i) => {
      const isSelected = button.id === `tab-${id}`;
      button.setAttribute('aria-selected', String(isSelected));
      button.tabIndex = isSelected ? 0 : -1;
      this.panels[i].hidden = !isSelected;
    });
  }

  #handleKey(event) {
    const at = this.#buttons.findIndex(({ tabIndex }) => tabIndex === 0);
    const count = this.#buttons.length;
    const target = {
      ArrowRight: (at + 1) % count, ArrowLeft: (at + count - 1) % count, Home: 0, End: count - 1,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.select(this.#buttons[target].id.replace(/^tab-/, ''));
    this.#buttons[target].focus();
  }
}

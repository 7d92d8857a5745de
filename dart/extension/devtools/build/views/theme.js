/** Light or dark: as the system has it, until DevTools says otherwise. */
export class Theme {
  #query = matchMedia('(prefers-color-scheme: dark)');
  #override = null;

  constructor() {
    this.#query.addEventListener('change', () => this.#apply());
    this.#apply();
  }

  /** Takes DevTools' theme: "light" or "dark"; null for the system's. */
  set(theme) {
    this.#override = theme;
    this.#apply();
  }

  #apply() {
    document.documentElement.dataset.theme = this.#override ?? (this.#query.matches ? 'dark' : 'light');
  }
}

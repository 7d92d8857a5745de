/**
 * Creates an element. `attributes` are set as attributes, but for `text` (its text) and names that
 * begin with "on" (listeners). Children are elements or texts; null is left out.
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'text') node.textContent = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Sets a text only if it is another: writing an equal one costs a layout. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute, or removes it for null. */
export function setAttribute(node, name, value) {
  if (value === null) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== value) {
    node.setAttribute(name, value);
  }
}

/** A text with its matches of `needle` (in lower case) marked, as nodes. */
export function markMatches(text, needle) {
  if (needle === '') return [text];
  const lower = text.toLowerCase();
  // Some characters change their length in lower case; then positions do not fit.
  if (lower.length !== text.length) return [text];
  const nodes = [];
  let from = 0;
  for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, from)) {
    if (at > from) nodes.push(text.slice(from, at));
    from = at + needle.length;
    nodes.push(element('mark', { text: text.slice(at, from) }));
    if (nodes.length > 2000) break;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

/** An icon: a path of 16 by 16 units, hidden from screen readers. */
export function icon(path) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}

/** Paths for `icon`, drawn as lines. */
export const ICONS = Object.freeze({
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  resume: 'M5 3.2v9.6l7.5-4.8z',
  clear: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M4.2 4.2l7.6 7.6',
  open: 'M2.5 12.5v-9h4l1.5 2h5.5v7z',
  save: 'M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.5h10',
  up: 'M8 13V3.5M4.5 7L8 3.5 11.5 7',
  down: 'M8 3v9.5M4.5 9L8 12.5 11.5 9',
  back: 'M10 3L5 8l5 5',
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.4 10.4L13.5 13.5',
});

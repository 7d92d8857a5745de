import { formatCount, formatDateTime, formatTime } from '../model/units.js';
import { formatBytes, formatDuration } from '../quantity.js';
import { stateOf } from './connection_list.js';
import { element } from './element.js';

const HIDDEN = Symbol('hidden');

/** Everything about a connection but its frames. */
export class DetailsView {
  #shown = '';

  constructor() {
    this.element = element('div', { class: 'details' });
  }

  /** Shows a connection. It is drawn anew only if something changed. */
  update({ connection, reconnecting, isolate, isFile }) {
    const hints = { showsSecrets: isolate?.showsSecrets, allowsSending: isolate?.allowsSending, isFile };
    const signature = JSON.stringify([connection, reconnecting, hints]);
    if (signature === this.#shown) return;
    this.#shown = signature;
    // Text that the user has selected stays.
    const selection = getSelection();
    if (selection && !selection.isCollapsed && this.element.contains(selection.anchorNode)) {
      this.#shown = '';
      return;
    }
    const sections = [
      general(connection), closing(connection), request(connection), response(connection), steps(connection),
      statistics(connection), states('States', connection.states),
      reconnecting ? reconnects(reconnecting) : null,
    ];
    const places = this.#tables().map((table) => ({
      name: table.getAttribute('aria-label'), left: table.scrollLeft, hasFocus: table === document.activeElement,
    }));
    this.element.replaceChildren(...sections.filter((section) => section !== null), ...hintsOf(connection, hints));
    for (const table of this.#tables()) {
      const place = places.find(({ name }) => name === table.getAttribute('aria-label'));
      if (place?.left > 0) table.scrollLeft = place.left;
      if (place?.hasFocus) table.focus({ preventScroll: true });
    }
  }

  #tables() {
    return [...this.element.querySelectorAll('.table-scroll')];
  }
}

function section(title, ...children) {
  const nodes = children.filter((child) => child !== null);
  return nodes.length === 0 ? null : element('section', {}, element('h3', { text: title }), ...nodes);
}

function pairs(entries) {
  const list = element('dl');
  for (const [name, value] of entries) {
    if (value === null || value === undefined || value === '') continue;
    list.append(element('dt', { text: name }), value === HIDDEN
      ? element('dd', {}, hidden()) : element('dd', { text: String(value) }));
  }
  return list.children.length === 0 ? null : list;
}

function hidden() {
  return element('span', { class: 'hidden-value', text: 'hidden' });
}

function table(name, columns, rows) {
  return element('div', { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': name }, element('table', {},
    element('thead', {}, element('tr', {}, ...columns.map((text) => element('th', { scope: 'col', text })))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((text) => element('td', { text: text ?? '' })))))));
}

function general(connection) {
  return section('Connection', pairs([
    ['URL', connection.url],
    ['State', stateText(connection)],
    ['Error', connection.error],
    ['Subprotocol', connection.protocol === null ? HIDDEN : connection.protocol || 'none'],
    ['Extensions', connection.extensions || 'none'],
    ['TLS', detailOf(connection, 'tls')],
    ['Proxy', connection.steps?.filter(({ kind }) => kind === 'proxy').map(({ target }) => target).join(', ')],
    ['Address', connection.steps?.findLast(({ kind, end, error }) => kind === 'tcp' && end !== null && error === null)?.target],
    ['Attempt', connection.attempt],
    ['Isolate', connection.isolate],
    ['Buffered amount', formatBytes(connection.bufferedAmount ?? 0)],
    ['Reading', readingText(connection)],
  ]));
}

function detailOf(connection, kind) {
  const step = connection.steps?.findLast((other) => other.kind === kind);
  if (!step) return kind === 'tls' ? 'none' : null;
  return step.error ?? (step.detail || (step.end === null ? 'not completed' : 'established'));
}

function stateText(connection) {
  return stateOf(connection) === 'lost'
    ? `${connection.state}, when the app or its isolate ended` : connection.state;
}

function readingText(connection) {
  if (connection.isPaused) return 'paused by the app';
  return connection.isReading === false && connection.state === 'open' ? 'paused until the app takes what was received' : null;
}

function closing({ close }) {
  if (!close) return null;
  return section('Close', pairs([
    ['Code', close.code],
    ['Reason', close.reason],
    ['Initiated by', { local: 'the app', remote: 'the server', none: 'neither side: the connection was lost' }[close.initiator]],
    ['Clean', close.isClean ? 'yes' : 'no'],
    ['Error', close.error],
  ]));
}

function request({ request: sent }) {
  if (!sent) return null;
  const protocols = (sent.protocols ?? []).map((protocol) => protocol ?? 'hidden').join(', ');
  return section('Request', headers(sent.headers, 'The app set no header fields.'), pairs([
    ['Subprotocols asked for', protocols],
    ['Compression', sent.compression === null || sent.compression === undefined ? null : sent.compression ? 'offered' : 'off'],
    ['Ping interval', duration(sent.pingInterval)],
    ['Connect timeout', duration(sent.connectTimeout)],
  ]));
}

function duration(value) {
  return value === null || value === undefined ? null : formatDuration(value);
}

function response({ response: received }) {
  return received ? section('Response', headers(received.headers, 'No header fields.', [['Status', received.status]])) : null;
}

/** Header fields after `others`, other pairs. */
function headers(list, emptyText, others = []) {
  if (!list?.length) return element('div', {}, pairs(others) ?? '', element('p', { class: 'hint', text: emptyText }));
  return pairs([...others, ...list.map(({ name, value }) => [name, value === null ? HIDDEN : value === '' ? '(empty)' : value])]);
}

function steps({ steps: list }) {
  if (!list?.length) return null;
  const begin = list[0].start;
  return section('Connecting', table('Connecting', ['Step', 'Target', 'Began', 'Took', 'Result'], list.map((step) => [
    step.kind, step.target, `+${formatDuration(Math.max(0, step.start - begin))}`,
    step.end === null ? '' : formatDuration(Math.max(0, step.end - step.start)),
    step.error ?? (step.detail || (step.end === null ? 'given up, or still running' : 'done')),
  ])));
}

function statistics({ stats }) {
  if (!stats) return null;
  const row = (name, bytes, { messages, payload, payloadOnWire }) => [
    name, formatCount(messages), formatBytes(payload), formatBytes(payloadOnWire), saved(payload, payloadOnWire), formatBytes(bytes),
  ];
  return section('Statistics',
    table('Statistics', ['Direction', 'Messages', 'Payload', 'Payload on the wire', 'Saved', 'Bytes in all'], [
      row('Sent', stats.bytesSent, stats.sent), row('Received', stats.bytesReceived, stats.received),
    ]),
    stats.roundTrips > 0 ? pairs([
      ['Round trips', formatCount(stats.roundTrips)],
      ['Last', duration(stats.lastRoundTrip)],
      ['Shortest', duration(stats.shortestRoundTrip)],
      ['Average', duration(stats.averageRoundTrip)],
    ]) : element('p', { class: 'hint', text: 'No round trip was measured. A ping is sent if nothing arrives during the pingInterval.' }));
}

function saved(payload, onWire) {
  return payload > 0 && onWire < payload ? `${Math.round((1 - onWire / payload) * 100)} %` : '';
}

function states(title, list) {
  if (!list?.length) return null;
  return section(title, table(title, ['Time', 'State', 'For', 'Detail'], list.map(({ state, time, detail }, i) => [
    i === 0 ? formatDateTime(time) : formatTime(time), state,
    i + 1 < list.length ? formatDuration(Math.max(0, list[i + 1].time - time)) : '', detail,
  ])));
}

function reconnects(reconnecting) {
  const node = states(`Reconnecting ${reconnecting.id}`, reconnecting.states);
  node?.append(pairs([
    ['Reconnects', formatCount(reconnecting.reconnects)],
    ['Queued', `${formatCount(reconnecting.queuedMessages)} messages, ${formatBytes(reconnecting.queuedBytes)}`],
  ]));
  return node;
}

function hintsOf(connection, { showsSecrets, allowsSending, isFile }) {
  if (isFile) return [];
  const hints = [];
  const hide = (list) => list?.some(({ value }) => value === null);
  const hasHidden = hide(connection.request?.headers) || hide(connection.response?.headers) ||
    connection.protocol === null || connection.request?.protocols?.includes(null) || connection.url.includes('…');
  if (hasHidden && !showsSecrets) {
    hints.push(['Values that may be secret are hidden. The app shows them if it sets ',
      'WebSocketInspector.showsSecrets = true', '.']);
  }
  if (!allowsSending) {
    hints.push(['This page can send messages if the app sets ', 'WebSocketInspector.allowsSending = true', '.']);
  }
  return hints.map(([before, code, after]) => element('p', { class: 'hint' }, before, element('code', { text: code }), after));
}

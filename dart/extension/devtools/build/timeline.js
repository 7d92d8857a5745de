import { formatByteRate, formatBytes, formatClock, formatDuration, formatRate } from './quantity.js';
import { ratesOf, samplesOf } from './rates.js';
import { clockTicks, linearScale, nearest, niceMaximum, spread } from './scale.js';

const SVG = 'http://www.w3.org/2000/svg';
const SECOND = 1_000_000;
/** A shorter time is not stretched further. */
const LEAST_SPAN = 20 * SECOND;
const LONGEST_SPAN = 600 * SECOND;

const TOP = 4;
const BAND_HEIGHT = 18;
const TITLE_HEIGHT = 18;
const PLOT_HEIGHT = 56;
const PANEL_GAP = 10;
const AXIS_HEIGHT = 20;
/** The space for labels at the ends of the lines. A narrow chart has them in its titles. */
const LABEL_WIDTH = 116;
const NARROW = 520;
const LABEL_HEIGHT = 14;
const CLOCK_WIDTH = 54;

const SENT = { name: 'sent', className: 'sent' };
const RECEIVED = { name: 'received', className: 'received' };

/** The charts, from the top. A line is [field of a rate, its name and class]. */
const PANELS = [
  {
    title: 'Throughput',
    lines: [['sentBytes', SENT], ['receivedBytes', RECEIVED]],
    format: formatByteRate,
    least: 100,
    none: '',
  },
  {
    title: 'Messages',
    lines: [['sentMessages', SENT], ['receivedMessages', RECEIVED]],
    format: formatRate,
    least: 5,
    none: '',
  },
  {
    title: 'Round trip of pings',
    lines: [['roundTrip', { name: '', className: 'plain' }]],
    format: formatDuration,
    least: 1000,
    hasDots: true,
    none: 'No ping has been answered. Pings need a pingInterval.',
  },
  {
    title: 'Buffered to send',
    lines: [['bufferedAmount', { name: '', className: 'plain' }]],
    format: formatBytes,
    least: 1000,
    none: '',
  },
];

/** The throughput, round trips and states of a connection over the last ten minutes. */
export class Timeline {
  #svg;
  #marks;
  #cursor;
  #status;
  #slider;
  #table;
  #empty;
  #data = { connection: null, reconnecting: null, samples: [], frames: [] };
  /** What was drawn last: scales and places, for the cursor. */
  #drawn = null;
  /** The time that the cursor was put at, or null. It follows no data. */
  #cursorTime = null;
  #frame = 0;

  constructor() {
    this.element = html('section', { class: 'timeline', 'aria-label': 'Timeline' });
    this.#status = html('p', { class: 'timeline-status' });
    this.#slider = html('div', {
      class: 'timeline-chart',
      role: 'slider',
      tabindex: '0',
      'aria-label': 'Time. Arrow keys move a cursor',
      'aria-orientation': 'horizontal',
    });
    this.#svg = svg('svg', { 'aria-hidden': 'true', focusable: 'false' });
    this.#marks = svg('g');
    this.#cursor = svg('g');
    this.#svg.append(this.#marks, this.#cursor);
    this.#slider.append(this.#svg);
    this.#empty = html('p', { class: 'chart-empty' });
    this.#empty.textContent = 'Nothing has been measured yet. The first values come after two seconds.';
    this.#table = html('details', { class: 'timeline-table' });
    const summary = html('summary');
    summary.textContent = 'As a table';
    this.#table.append(summary, html('div', { class: 'chart-scroll', tabindex: '0', role: 'region', 'aria-label': 'Values' }));
    this.element.append(this.#status, this.#slider, this.#empty, this.#table);

    this.#table.addEventListener('toggle', () => this.#schedule());
    this.#slider.addEventListener('pointermove', (event) => this.#point(event));
    this.#slider.addEventListener('pointerdown', (event) => this.#point(event));
    this.#slider.addEventListener('pointerleave', (event) => {
      if (event.pointerType === 'mouse') this.#moveTo(null);
    });
    this.#slider.addEventListener('blur', () => this.#moveTo(null));
    this.#slider.addEventListener('keydown', (event) => this.#press(event));
    new ResizeObserver(() => this.#schedule()).observe(this.#slider);
  }

  /**
   * Shows other values, with the next animation frame. `frames` (a list of Frame) stand in for the samples
   * of a capture from a file, which has none.
   */
  update({ connection, reconnecting = null, samples = [], frames = [] }) {
    if (connection?.key !== this.#data.connection?.key) this.#cursorTime = null;
    this.#data = { connection, reconnecting, samples, frames };
    this.#schedule();
  }

  #schedule() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const { connection, reconnecting, samples, frames } = this.#data;
    const width = this.#slider.clientWidth;
    if (connection === null || connection === undefined) {
      this.#marks.replaceChildren();
      this.#cursor.replaceChildren();
      this.#drawn = null;
      return;
    }
    if (width === 0) return;
    const isFromFrames = samples.length < 2 && frames.length > 0;
    const rates = ratesOf(isFromFrames ? samplesOf(frames) : samples);
    const { states, subject } = statesOf(connection, reconnecting);
    const { range, until } = rangeOf(rates, samples, states);
    const panels = PANELS.filter(({ lines }) => !isFromFrames || lines.some(([field]) => rates.some((it) => it[field] !== null)));

    const hasLabels = width >= NARROW;
    const plotWidth = Math.max(1, width - (hasLabels ? LABEL_WIDTH : 0) - 1);
    const x = linearScale(range, plotWidth);
    const segments = segmentsOf(states, range[0], until);
    const visible = rates.filter(({ time }) => time >= range[0]);
    const marks = [];
    let y = TOP;
    marks.push(...bandMarks(segments, x, y, plotWidth));
    y += BAND_HEIGHT + PANEL_GAP;
    const placed = [];
    if (visible.length > 0) {
      for (const panel of panels) {
        const place = placePanel(panel, visible, y);
        placed.push(place);
        marks.push(...panelMarks(place, visible, x, plotWidth, hasLabels));
        y += TITLE_HEIGHT + PLOT_HEIGHT + PANEL_GAP;
      }
    }
    const bottom = y - PANEL_GAP;
    marks.unshift(...axisMarks(range, x, plotWidth, TOP + BAND_HEIGHT, bottom));
    const height = bottom + AXIS_HEIGHT;
    this.#svg.setAttribute('width', String(width));
    this.#svg.setAttribute('height', String(height));
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#marks.replaceChildren(...marks);
    this.#empty.hidden = visible.length > 0;
    this.#empty.textContent = connection.state === 'connecting' || connection.state === 'open'
      ? 'Nothing has been measured yet. The first values come after two seconds.'
      : 'Nothing was measured while the page watched this connection.';

    this.#drawn = {
      x, range, until, rates: visible, times: visible.map(({ time }) => time), placed, segments, subject, bottom, plotWidth,
      hasLabels, isFromFrames,
    };
    this.#drawCursor();
    this.#fillTable();
  }

  /** The labels have the values at the cursor, or the last ones. */
  #drawCursor() {
    const { x, rates, times, placed, segments, bottom, plotWidth, hasLabels } = this.#drawn;
    const index = this.#cursorIndex();
    const at = index === null ? rates.length - 1 : index;
    const rate = rates[at];
    const marks = [];
    const time = index === null ? null : times[index];
    if (time !== null) {
      const place = x(time);
      marks.push(line('timeline-cursor', place, TOP, place, bottom));
      const isAtEnd = place > plotWidth - CLOCK_WIDTH;
      marks.push(label('timeline-clock', isAtEnd ? place - 4 : place + 4, bottom + 14, formatClock(time), isAtEnd ? 'end' : 'start'));
    }
    for (const place of placed) marks.push(...valueMarks(place, rates, at, time === null ? null : x(time), x, plotWidth, hasLabels));
    this.#cursor.replaceChildren(...marks);
    this.#describe(index, rate, segments);
  }

  #describe(index, rate, segments) {
    const { subject, until, times, isFromFrames } = this.#drawn;
    const time = index === null ? until : times[index];
    const segment = segments.findLast(({ start }) => start <= time);
    const state = segment === undefined ? 'unknown' : segment.state;
    const cause = segment?.detail ? `: ${segment.detail}` : '';
    const since = segment && index === null ? ` since ${formatClock(segment.since)}` : '';
    const source = isFromFrames ? ' The values are those of the recorded frames.' : '';
    this.#status.textContent = `${subject}: ${state}${since}${cause}${index === null ? source : ''}`;

    const values = rate === undefined ? [] : PANELS.flatMap(({ title, lines, format }) =>
      lines.filter(([field]) => rate[field] !== null)
        .map(([field, { name }]) => `${name === '' ? title.toLowerCase() : `${title.toLowerCase()} ${name}`} ${format(rate[field])}`));
    this.#slider.setAttribute('aria-valuemin', '0');
    this.#slider.setAttribute('aria-valuemax', String(Math.max(0, times.length - 1)));
    this.#slider.setAttribute('aria-valuenow', String(index ?? Math.max(0, times.length - 1)));
    this.#slider.setAttribute('aria-valuetext', [formatClock(time), state, ...values].join(', '));
  }

  #cursorIndex() {
    const { times } = this.#drawn;
    return this.#cursorTime === null || times.length === 0 ? null : nearest(times, this.#cursorTime);
  }

  #point(event) {
    if (this.#drawn === null) return;
    const { range, plotWidth } = this.#drawn;
    const place = event.clientX - this.#slider.getBoundingClientRect().left;
    const part = Math.min(1, Math.max(0, place / plotWidth));
    this.#moveTo(range[0] + part * (range[1] - range[0]));
  }

  #press(event) {
    if (this.#drawn === null || event.altKey || event.ctrlKey || event.metaKey) return;
    const { times } = this.#drawn;
    const last = times.length - 1;
    const index = this.#cursorIndex();
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
    let next;
    if (event.key === 'Escape') next = null;
    else if (event.key === 'Home') next = 0;
    else if (event.key === 'End') next = last;
    else if (event.key in moves) next = (index ?? last + (moves[event.key] < 0 ? 1 : 0)) + moves[event.key];
    else return;
    event.preventDefault();
    this.#moveTo(next === null || last < 0 ? null : times[Math.min(last, Math.max(0, next))]);
  }

  #moveTo(time) {
    if (this.#cursorTime === time) return;
    this.#cursorTime = time;
    if (this.#drawn !== null) this.#schedule();
  }

  /** The rows are made only while somebody reads them. */
  #fillTable() {
    const body = this.#table.lastElementChild;
    if (!this.#table.open) {
      body.replaceChildren();
      return;
    }
    const { rates, subject } = this.#drawn;
    const { states } = statesOf(this.#data.connection, this.#data.reconnecting);
    const stateRows = states.map(({ time, state, detail }) => [formatClock(time), state, detail ?? '']);
    const fields = PANELS.flatMap(({ title, lines, format }) =>
      lines.map(([field, { name }]) => ({ field, format, title: name === '' ? title : `${title}, ${name}` })));
    const valueRows = rates.toReversed()
      .map((rate) => [formatClock(rate.time), ...fields.map(({ field, format }) => (rate[field] === null ? '' : format(rate[field])))]);
    const { scrollTop } = body;
    body.replaceChildren(
      table(`States of the ${subject.toLowerCase()}`, ['Time', 'State', 'Cause'], stateRows),
      table('Values, the newest first', ['Time', ...fields.map(({ title }) => title)], valueRows),
    );
    body.scrollTop = scrollTop;
  }
}

/** The states to show, and whose they are. */
function statesOf(connection, reconnecting) {
  return reconnecting
    ? { states: reconnecting.states, subject: 'Reconnecting channel' }
    : { states: connection.states, subject: 'Connection' };
}

/** The times that the chart is from and to, and `until` when something is known. */
export function rangeOf(rates, samples, states) {
  const times = [...samples, ...rates, ...states].map(({ time }) => time);
  if (times.length === 0) return { range: [0, LEAST_SPAN], until: 0 };
  const until = times.reduce((most, time) => Math.max(most, time));
  const earliest = states[0]?.time ?? until;
  const measured = rates[0]?.start ?? until;
  // What was measured has the width. Older states are cut, unless they are just before it.
  const start = rates.length === 0 || measured - earliest < LEAST_SPAN ? Math.min(earliest, measured) : measured;
  const first = Math.max(start, until - LONGEST_SPAN);
  return { range: [first, Math.max(until, first + LEAST_SPAN)], until };
}

/** The states as pieces of the chart: {state, detail, start, end, since}. */
export function segmentsOf(states, from, until) {
  return states.map(({ state, detail, time }, index) => ({
    state,
    detail: detail ?? '',
    since: time,
    start: Math.max(from, time),
    end: Math.min(until, states[index + 1]?.time ?? until),
  })).filter(({ start, end }, index, all) => end > start || (index === all.length - 1 && start === end));
}

function bandMarks(segments, x, y, plotWidth) {
  return segments.flatMap(({ state, start, end }) => {
    const left = x(start);
    const width = Math.max(1.5, x(end) - left);
    const marks = [svg('rect', {
      class: `timeline-state state-${state}`, x: String(Math.min(left, plotWidth - 1.5)), y: String(y), width: String(width), height: String(BAND_HEIGHT),
    })];
    if (width > state.length * 6.5 + 12) marks.push(label(`timeline-state-name state-${state}`, left + 6, y + 13, state));
    return marks;
  });
}

function axisMarks(range, x, plotWidth, top, bottom) {
  const marks = [line('timeline-axis', 0, bottom, plotWidth, bottom)];
  for (const tick of clockTicks(range, Math.max(2, Math.floor(plotWidth / 90)))) {
    const place = x(tick);
    marks.push(line('timeline-grid', place, top, place, bottom));
    if (place <= plotWidth - CLOCK_WIDTH) marks.push(label('timeline-tick', place + 3, bottom + 14, formatClock(tick)));
  }
  return marks;
}

function placePanel(panel, rates, top) {
  const values = panel.lines.flatMap(([field]) => rates.map((rate) => rate[field]).filter((value) => value !== null));
  const maximum = niceMaximum(values.reduce((most, value) => Math.max(most, value), 0), panel.least);
  const bottom = top + TITLE_HEIGHT + PLOT_HEIGHT;
  const scale = linearScale([0, maximum], PLOT_HEIGHT);
  return { panel, top, bottom, maximum, isEmpty: values.length === 0, y: (value) => bottom - scale(value) };
}

function panelMarks({ panel, top, bottom, maximum, isEmpty, y }, rates, x, plotWidth, hasLabels) {
  const marks = [label('timeline-title', 0, top + 12, panel.title)];
  if (isEmpty) {
    marks.push(line('timeline-axis', 0, bottom, plotWidth, bottom));
    marks.push(label('timeline-none', 0, bottom - 22, panel.none));
    return marks;
  }
  marks.push(line('timeline-grid', 0, y(maximum), plotWidth, y(maximum)), line('timeline-axis', 0, bottom, plotWidth, bottom));
  for (const [field, { className }] of panel.lines) {
    const known = rates.filter((rate) => rate[field] !== null);
    if (known.length === 0) continue;
    const points = panel.hasDots
      ? known.map((rate) => [x(rate.time), y(rate[field])])
      : [[x(known[0].start), y(known[0][field])], ...known.map((rate) => [x(rate.time), y(rate[field])])];
    const path = points.map(([left, place], index) => `${index === 0 ? 'M' : 'L'}${round(left)} ${round(place)}`).join('');
    if (!panel.hasDots) {
      marks.push(svg('path', { class: `timeline-area ${className}`, d: `${path}L${round(points.at(-1)[0])} ${bottom}L${round(points[0][0])} ${bottom}Z` }));
    }
    marks.push(svg('path', { class: `timeline-line ${className}`, d: path }));
    if (panel.hasDots && points.length <= plotWidth / 8) marks.push(...points.map(([left, place]) => dot(className, left, place, 1.75)));
  }
  marks.push(hasLabels
    ? label('timeline-tick', plotWidth - 2, y(maximum) - 4, panel.format(maximum), 'end')
    : label('timeline-tick within', 2, y(maximum) + 11, panel.format(maximum)));
  return marks;
}

/** The dots and labels of the values of one rate. */
function valueMarks({ panel, top, bottom, isEmpty, y }, rates, at, cursor, x, plotWidth, hasLabels) {
  if (isEmpty) return [];
  const marks = [];
  const values = panel.lines.map(([field, { name, className }]) => {
    // Pings are rare: the last answer before it counts.
    const rate = panel.hasDots ? rates.slice(0, at + 1).findLast((it) => it[field] !== null) : rates[at];
    return { value: rate?.[field] ?? null, time: rate?.time, name, className };
  }).filter(({ value }) => value !== null);
  const places = spread(values.map(({ value }) => y(value) + 4), LABEL_HEIGHT, top + TITLE_HEIGHT + 4, bottom);
  let right = plotWidth;
  values.toReversed().forEach(({ value, time, name, className }, reversed) => {
    const index = values.length - 1 - reversed;
    marks.push(dot(className, cursor !== null && !panel.hasDots ? cursor : x(time), y(value), 2.5));
    const shown = name === '' ? panel.format(value) : `${panel.format(value)} ${name}`;
    if (hasLabels) {
      // Beside the end of the line; with a cursor they stay out of its way.
      marks.push(label(`timeline-value ${className}`, (cursor === null ? x(rates.at(-1).time) : plotWidth) + 8, places[index], shown));
    } else {
      marks.push(label(`timeline-value ${className}`, right, top + 12, shown, 'end'));
      right -= shown.length * 6.4 + 8;
    }
  });
  return marks;
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function dot(className, x, y, radius) {
  return svg('circle', { class: `timeline-dot ${className}`, cx: String(round(x)), cy: String(round(y)), r: String(radius) });
}

function line(className, x1, y1, x2, y2) {
  // Half a pixel: a sharp line of one.
  const sharp = (value) => String(Math.round(value) + 0.5);
  const isUpright = x1 === x2;
  return svg('line', {
    class: className, x1: isUpright ? sharp(x1) : String(x1), x2: isUpright ? sharp(x2) : String(x2), y1: isUpright ? String(y1) : sharp(y1), y2: isUpright ? String(y2) : sharp(y2),
  });
}

function label(className, x, y, content, anchor = 'start') {
  const element = svg('text', { class: className, x: String(round(x)), y: String(round(y)), 'text-anchor': anchor });
  element.textContent = content;
  return element;
}

function table(caption, titles, rows) {
  const element = html('table', { class: 'chart-table' });
  const head = html('caption');
  head.textContent = caption;
  const row = (cells, tag, scope) => {
    const tr = html('tr');
    cells.forEach((content, index) => {
      const isHead = tag === 'th' || index === 0;
      const cell = html(isHead ? 'th' : 'td', isHead ? { scope: tag === 'th' ? scope : 'row' } : {});
      cell.textContent = content;
      tr.append(cell);
    });
    return tr;
  };
  const thead = html('thead');
  thead.append(row(titles, 'th', 'col'));
  const tbody = html('tbody');
  tbody.append(...rows.map((cells) => row(cells, 'td')));
  element.append(head, thead, tbody);
  return element;
}

function svg(name, attributes = {}) {
  return withAttributes(document.createElementNS(SVG, name), attributes);
}

function html(name, attributes = {}) {
  return withAttributes(document.createElement(name), attributes);
}

function withAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

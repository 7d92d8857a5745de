import { formatClock } from './quantity.js';
import { ratesOf, samplesOf } from './rates.js';
import { nearest } from './scale.js';
import { cursorMarks, drawChart, PANELS, rangeOf, segmentsOf, svg } from './timeline_chart.js';
import { element, setText } from './views/element.js';

const TOO_EARLY = 'Nothing has been measured yet. The first values come after two seconds.';
const TOO_LATE = 'Nothing was measured while the page watched this connection.';

/** The throughput, round trips and states of a connection over the last ten minutes. */
export class Timeline {
  #svg;
  #marks;
  #cursor;
  #status;
  #slider;
  #empty;
  #table;
  #values;
  #data = { connection: null, reconnecting: null, samples: [], frames: [] };
  /** What was drawn last: scales and places, for the cursor. */
  #drawn = null;
  /** The time that the cursor was put at, or null. It follows no data. */
  #cursorTime = null;
  #frame = 0;

  constructor() {
    this.#status = element('p', { class: 'timeline-status' });
    this.#marks = svg('g');
    this.#cursor = svg('g');
    this.#svg = svg('svg', { 'aria-hidden': 'true' });
    this.#svg.append(this.#marks, this.#cursor);
    this.#slider = element(
      'div',
      {
        class: 'timeline-chart',
        role: 'slider',
        tabindex: '0',
        'aria-label': 'Time. Arrow keys move a cursor',
      },
      this.#svg,
    );
    this.#empty = element('p', { class: 'chart-empty', hidden: true });
    this.#values = element('div', {
      class: 'chart-scroll',
      tabindex: '0',
      role: 'region',
      'aria-label': 'Values',
    });
    this.#table = element(
      'details',
      { class: 'timeline-table' },
      element('summary', { text: 'As a table' }),
      this.#values,
    );
    this.element = element(
      'section',
      { class: 'timeline', 'aria-label': 'Timeline' },
      this.#status,
      this.#slider,
      this.#empty,
      this.#table,
    );

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
    if (!connection) {
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
    const segments = segmentsOf(states, range[0], until);
    // Frames say nothing of round trips and of what waits to be sent.
    const panels = PANELS.filter(
      ({ lines }) => !isFromFrames || lines.some(([field]) => rates.some((rate) => rate[field] !== null)),
    );
    const chart = drawChart({ rates, range, segments, panels, width });
    this.#svg.setAttribute('width', String(width));
    this.#svg.setAttribute('height', String(chart.height));
    this.#marks.replaceChildren(...chart.marks);
    this.#drawn = {
      ...chart,
      times: chart.rates.map(({ time }) => time),
      segments,
      subject,
      until,
      isFromFrames,
    };

    const isLive = connection.state === 'connecting' || connection.state === 'open';
    setText(this.#empty, isLive ? TOO_EARLY : TOO_LATE);
    this.#empty.hidden = chart.rates.length > 0;
    this.#drawCursor();
    this.#fillTable();
  }

  /** The labels have the values at the cursor, or the last ones. */
  #drawCursor() {
    const { rates, times } = this.#drawn;
    const index = this.#cursorTime === null || times.length === 0 ? null : nearest(times, this.#cursorTime);
    this.#cursor.replaceChildren(...cursorMarks(this.#drawn, index));
    this.#describe(index, rates[index ?? rates.length - 1]);
  }

  #describe(index, rate) {
    const { segments, subject, until, times, isFromFrames } = this.#drawn;
    const time = index === null ? until : times[index];
    const segment = segments.findLast(({ start }) => start <= time);
    const state = segment === undefined ? 'unknown' : segment.state;
    const cause = segment?.detail ? `: ${segment.detail}` : '';
    const since = segment && index === null ? ` since ${formatClock(segment.since)}` : '';
    const source = isFromFrames && index === null ? ' The values are those of the recorded frames.' : '';
    setText(this.#status, `${subject}: ${state}${since}${cause}.${source}`);

    const values =
      rate === undefined
        ? []
        : PANELS.flatMap(({ title, lines, format }) =>
            lines
              .filter(([field]) => rate[field] !== null)
              .map(([field, { name }]) =>
                `${title.toLowerCase()} ${name} ${format(rate[field])}`.replace('  ', ' '),
              ),
          );
    this.#slider.setAttribute('aria-valuemin', '0');
    this.#slider.setAttribute('aria-valuemax', String(Math.max(0, times.length - 1)));
    this.#slider.setAttribute('aria-valuenow', String(index ?? Math.max(0, times.length - 1)));
    this.#slider.setAttribute('aria-valuetext', [formatClock(time), state, ...values].join(', '));
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
    const index = this.#cursorTime === null || last < 0 ? null : nearest(times, this.#cursorTime);
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

  /** Makes the rows only while the table is open. */
  #fillTable() {
    if (!this.#table.open) {
      this.#values.replaceChildren();
      return;
    }
    const { rates, subject } = this.#drawn;
    const { states } = statesOf(this.#data.connection, this.#data.reconnecting);
    const stateRows = states.map(({ time, state, detail }) => [formatClock(time), state, detail ?? '']);
    const columns = PANELS.flatMap(({ title, lines, format }) =>
      lines.map(([field, { name }]) => ({ field, format, title: name === '' ? title : `${title}, ${name}` })),
    );
    const valueRows = rates
      .toReversed()
      .map((rate) => [
        formatClock(rate.time),
        ...columns.map(({ field, format }) => (rate[field] === null ? '' : format(rate[field]))),
      ]);
    const { scrollTop } = this.#values;
    this.#values.replaceChildren(
      table(`States of the ${subject.toLowerCase()}`, ['Time', 'State', 'Cause'], stateRows),
      table('Values, the newest first', ['Time', ...columns.map(({ title }) => title)], valueRows),
    );
    this.#values.scrollTop = scrollTop;
  }
}

/** The states to show, and whose they are. */
function statesOf(connection, reconnecting) {
  return reconnecting
    ? { states: reconnecting.states, subject: 'Reconnecting channel' }
    : { states: connection.states, subject: 'Connection' };
}

function table(caption, titles, rows) {
  return element(
    'table',
    { class: 'chart-table' },
    element('caption', { text: caption }),
    element('thead', {}, element('tr', {}, ...titles.map((text) => element('th', { scope: 'col', text })))),
    element(
      'tbody',
      {},
      ...rows.map(([first, ...others]) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row', text: first }),
          ...others.map((text) => element('td', { text })),
        ),
      ),
    ),
  );
}

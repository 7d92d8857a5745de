import { formatDuration } from './quantity.js';
import { durationTicks, linearScale } from './scale.js';

const KINDS = { lookup: 'Lookup', tcp: 'TCP', proxy: 'Proxy', tls: 'TLS', upgrade: 'Upgrade' };
/** A shorter time is not stretched further. */
const LEAST_SPAN = 1000;
/** The app's clock is not the page's: a step that has been running for longer than that is not believed. */
const LONGEST_RUN = 600_000_000;
const NARROW = 520;
/** More than the average, so that a note does fit. */
const CHARACTER_WIDTH = 7.4;
const NOTE_GAP = 6;

/** The steps of connecting as bars. */
export class Waterfall {
  #connection = null;
  #now = null;
  #frame = 0;
  #width = 0;

  constructor() {
    this.element = html('section', 'waterfall');
    this.element.setAttribute('aria-label', 'Steps of connecting');
    new ResizeObserver(([{ contentRect }]) => {
      if (Math.round(contentRect.width) !== this.#width) this.#schedule();
    }).observe(this.element);
  }

  /** Shows the steps of a connection, with the next animation frame. `now` is the app's time, if it is known. */
  update(connection, now = null) {
    this.#connection = connection;
    this.#now = now;
    this.#schedule();
  }

  #schedule() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const connection = this.#connection;
    if (!connection) {
      this.element.replaceChildren();
      return;
    }
    const { summary, state, rows, span } = layOut(connection, this.#now);
    const title = html('p', `waterfall-summary ${state}`, summary);
    if (rows.length === 0) {
      this.element.replaceChildren(title, html('p', 'chart-empty', 'No steps of connecting were recorded.'));
      return;
    }
    const table = html('table', 'waterfall-table');
    const caption = html('caption', 'visually-hidden', `Steps of connecting, over ${formatDuration(span)}`);
    // The columns of charts.css.
    const all = this.element.clientWidth;
    this.#width = all;
    const width = all - (all <= NARROW ? 124 + 60 : 240 + 84);
    const ticks = durationTicks(span, all <= NARROW ? 2 : 4);
    const body = html('tbody');
    body.append(
      ...rows.map((row, index) => {
        const isFirst = index > 0 && rows[index - 1].request !== row.request;
        return rowElement(row, isFirst, ticks, span, width);
      }),
    );
    table.append(caption, headElement(ticks, span), body);
    this.element.replaceChildren(title, table);
  }
}

/**
 * What is shown of a connection: the summary, the time from its first step to its end (`span`), and a row a
 * step. A row's `start` and `end` are microseconds from the first step; its `state` is "done", "failed",
 * "running" or "abandoned".
 */
export function layOut(connection, now = null) {
  const { steps, states } = connection;
  const open = states.find(({ state }) => state === 'open');
  const failed = states.find(({ state }) => state === 'failed' || state === 'closed');
  const outcome = open ?? failed ?? null;
  // An attempt that waits for its turn is connecting too, and has no step yet.
  const start = steps[0]?.start ?? states[0]?.time ?? 0;
  const known = [
    ...steps.flatMap((step) => [step.start, step.end ?? step.start]),
    outcome?.time ?? start,
  ].reduce((most, time) => Math.max(most, time), start);
  const isRunning = outcome === null && connection.state === 'connecting';
  const clock = now ?? Date.now() * 1000;
  const last = isRunning && clock > known && clock - known < LONGEST_RUN ? clock : known;

  const requests = requestsOf(steps);
  const rows = steps.map((step, index) => {
    const isLast = step.end === null && isRunning && isCurrent(steps, index);
    const state =
      step.error !== null ? 'failed' : step.end !== null ? 'done' : isLast ? 'running' : 'abandoned';
    const end = step.end ?? (isLast ? last : (abandonedAt(steps, requests, index) ?? outcome?.time ?? last));
    return {
      ...step,
      request: requests[index],
      state,
      start: step.start - start,
      end: Math.max(step.start, end) - start,
    };
  });

  const duration = formatDuration((outcome?.time ?? last) - start);
  const [summary, state] = open
    ? [`Open after ${duration}.`, 'open']
    : failed
      ? [
          `${failed.state === 'closed' ? 'Ended' : 'Failed'} after ${duration}${sentence(connection.error ?? failed.detail)}`,
          'failed',
        ]
      : isRunning
        ? [`Connecting for ${duration} so far.`, 'connecting']
        : [`${duration} in all.`, 'closed'];
  return { summary, state, rows, span: Math.max(LEAST_SPAN, last - start) };
}

/** The number of each step's request, from 1: an upgrade that redirects ends one. */
function requestsOf(steps) {
  let request = 1;
  return steps.map((_, index) => {
    if (index > 0 && steps[index - 1].kind === 'upgrade') request++;
    return request;
  });
}

/** Whether no other kind of step began after this one: then it may still run. */
function isCurrent(steps, index) {
  return steps.slice(index + 1).every(({ kind }) => kind === steps[index].kind);
}

/** A step without an end was given up when another of its kind was done, or the next kind began. Else null. */
function abandonedAt(steps, requests, index) {
  const { kind, start } = steps[index];
  const ends = steps
    .filter(
      (step, other) =>
        requests[other] === requests[index] &&
        step.kind === kind &&
        step.end !== null &&
        step.error === null &&
        step.end >= start,
    )
    .map(({ end }) => end);
  const next = steps.slice(index + 1).find((step) => step.kind !== kind);
  if (next) ends.push(next.start);
  return ends.length > 0 ? Math.min(...ends) : null;
}

function sentence(cause) {
  return cause ? `: ${cause}` : '.';
}

function headElement(ticks, span) {
  const head = html('thead');
  const row = html('tr');
  const time = html('th', 'waterfall-time');
  time.scope = 'col';
  const scale = html('div', 'waterfall-scale');
  const x = linearScale([0, span], 100);
  scale.append(
    ...ticks.map((tick) => {
      const mark = html('span', x(tick) > 88 ? 'at-end' : '', tick === 0 ? '0' : formatDuration(tick));
      mark.style.left = `${x(tick)}%`;
      return mark;
    }),
  );
  time.append(html('span', 'visually-hidden', 'Time and details'), scale);
  // The axis is a picture: its rows say the numbers.
  scale.setAttribute('aria-hidden', 'true');
  row.append(columnHead('Step'), time, columnHead('Duration', 'waterfall-duration'));
  head.append(row);
  return head;
}

function columnHead(content, className = '') {
  const element = html('th', className, content);
  element.scope = 'col';
  return element;
}

function rowElement({ kind, target, start, end, state, detail, error }, isFirst, ticks, span, width) {
  const row = html('tr', isFirst ? 'again' : '');
  const head = html('th', 'waterfall-step');
  head.scope = 'row';
  const step = html('div');
  step.append(
    html('span', 'waterfall-kind', KINDS[kind] ?? kind),
    ' ',
    breakable('waterfall-target', target),
  );
  head.append(step);

  const cell = html('td', 'waterfall-time');
  const x = linearScale([0, span], 100);
  const track = html('div', 'waterfall-track');
  for (const tick of ticks) {
    const grid = html('i', 'waterfall-grid');
    grid.style.left = `${x(tick)}%`;
    cell.append(grid);
  }
  const bar = html('i', `waterfall-bar ${state}`);
  bar.style.left = `${x(start)}%`;
  bar.style.width = `${x(end) - x(start)}%`;
  track.append(bar);
  track.title = `from ${formatDuration(start)} to ${formatDuration(end)}`;
  cell.append(track, html('span', 'visually-hidden', `starts at ${formatDuration(start)}`));
  const note =
    error ??
    (state === 'running' ? 'running' : state === 'abandoned' ? withDetail('given up', detail) : detail);
  if (note !== '') cell.append(' ', noteElement(note, error !== null, x(start), x(end), width));

  row.append(head, cell, html('td', 'waterfall-duration', formatDuration(end - start)));
  return row;
}

/** A note stands beside its bar where it fits, else below. `start` and `end` of the bar are percents. */
function noteElement(note, isError, start, end, width) {
  const element = html('span', `waterfall-note${isError ? ' error' : ''}`, note);
  const needed = note.length * CHARACTER_WIDTH + 2 * NOTE_GAP;
  if (needed <= ((100 - end) / 100) * width) {
    element.classList.add('beside');
    element.style.left = `calc(${end}% + ${NOTE_GAP}px)`;
  } else if (needed <= (start / 100) * width) {
    element.classList.add('beside');
    element.style.right = `calc(${100 - start}% + ${NOTE_GAP}px)`;
  }
  return element;
}

/** A text that may break behind dots and colons. */
function breakable(className, content) {
  const element = html('span', className);
  for (const part of content.split(/(?<=[.:])/)) element.append(part, document.createElement('wbr'));
  return element;
}

function withDetail(note, detail) {
  return detail === '' ? note : `${note}, ${detail}`;
}

function html(name, className = '', content = null) {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  if (content !== null) element.textContent = content;
  return element;
}

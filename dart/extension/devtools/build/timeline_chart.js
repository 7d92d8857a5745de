import { formatByteRate, formatBytes, formatClock, formatDuration, formatRate } from './quantity.js';
import { clockTicks, linearScale, niceMaximum, spread } from './scale.js';

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
export const PANELS = [
  {
    title: 'Throughput',
    lines: [
      ['sentBytes', SENT],
      ['receivedBytes', RECEIVED],
    ],
    format: formatByteRate,
    least: 100,
    none: '',
  },
  {
    title: 'Messages',
    lines: [
      ['sentMessages', SENT],
      ['receivedMessages', RECEIVED],
    ],
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
    none: 'None yet. Pings need a pingInterval without messages.',
  },
  {
    title: 'Buffered to send',
    lines: [['bufferedAmount', { name: '', className: 'plain' }]],
    format: formatBytes,
    least: 1000,
    none: '',
  },
];

/** The times that the chart is from and to, and `until` when something is known. */
export function rangeOf(rates, samples, states) {
  const times = [...samples, ...rates, ...states].map(({ time }) => time);
  if (times.length === 0) return { range: [0, LEAST_SPAN], until: 0 };
  const until = times.reduce((most, time) => Math.max(most, time));
  const earliest = states[0]?.time ?? until;
  const measured = rates[0]?.start ?? until;
  // What was measured has the width. Older states are cut, unless they are just before it.
  const start =
    rates.length === 0 || measured - earliest < LEAST_SPAN ? Math.min(earliest, measured) : measured;
  const first = Math.max(start, until - LONGEST_SPAN);
  return { range: [first, Math.max(until, first + LEAST_SPAN)], until };
}

/** The states as pieces of the chart: {state, detail, start, end, since}. */
export function segmentsOf(states, from, until) {
  return states
    .map(({ state, detail, time }, index) => ({
      state,
      detail: detail ?? '',
      since: time,
      start: Math.max(from, time),
      end: Math.min(until, states[index + 1]?.time ?? until),
    }))
    .filter(({ start, end }, index, all) => end > start || (index === all.length - 1 && start === end));
}

/**
 * The chart of some rates and states, `width` pixels wide: its `marks` (elements), their `height`, and where
 * they are, for the cursor.
 */
export function drawChart({ rates: allRates, range, segments, panels, width }) {
  const hasLabels = width >= NARROW;
  // A narrow one leaves room for the last dot.
  const plotWidth = Math.max(1, width - (hasLabels ? LABEL_WIDTH : 4));
  const x = linearScale(range, plotWidth);
  const rates = allRates.filter(({ time }) => time >= range[0]);
  const marks = bandMarks(segments, x, TOP, plotWidth);
  const places = [];
  let bottom = TOP + BAND_HEIGHT;
  if (rates.length > 0) {
    for (const panel of panels) {
      const place = placePanel(panel, rates, bottom + PANEL_GAP);
      places.push(place);
      marks.push(...panelMarks(place, rates, x, plotWidth, hasLabels));
      bottom = place.bottom;
    }
  }
  marks.unshift(...axisMarks(range, x, plotWidth, TOP + BAND_HEIGHT, bottom));
  return { marks, height: bottom + AXIS_HEIGHT, x, range, rates, places, bottom, plotWidth, hasLabels };
}

/** The line at the rate number `index`, and its values; those of the last rate without a line for null. */
export function cursorMarks({ x, rates, places, bottom, plotWidth, hasLabels }, index) {
  if (rates.length === 0) return [];
  const marks = [];
  const at = index ?? rates.length - 1;
  const place = index === null ? null : x(rates[index].time);
  if (place !== null) {
    marks.push(line('timeline-cursor', place, TOP, place, bottom));
    const isAtEnd = place > plotWidth - CLOCK_WIDTH;
    const clock = formatClock(rates[index].time);
    marks.push(
      isAtEnd
        ? label('timeline-clock', place - 4, bottom + 14, clock, 'end')
        : label('timeline-clock', place + 4, bottom + 14, clock),
    );
  }
  for (const panel of places) marks.push(...valueMarks(panel, rates, at, place, x, plotWidth, hasLabels));
  return marks;
}

function bandMarks(segments, x, y, plotWidth) {
  return segments.flatMap(({ state, start, end }) => {
    const left = x(start);
    const width = Math.max(1.5, x(end) - left);
    const marks = [
      svg('rect', {
        class: `timeline-state state-${state}`,
        x: String(Math.min(left, plotWidth - 1.5)),
        y: String(y),
        width: String(width),
        height: String(BAND_HEIGHT),
      }),
    ];
    if (width > state.length * 6.5 + 12)
      marks.push(label(`timeline-state-name state-${state}`, left + 6, y + 13, state));
    return marks;
  });
}

function axisMarks(range, x, plotWidth, top, bottom) {
  const marks = [line('timeline-axis', 0, bottom, plotWidth, bottom)];
  for (const tick of clockTicks(range, Math.max(2, Math.floor(plotWidth / 90)))) {
    const place = x(tick);
    marks.push(line('timeline-grid', place, top, place, bottom));
    if (place <= plotWidth - CLOCK_WIDTH)
      marks.push(label('timeline-tick', place + 3, bottom + 14, formatClock(tick)));
  }
  return marks;
}

function placePanel(panel, rates, top) {
  const values = panel.lines.flatMap(([field]) =>
    rates.map((rate) => rate[field]).filter((value) => value !== null),
  );
  const maximum = niceMaximum(
    values.reduce((most, value) => Math.max(most, value), 0),
    panel.least,
  );
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
  marks.push(
    line('timeline-grid', 0, y(maximum), plotWidth, y(maximum)),
    line('timeline-axis', 0, bottom, plotWidth, bottom),
  );
  for (const [field, { className }] of panel.lines) {
    const known = rates.filter((rate) => rate[field] !== null);
    if (known.length === 0) continue;
    const points = panel.hasDots
      ? known.map((rate) => [x(rate.time), y(rate[field])])
      : [[x(known[0].start), y(known[0][field])], ...known.map((rate) => [x(rate.time), y(rate[field])])];
    const path = points
      .map(([left, place], index) => `${index === 0 ? 'M' : 'L'}${round(left)} ${round(place)}`)
      .join('');
    if (!panel.hasDots) {
      marks.push(
        svg('path', {
          class: `timeline-area ${className}`,
          d: `${path}L${round(points.at(-1)[0])} ${bottom}L${round(points[0][0])} ${bottom}Z`,
        }),
      );
    }
    marks.push(svg('path', { class: `timeline-line ${className}`, d: path }));
    if (panel.hasDots && points.length <= plotWidth / 8)
      marks.push(...points.map(([left, place]) => dot(className, left, place, 1.75)));
  }
  marks.push(
    hasLabels
      ? label('timeline-tick', plotWidth - 2, y(maximum) - 4, panel.format(maximum), 'end')
      : label('timeline-tick within', 2, y(maximum) + 11, panel.format(maximum)),
  );
  return marks;
}

/** The dots and labels of the values of one rate. */
function valueMarks({ panel, top, bottom, isEmpty, y }, rates, at, cursor, x, plotWidth, hasLabels) {
  if (isEmpty) return [];
  const marks = [];
  const values = panel.lines
    .map(([field, { name, className }]) => {
      // Pings are rare: the last answer before it counts.
      const rate = panel.hasDots ? rates.slice(0, at + 1).findLast((it) => it[field] !== null) : rates[at];
      return { value: rate?.[field] ?? null, time: rate?.time, name, className };
    })
    .filter(({ value }) => value !== null);
  const places = spread(
    values.map(({ value }) => y(value) + 4),
    LABEL_HEIGHT,
    top + TITLE_HEIGHT + 4,
    bottom,
  );
  let right = plotWidth;
  values.toReversed().forEach(({ value, time, name, className }, reversed) => {
    const index = values.length - 1 - reversed;
    marks.push(dot(className, cursor !== null && !panel.hasDots ? cursor : x(time), y(value), 2.5));
    const shown = name === '' ? panel.format(value) : `${panel.format(value)} ${name}`;
    if (hasLabels) {
      // Beside the end of the line; with a cursor they stay out of its way.
      marks.push(
        label(
          `timeline-value ${className}`,
          (cursor === null ? x(rates.at(-1).time) : plotWidth) + 8,
          places[index],
          shown,
        ),
      );
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
  return svg('circle', {
    class: `timeline-dot ${className}`,
    cx: String(round(x)),
    cy: String(round(y)),
    r: String(radius),
  });
}

function line(className, x1, y1, x2, y2) {
  // Half a pixel: a sharp line of one.
  const sharp = (value) => String(Math.round(value) + 0.5);
  const isUpright = x1 === x2;
  return svg('line', {
    class: className,
    x1: isUpright ? sharp(x1) : String(x1),
    x2: isUpright ? sharp(x2) : String(x2),
    y1: isUpright ? String(y1) : sharp(y1),
    y2: isUpright ? String(y2) : sharp(y2),
  });
}

function label(className, x, y, content, anchor = 'start') {
  const element = svg('text', {
    class: className,
    x: String(round(x)),
    y: String(round(y)),
    'text-anchor': anchor,
  });
  element.textContent = content;
  return element;
}

/** An SVG element. */
export function svg(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}

// From values to places in a chart, and where its lines and labels are.

/** Maps `from` to 0 … `length`, linearly. An empty range maps to 0. */
export function linearScale([start, end], length) {
  const span = end - start;
  return (value) => (span > 0 ? ((value - start) / span) * length : 0);
}

/** The end of an axis from 0: a round number that is not below `value`, and at least `least`. */
export function niceMaximum(value, least = 1) {
  return roundUp(Math.max(value, least), [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]);
}

/** Round values from 0 to `end`, at most `count` behind 0. */
export function durationTicks(end, count) {
  if (!(end > 0) || count < 1) return [0];
  const step = roundUp(end / count, [1, 2, 2.5, 5, 10]);
  const ticks = [];
  for (let index = 0; index * step <= end * (1 + 1e-9); index++) ticks.push(index * step);
  return ticks;
}

/** The least of `factors` times a power of ten that holds `value`. The last factor is 10. */
function roundUp(value, factors) {
  const power = 10 ** Math.floor(Math.log10(value));
  // Not quite: 3 * 0.1 is more than 0.3.
  return (factors.find((factor) => factor * power >= value * (1 - 1e-9)) ?? 10) * power;
}

const SECOND = 1_000_000;
const CLOCK_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
].map((it) => it * SECOND);

/** Round times of the clock within a range of microseconds since 1970: at most `count`. */
export function clockTicks([start, end], count) {
  if (!(end > start) || count < 1) return [];
  const step =
    CLOCK_STEPS.find((it) => (end - start) / it <= count) ??
    Math.ceil((end - start) / count / CLOCK_STEPS.at(-1)) * CLOCK_STEPS.at(-1);
  // Whole hours of the local clock: half an hour's offset matters from a step of an hour on.
  const offset = new Date(start / 1000).getTimezoneOffset() * 60 * SECOND;
  const ticks = [];
  for (let tick = Math.ceil((start - offset) / step) * step + offset; tick <= end; tick += step)
    ticks.push(tick);
  return ticks.slice(0, count);
}

/** Moves labels apart: `gap` between them, within `start` … `end` as far as they fit. The order is kept. */
export function spread(places, gap, start, end) {
  const order = places.map((place, index) => ({ place, index })).sort((a, b) => a.place - b.place);
  let least = start;
  for (const it of order) {
    it.place = Math.max(it.place, least);
    least = it.place + gap;
  }
  let most = end;
  for (const it of order.toReversed()) {
    it.place = Math.min(it.place, most);
    most = it.place - gap;
  }
  const result = [];
  for (const { place, index } of order) result[index] = place;
  return result;
}

/** The index of the element of an ascending list that is nearest to `value`; -1 for an empty list. */
export function nearest(values, value) {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && value - values[low - 1] <= values[low] - value) return low - 1;
  return values.length === 0 ? -1 : low;
}

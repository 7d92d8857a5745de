// Numbers as people read them, with a no-break space before the unit.

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** Three digits at most, no zeros behind the point: 1.25, 12.5, 125, 1250. */
function digits(value) {
  const places = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return String(Number(value.toFixed(places)));
}

/** "512 B", "1.25 kB": decimal units, as networks have them. */
export function formatBytes(value) {
  let unit = 0;
  let rest = value;
  // 999.9 would be rounded to 1000.
  while (rest >= 999.5 && unit < BYTE_UNITS.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(rest) : digits(rest)}\u00a0${BYTE_UNITS[unit]}`;
}

/** "1.25 kB/s" */
export function formatByteRate(value) {
  return `${formatBytes(value)}/s`;
}

/** "12/s", "0.5/s" */
export function formatRate(value) {
  return `${value >= 1000 ? Math.round(value).toLocaleString('en-US') : digits(value)}/s`;
}

/** A duration in microseconds: "250 µs", "1.25 ms", "12.5 s", "2 min 5 s", "3 h 12 min". */
export function formatDuration(value) {
  if (value < 999.5) return `${Math.round(value)}\u00a0µs`;
  if (value < 999_500) return `${digits(value / 1000)}\u00a0ms`;
  if (value < 59_950_000) return `${digits(value / 1e6)}\u00a0s`;
  const seconds = Math.round(value / 1e6);
  const [big, bigUnit, small, smallUnit] =
    seconds < 3600
      ? [Math.floor(seconds / 60), 'min', seconds % 60, 's']
      : [Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'min'];
  const first = `${big}\u00a0${bigUnit}`;
  return small === 0 ? first : `${first} ${small}\u00a0${smallUnit}`;
}

/** A time in microseconds since 1970, as the clock here shows it: "14:03:22". */
export function formatClock(value) {
  const date = new Date(value / 1000);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((it) => String(it).padStart(2, '0'))
    .join(':');
}

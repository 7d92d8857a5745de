const COUNT = new Intl.NumberFormat('en-US');

/** "1,234" */
export function formatCount(count) {
  return COUNT.format(count);
}

/** "1,234 frames", "1 frame" */
export function formatPlural(count, noun) {
  return `${COUNT.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** "12 B", "1.5 KiB", "64 MiB" */
export function formatBytes(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes;
  let unit = 'B';
  for (const next of ['KiB', 'MiB', 'GiB', 'TiB']) {
    if (value < 1023.95) break;
    value /= 1024;
    unit = next;
  }
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${unit}`;
}

/** "250 µs", "1.25 ms", "3.1 s", "2 min 5 s", of microseconds */
export function formatDuration(microseconds) {
  if (microseconds < 1000) return `${Math.round(microseconds)} µs`;
  if (microseconds < 1e6) return `${shorten(microseconds / 1e3)} ms`;
  if (microseconds < 60e6) return `${shorten(microseconds / 1e6)} s`;
  const seconds = Math.round(microseconds / 1e6);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** "14:03:07.123456" in the local time zone, of microseconds since 1970 */
export function formatTime(microseconds) {
  const date = new Date(microseconds / 1000);
  const pad = (value, width = 2) => String(value).padStart(width, '0');
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.` +
    pad(microseconds % 1e6, 6);
}

/** "2026-11-28 14:03:07.123456" in the local time zone */
export function formatDateTime(microseconds) {
  const date = new Date(microseconds / 1000);
  const pad = (value) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ` +
    formatTime(microseconds);
}

function shorten(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

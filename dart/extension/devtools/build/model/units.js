const COUNT = new Intl.NumberFormat('en-US');

/** "1,234" */
export function formatCount(count) {
  return COUNT.format(count);
}

/** "1,234 frames", "1 frame" */
export function formatPlural(count, noun) {
  return `${COUNT.format(count)} ${noun}${count === 1 ? '' : 's'}`;
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

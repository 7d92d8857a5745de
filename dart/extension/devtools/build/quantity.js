import { formatBytes, formatDuration, formatTime } from './model/units.js';

/** "512 B/s", "1.5 KiB/s" */
export function formatByteRate(value) {
  return `${formatBytes(Math.round(value))}/s`;
}

/** "12/s", "0.5/s" */
export function formatRate(value) {
  if (value >= 1000) return `${Math.round(value).toLocaleString('en-US')}/s`;
  return `${Number(value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2))}/s`;
}

/** A round duration on an axis: "0", "50 ms", "2.5 s" */
export function formatTick(microseconds) {
  return microseconds === 0 ? '0' : formatDuration(microseconds).replace(/(\.\d*?)0+ /, '$1 ').replace('. ', ' ');
}

/** "14:03:22" in the local time zone, of microseconds since 1970 */
export function formatClock(microseconds) {
  return formatTime(microseconds).slice(0, 8);
}

import { toHex } from './payload.js';

/** Lines of a hex dump: offset, 16 bytes, and their ASCII characters. */
export function hexLines(bytes, start = 0, end = bytes.length) {
  const lines = [];
  for (let at = start; at < end; at += 16) {
    const row = bytes.subarray(at, Math.min(at + 16, end));
    const left = toHex(row.subarray(0, 8), ' ');
    const right = toHex(row.subarray(8), ' ');
    const ascii = String.fromCharCode(...row.map((byte) => (byte >= 0x20 && byte < 0x7f ? byte : 0x2e)));
    lines.push(`${at.toString(16).padStart(8, '0')}  ${left.padEnd(23)}  ${right.padEnd(23)}  ${ascii}`);
  }
  return lines;
}

/** The bytes of a text of hex digits, white space and colons not regarded. Null if it is none. */
export function parseHex(text) {
  const digits = text.replace(/0x|[\s:,]/gi, '');
  if (digits.length % 2 !== 0 || !/^[\da-f]*$/i.test(digits)) return null;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

import { InvalidCapture, MAX_FILE_LENGTH } from './capture.js';
import { fromHar } from './har.js';
import { fromJsonLines } from './json_lines.js';

/** The capture of a file's text, of either format. Throws InvalidCapture. */
export function openCaptureFile(file) {
  if (file.length > MAX_FILE_LENGTH) throw new InvalidCapture('The file is too long.');
  if (/^\s*\{\s*"type"\s*:\s*"Capture"/.test(file.slice(0, 1000))) return fromJsonLines(file);
  let har;
  try {
    har = JSON.parse(file);
  } catch (error) {
    throw new InvalidCapture(
      `The file is neither an export of the inspector nor a HAR file: ${String(error.message).slice(0, 200)}`,
    );
  }
  return fromHar(har);
}

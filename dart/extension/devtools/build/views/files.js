import { InvalidCapture, MAX_FILE_LENGTH, captureTooLong } from '../capture.js';
import { openCaptureFile } from '../capture_file.js';
import { toHar } from '../har.js';
import { toJsonLines } from '../json_lines.js';
import { Recording } from '../model/recording.js';
import { element, icon, ICONS } from './element.js';

/** Opens files, chosen or dropped, and saves what is shown. */
export class Files {
  #input = element('input', {
    type: 'file', accept: '.har,.jsonl,.ndjson,.json', hidden: true, onchange: () => this.#openChosen(),
  });
  #exports;
  #isExporting = false;
  #onOpen;
  #onError;
  #getRecording;

  /** `onOpen` gets the recording of a file, `onError` a sentence; `getRecording` resolves to what is to be saved. */
  constructor({ onOpen, onError, getRecording }) {
    this.#onOpen = onOpen;
    this.#onError = onError;
    this.#getRecording = getRecording;
    this.#exports = [
      this.#exportButton('HAR', 'Save everything as a HAR file, which other tools can open', 'har',
        (capture) => JSON.stringify(toHar(capture))),
      this.#exportButton('JSON Lines', 'Save everything as JSON Lines, one frame a line', 'jsonl', toJsonLines),
    ];
    this.element = element('div', { class: 'bar-actions' },
      element('button', {
        type: 'button', class: 'with-icon', title: 'Open a HAR or JSON Lines file', onclick: () => this.choose(),
      }, icon(ICONS.open), 'Open file'),
      ...this.#exports, this.#input);
  }

  /** Asks for a file. */
  choose() {
    this.#input.click();
  }

  /** Whether there is anything to save. */
  setExportable(isExportable) {
    for (const button of this.#exports) button.disabled = !isExportable;
  }

  /** Opens files that are dropped on the page. */
  listenForDrops() {
    const hasFiles = (event) => event.dataTransfer.types.includes('Files');
    document.addEventListener('dragover', (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      document.body.classList.add('dropping');
    });
    document.addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) document.body.classList.remove('dropping');
    });
    document.addEventListener('drop', (event) => {
      document.body.classList.remove('dropping');
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer.files.length > 0) this.#open(event.dataTransfer.files[0]);
    });
  }

  #openChosen() {
    const [file] = this.#input.files;
    // Else the same file could not be chosen again.
    this.#input.value = '';
    if (file) this.#open(file);
  }

  async #open(file) {
    let recording;
    try {
      // A code unit takes at most three bytes. A longer file is not even read.
      if (file.size > 3 * MAX_FILE_LENGTH) throw new InvalidCapture('The file is too long.');
      recording = Recording.fromCapture(openCaptureFile(await file.text()), file.name);
    } catch (error) {
      this.#onError(`${file.name} can't be opened. ${error.message}`);
      return;
    }
    this.#onOpen(recording);
  }

  #exportButton(text, title, extension, convert) {
    return element('button', {
      type: 'button', class: 'with-icon', title, 'aria-label': `Export ${text}`,
      onclick: () => this.#export(extension, convert),
    }, icon(ICONS.save), text);
  }

  async #export(extension, convert) {
    if (this.#isExporting) return;
    this.#isExporting = true;
    let text;
    try {
      text = convert((await this.#getRecording()).toCapture());
      if (text.length > MAX_FILE_LENGTH) throw captureTooLong();
    } catch (error) {
      // A text of more than half a gigabyte can't even be made.
      const { message } = error instanceof RangeError ? captureTooLong() : error;
      this.#onError(`The export failed. ${message}`);
      return;
    } finally {
      this.#isExporting = false;
    }
    const type = extension === 'har' ? 'application/json' : 'application/x-ndjson';
    const url = URL.createObjectURL(new Blob([text], { type }));
    const stamp = new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-');
    element('a', { href: url, download: `websockets-${stamp}.${extension}` }).click();
    // The browser reads the blob after the click.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}

import { openCaptureFile } from './capture_file.js';
import { connectToDevTools } from './devtools.js';
import { toHar } from './har.js';
import { toJsonLines } from './json_lines.js';
import { addressOfPage, InvalidAddress, parseAddress } from './model/address.js';
import { VERSION } from './model/isolate.js';
import { isEnded, Recording } from './model/recording.js';
import { Session } from './model/session.js';
import { formatPlural } from './model/units.js';
import { Theme } from './theme.js';
import { Timeline } from './timeline.js';
import { AddressForm } from './views/address_form.js';
import { ConnectionList, stateOf } from './views/connection_list.js';
import { DetailsView } from './views/details_view.js';
import { element, icon, ICONS, setAttribute, setText } from './views/element.js';
import { FramesPanel } from './views/frames_panel.js';
import { Notices } from './views/notices.js';
import { Tabs } from './views/tabs.js';
import { Waterfall } from './waterfall.js';

/** The page: it connects a session's recording, or a file's, with the views. */
class Page {
  #theme = new Theme();
  #devTools = null;
  #session = null;
  #recording = new Recording();
  #file = null;
  #shownKey = null;
  #isChosen = false;
  #address = null;
  #isAsking = false;
  #message = null;
  #isScheduled = false;
  #needsData = true;

  #list = new ConnectionList({
    onSelect: (key, isEntered) => this.#select(key, isEntered),
    onRemoveLost: () => {
      this.#recording.removeLost();
      this.#changed();
    },
  });
  #notices = new Notices();
  #frames = new FramesPanel({
    needsDraw: () => this.#schedule(),
    onSettings: (settings) => this.#session?.configure(settings),
    onCopy: (text) => this.#copy(text),
    onSend: (message) => this.#send(message),
  });
  #details = new DetailsView();
  #waterfall = new Waterfall();
  #timeline = new Timeline();
  #tabs;
  #form = new AddressForm({
    onSubmit: (address) => this.#enterAddress(address),
    onOpenFile: () => this.#fileInput.click(),
  });
  #fileInput = element('input', {
    type: 'file', accept: '.har,.jsonl,.ndjson,.json', hidden: true, onchange: () => this.#openChosenFile(),
  });
  #status = element('span', { class: 'service', role: 'status' });
  #workspace = element('div', { class: 'workspace' });
  #content = element('section', { class: 'content', 'aria-label': 'Connection' });
  #heading = element('h2', { class: 'url' });
  #chip = element('span', { class: 'chip' });
  #facts = element('span', { class: 'heading-facts' });
  #exports = [];

  start() {
    this.#build();
    this.#devTools = connectToDevTools({
      onServiceUri: (uri) => this.#setDevToolsAddress(uri),
      onTheme: (theme) => this.#theme.set(theme),
      onForceReload: () => location.reload(),
    });
    document.documentElement.classList.toggle('embedded', this.#devTools !== null);
    if (this.#devTools === null) this.#connectToPageAddress();
    addEventListener('hashchange', () => this.#connectToPageAddress());
    this.#schedule();
  }

  #build() {
    this.#tabs = new Tabs([
      { id: 'frames', title: 'Frames', element: this.#frames.element },
      { id: 'details', title: 'Details', element: this.#details.element, scrolls: true },
      { id: 'connecting', title: 'Connecting', element: this.#waterfall.element, scrolls: true },
      { id: 'timeline', title: 'Timeline', element: this.#timeline.element, scrolls: true },
    ], () => this.#changed());
    this.#content.append(
      element('header', { class: 'heading' },
        element('button', {
          type: 'button', class: 'icon-button back', 'aria-label': 'Back to the list', title: 'Back to the list',
          onclick: () => this.#showPane('list'),
        }, icon(ICONS.back)),
        this.#chip, this.#heading, this.#facts, this.#tabs.list),
      ...this.#tabs.panels);
    this.#workspace.append(this.#list.element, this.#content);
    this.#exports = [
      this.#exportButton('HAR', 'Save everything as a HAR file, which other tools can open', 'har',
        (capture) => JSON.stringify(toHar(capture))),
      this.#exportButton('JSON Lines', 'Save everything as JSON Lines, one frame a line', 'jsonl', toJsonLines),
    ];
    document.body.append(
      element('header', { class: 'bar' },
        element('h1', { text: 'WebSocket inspector' }), this.#status,
        element('div', { class: 'bar-actions' },
          element('button', {
            type: 'button', class: 'with-icon', title: 'Open a HAR or JSON Lines file',
            onclick: () => this.#fileInput.click(),
          }, icon(ICONS.open), 'Open file'),
          ...this.#exports)),
      this.#notices.element, element('main', {}, this.#form.element, this.#workspace), this.#fileInput);
    document.addEventListener('keydown', (event) => this.#handleKey(event));
    document.addEventListener('dragover', (event) => {
      if (!event.dataTransfer.types.includes('Files')) return;
      event.preventDefault();
      document.body.classList.add('dropping');
    });
    document.addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) document.body.classList.remove('dropping');
    });
    document.addEventListener('drop', (event) => {
      document.body.classList.remove('dropping');
      if (!event.dataTransfer.types.includes('Files')) return;
      event.preventDefault();
      if (event.dataTransfer.files.length > 0) this.#openFile(event.dataTransfer.files[0]);
    });
    this.#showPane('list');
  }

  #exportButton(text, title, extension, convert) {
    return element('button', {
      type: 'button', class: 'with-icon', title, 'aria-label': `Export ${text}`, onclick: () => this.#export(extension, convert),
    }, icon(ICONS.save), text);
  }

  // Addresses and sessions

  #connectToPageAddress() {
    const address = addressOfPage(location);
    if (address === null) {
      this.#isAsking = this.#session === null;
      this.#changed();
    } else {
      this.#connect(address);
    }
  }

  #setDevToolsAddress(uri) {
    if (uri !== null) {
      if (uri !== this.#address || this.#session === null || this.#session.state !== 'connected') this.#connect(uri);
      return;
    }
    this.#session?.stop();
    this.#changed();
  }

  // The address goes into the page's own, so that a reload comes back to the same app.
  #enterAddress(address) {
    const url = new URL(location.href);
    url.searchParams.delete('uri');
    url.hash = new URLSearchParams({ uri: address }).toString();
    history.replaceState(null, '', url);
    this.#connect(address);
  }

  #connect(text) {
    let address;
    try {
      address = parseAddress(text);
    } catch (error) {
      if (!(error instanceof InvalidAddress)) throw error;
      this.#isAsking = true;
      this.#changed();
      this.#form.show(true, text);
      this.#form.setError(error.message);
      return;
    }
    this.#stopSession();
    this.#isAsking = false;
    this.#address = text;
    const session = new Session(address, this.#recording);
    this.#session = session;
    session.onChange = (change) => {
      if (session !== this.#session) return;
      if (change === 'frames') this.#schedule();
      else this.#changed();
    };
    session.configure(this.#frames.settings);
    session.show(this.#file === null ? this.#shownKey : null);
    session.start();
    this.#changed();
  }

  #stopSession() {
    if (this.#session === null) return;
    this.#session.onChange = () => {};
    this.#session.stop();
  }

  #ask() {
    this.#isAsking = true;
    this.#changed();
    this.#form.show(true, this.#address);
  }

  #reconnect() {
    if (this.#devTools !== null && this.#session?.state === 'ended') this.#devTools.requestServiceUri?.();
    if (this.#address !== null) this.#connect(this.#address);
  }

  // What is shown

  /** The recording on the screen: a file's, or the app's. */
  get #shown() {
    return this.#file ?? this.#recording;
  }

  #select(key, isEntered = false) {
    this.#isChosen = true;
    this.#show(key);
    if (isEntered) this.#showPane('content');
  }

  #show(key) {
    if (key === this.#shownKey) return;
    this.#shownKey = key;
    if (this.#file === null) this.#session?.show(key);
    this.#changed();
  }

  // Without a choice by the person, the newest open connection is shown.
  #selectFirst() {
    const { connections } = this.#shown;
    const shown = connections.get(this.#shownKey);
    const all = [...connections.values()];
    const open = all.findLast(({ state, isLost }) => state === 'open' && !isLost);
    if (shown && (this.#isChosen || !shown.isLost || !open)) return;
    this.#isChosen = false;
    this.#show((open ?? all.at(-1))?.key ?? null);
  }

  #showPane(pane) {
    const isChange = document.body.dataset.pane !== undefined && document.body.dataset.pane !== pane;
    document.body.dataset.pane = pane;
    if (isChange && pane === 'list') this.#list.focus();
    if (isChange && pane === 'content') this.#tabs.focus();
  }

  #changed() {
    this.#needsData = true;
    this.#schedule();
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#draw();
    });
  }

  #draw() {
    if (this.#needsData) {
      this.#needsData = false;
      this.#selectFirst();
      this.#drawData();
    }
    if (this.#tabs.selected === 'frames' && !this.#content.hidden && this.#frames.draw()) this.#schedule();
  }

  #drawData() {
    const recording = this.#shown;
    const connection = recording.connections.get(this.#shownKey);
    const isolate = this.#file === null && connection ? this.#session?.isolateOf(connection.key) : undefined;
    const isolates = new Set([...recording.connections.values()].map((other) => other.key.replace(/\/[^/]*$/, '')));
    this.#form.show(this.#isAsking);
    this.#workspace.hidden = this.#isAsking;
    this.#notices.update(this.#noticesNow(connection));
    setText(this.#status, this.#statusText());
    this.#list.update({
      recording,
      selected: this.#shownKey,
      hasIsolates: isolates.size > 1,
      notes: this.#file !== null ? [] : this.#listNotes(),
      emptyText: this.#emptyText(),
    });
    for (const button of this.#exports) button.disabled = recording.connections.size === 0;
    this.#content.hidden = connection === undefined;
    document.title = connection ? `${connection.url} – WebSocket inspector` : 'WebSocket inspector';
    if (connection) this.#drawConnection(recording, connection, isolate);
  }

  #drawConnection(recording, connection, isolate) {
    const state = stateOf(connection);
    setText(this.#chip, state);
    setAttribute(this.#chip, 'data-state', state);
    setText(this.#heading, connection.url);
    setAttribute(this.#heading, 'title', connection.url);
    setText(this.#facts, factsOf(connection));
    const reconnecting = recording.reconnecting.get(connection.reconnectingKey) ?? null;
    this.#frames.show({
      connection,
      store: recording.store(connection.key),
      canSend: isolate?.allowsSending === true && isolate.state === 'live' && connection.state === 'open' && !connection.isLost,
      isFile: this.#file !== null,
      emptyText: connection.state === 'failed' ? 'The connection was not made, so there are no frames. “Connecting” shows why.'
        : isEnded(connection) || connection.isLost || this.#file !== null ? 'No frames were recorded.' : 'No frames yet.',
    });
    switch (this.#tabs.selected) {
      case 'details':
        this.#details.update({ connection, reconnecting, isolate, isFile: this.#file !== null });
        break;
      case 'connecting':
        this.#waterfall.update(connection);
        break;
      case 'timeline':
        this.#timeline.update({
          connection, reconnecting, samples: recording.samples(connection.key), frames: recording.store(connection.key).frames(),
        });
        break;
    }
  }

  #statusText() {
    if (this.#file !== null) return this.#file.fileName;
    if (this.#session === null) return '';
    return {
      connecting: 'Connecting…', connected: 'Connected', failed: 'Not connected', ended: 'App ended',
    }[this.#session.state];
  }

  #listNotes() {
    const sum = (name) => [...this.#session?.isolates.values() ?? []].reduce((total, isolate) => total + isolate[name], 0);
    const notes = [];
    if (sum('omitted') > 0) notes.push(`${formatPlural(sum('omitted'), 'older connection')} not listed: there are too many.`);
    if (sum('forgotten') > 0) notes.push(`${formatPlural(sum('forgotten'), 'ended connection')} no longer kept by the app.`);
    return notes;
  }

  #emptyText() {
    if (this.#file !== null) return 'The file has no connections.';
    switch (this.#session?.state) {
      case 'connected':
        return 'No connection yet. They appear here as soon as the app makes one with rust_web_socket, in debug or profile mode.';
      case 'connecting':
        return 'Connecting to the app…';
      default:
        return 'Nothing was recorded.';
    }
  }

  #noticesNow(connection) {
    const notices = [];
    if (this.#message !== null) notices.push(this.#message);
    if (this.#file !== null) {
      notices.push({
        id: 'file',
        kind: 'info',
        text: `This is the file ${this.#file.fileName}, not a live app.`,
        actions: [{ text: 'Close the file', run: () => this.#closeFile() }],
      });
      return notices;
    }
    if (this.#isAsking) return notices;
    notices.push(...this.#sessionNotices());
    for (const isolate of this.#session?.state === 'connected' ? this.#session.isolates.values() : []) {
      const notice = isolateNotice(isolate, connection);
      if (notice) notices.push(notice);
    }
    const next = this.#nextAttempt(connection);
    if (next) {
      notices.push({
        id: 'next', kind: 'info', text: `This connection has ended. Attempt ${next.attempt} is ${next.state}.`,
        actions: [{ text: 'Show it', run: () => this.#select(this.#nextAttempt(this.#recording.connections.get(this.#shownKey))?.key ?? this.#shownKey) }],
      });
    }
    return notices;
  }

  #nextAttempt(connection) {
    if (this.#file !== null || !connection?.reconnectingKey || !isEnded(connection)) return null;
    const last = [...this.#recording.connections.values()]
      .findLast(({ reconnectingKey }) => reconnectingKey === connection.reconnectingKey);
    return last !== connection && !last.isLost && !isEnded(last) ? last : null;
  }

  #sessionNotices() {
    const other = { text: 'Other address', run: () => this.#ask() };
    const again = (text) => ({ text, run: () => this.#reconnect() });
    if (this.#session === null) {
      return this.#devTools === null ? [] : [{
        id: 'session', kind: 'info', text: 'DevTools is not connected to an app. Connect it to one in debug or profile mode.',
      }];
    }
    const address = shortAddress(this.#session.address);
    switch (this.#session.state) {
      case 'failed':
        return [{
          id: 'session',
          kind: 'error',
          text: this.#session.error.reason === 'other'
            ? `What answers at ${address} is not a Dart VM service. Copy the address that the app printed at its start.`
            : `No VM service answers at ${address}. Check that the app is running and that the address is the one that it ` +
              'printed at its last start.',
          actions: this.#devTools === null ? [again('Try again'), other] : [again('Try again')],
        }];
      case 'ended':
        return [{
          id: 'session',
          kind: 'warning',
          text: 'The VM service ended: the app was closed, or the line to it was cut. What was recorded is kept. ' +
            'A restarted app has another address.',
          actions: this.#devTools === null ? [again('Reconnect'), other] : [again('Reconnect')],
        }];
      default:
        return [];
    }
  }

  // Files and the clipboard

  #openChosenFile() {
    const [file] = this.#fileInput.files;
    this.#fileInput.value = '';
    if (file) this.#openFile(file);
  }

  async #openFile(file) {
    let recording;
    try {
      recording = Recording.fromCapture(openCaptureFile(await file.text()), file.name);
    } catch (error) {
      this.#say('error', `${file.name} can't be opened. ${error.message}`);
      return;
    }
    this.#file = recording;
    this.#message = null;
    this.#isAsking = false;
    this.#shownKey = null;
    this.#session?.show(null);
    this.#changed();
  }

  #closeFile() {
    this.#file = null;
    this.#shownKey = null;
    this.#isAsking = this.#session === null && this.#devTools === null;
    this.#changed();
  }

  #export(extension, convert) {
    let text;
    try {
      text = convert(this.#shown.toCapture());
    } catch (error) {
      this.#say('error', `The export failed. ${error.message}`);
      return;
    }
    const type = extension === 'har' ? 'application/json' : 'application/x-ndjson';
    const url = URL.createObjectURL(new Blob([text], { type }));
    const stamp = new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-');
    element('a', { href: url, download: `websockets-${stamp}.${extension}` }).click();
    // The browser reads the blob after the click.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  async #copy(text) {
    try {
      if (this.#devTools !== null) this.#devTools.copy(text);
      else await navigator.clipboard.writeText(text);
      setText(this.#status, 'Copied');
      setTimeout(() => this.#changed(), 1500);
    } catch {
      this.#say('error', 'The browser does not allow copying. Select the text of the payload and copy it.');
    }
  }

  async #send(message) {
    const isolate = this.#session?.isolateOf(this.#shownKey);
    if (!isolate) throw new Error('The app has ended.');
    await isolate.send(this.#shownKey, message);
  }

  #say(kind, text) {
    this.#message = {
      id: 'message', kind, text,
      actions: [{
        text: 'Close',
        run: () => {
          this.#message = null;
          this.#changed();
        },
      }],
    };
    this.#changed();
  }

  #handleKey(event) {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, textarea, select')) return;
    if (this.#content.hidden || this.#workspace.hidden) return;
    event.preventDefault();
    this.#showPane('content');
    this.#tabs.select('frames');
    this.#frames.focusSearch();
  }
}

function factsOf(connection) {
  const facts = [];
  if (connection.protocol) facts.push(connection.protocol);
  if (connection.extensions) facts.push(connection.extensions.split(/[;,]/)[0]);
  if (connection.close) facts.push(`closed with ${connection.close.code}`);
  return facts.join(' · ');
}

function isolateNotice(isolate, connection) {
  const id = `isolate-${isolate.id}`;
  switch (isolate.state) {
    case 'version':
      return {
        id, kind: 'error',
        text: `The app's package speaks version ${isolate.version} of the inspector's protocol, this page version ${VERSION}. ` +
          'Use the inspector that comes with the package version of the app.',
      };
    case 'broken':
      return { id, kind: 'error', text: `The isolate ${isolate.name} can't be read: ${isolate.problem} Reload the page to try again.` };
    case 'ended':
      return connection?.key.startsWith(`${isolate.id}/`)
        ? { id, kind: 'warning', text: `The isolate ${isolate.name} ended. What was recorded is kept.` } : null;
    default:
  }
  if (isolate.hold === 'paused') {
    return { id, kind: 'warning', text: `The isolate ${isolate.name} is paused in the debugger. Frames appear when it resumes.` };
  }
  return isolate.hold === 'silent'
    ? { id, kind: 'warning', text: `The isolate ${isolate.name} does not answer. It is busy, or the app is in the background.` } : null;
}

// Without the authentication code: a screenshot must not give it away.
function shortAddress(address) {
  return new URL(address).origin;
}

new Page().start();

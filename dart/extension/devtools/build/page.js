import { connectToDevTools } from './devtools.js';
import { addressOfPage, InvalidAddress, parseAddress } from './model/address.js';
import { isEnded, Recording } from './model/recording.js';
import { Session } from './model/session.js';
import { formatPlural } from './model/units.js';
import { Theme } from './theme.js';
import { Timeline } from './timeline.js';
import { AddressForm } from './views/address_form.js';
import { ConnectionList, stateOf } from './views/connection_list.js';
import { DetailsView } from './views/details_view.js';
import { element, icon, ICONS, setAttribute, setText } from './views/element.js';
import { Files } from './views/files.js';
import { FramesPanel } from './views/frames_panel.js';
import { Notices } from './views/notices.js';
import { emptyListText, isolateNotice, sessionNotice, sessionStatus } from './views/sentences.js';
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
  /** Runs while the page says that something was copied. */
  #copiedTimer = null;
  #isScheduled = false;
  #needsData = true;

  #list = new ConnectionList({
    onSelect: (key, isEntered) => this.#select(key, isEntered),
    onRemoveLost: () => {
      this.#recording.removeLost();
      this.#changed();
    },
  });
  #notices = new Notices({ onFocusLost: () => this.#list.focus() });
  #files = new Files({
    onOpen: (recording) => this.#showFile(recording),
    onError: (text) => this.#say(text),
    getRecording: () => this.#recordingToSave(),
  });
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
    onOpenFile: () => this.#files.choose(),
  });
  #status = element('span', { class: 'service', role: 'status' });
  #workspace = element('div', { class: 'workspace' });
  #content = element('section', { class: 'content', 'aria-label': 'Connection' });
  #heading = element('h2', { class: 'url' });
  #chip = element('span', { class: 'chip' });
  #facts = element('span', { class: 'heading-facts' });

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
    document.body.append(
      element('header', { class: 'bar' },
        element('h1', { text: 'WebSocket inspector' }), this.#status, this.#files.element),
      this.#notices.element, element('main', {}, this.#form.element, this.#workspace));
    document.addEventListener('keydown', (event) => this.#handleKey(event));
    this.#files.listenForDrops();
    this.#showPane('list');
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

  // Until the user chooses one, the newest open connection is shown.
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
    setText(this.#status, this.#copiedTimer !== null ? 'Copied' : this.#file?.fileName ?? sessionStatus(this.#session));
    this.#list.update({
      recording,
      selected: this.#shownKey,
      hasIsolates: isolates.size > 1,
      notes: this.#file !== null ? [] : this.#listNotes(),
      emptyText: this.#file !== null ? 'The file has no connections.' : emptyListText(this.#session),
    });
    this.#files.setExportable(recording.connections.size > 0);
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

  #listNotes() {
    const sum = (name) => [...this.#session?.isolates.values() ?? []].reduce((total, isolate) => total + isolate[name], 0);
    const notes = [];
    if (sum('omitted') > 0) notes.push(`${formatPlural(sum('omitted'), 'older connection')} not listed: there are too many.`);
    if (sum('forgotten') > 0) notes.push(`${formatPlural(sum('forgotten'), 'ended connection')} no longer kept by the app.`);
    return notes;
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
    notices.push(sessionNotice(this.#session, {
      isEmbedded: this.#devTools !== null,
      reconnect: () => this.#reconnect(),
      other: () => this.#ask(),
    }));
    for (const isolate of this.#session?.state === 'connected' ? this.#session.isolates.values() : []) {
      notices.push(isolateNotice(isolate, connection?.key.startsWith(`${isolate.id}/`)));
    }
    const next = this.#nextAttempt(connection);
    if (next !== null) {
      notices.push({
        id: `next-${next.key}`,
        kind: 'info',
        text: `This connection has ended. Attempt ${next.attempt} is ${next.state}.`,
        actions: [{ text: 'Show it', run: () => this.#select(next.key) }],
      });
    }
    return notices.filter((notice) => notice !== null);
  }

  #nextAttempt(connection) {
    if (this.#file !== null || !connection?.reconnectingKey || !isEnded(connection)) return null;
    const last = [...this.#recording.connections.values()]
      .findLast(({ reconnectingKey }) => reconnectingKey === connection.reconnectingKey);
    return last !== connection && !last.isLost && !isEnded(last) ? last : null;
  }

  // Files and the clipboard

  async #recordingToSave() {
    const recording = this.#shown;
    if (this.#file === null) await this.#session?.readAll();
    return recording;
  }

  #showFile(recording) {
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

  async #copy(text) {
    try {
      if (this.#devTools !== null) this.#devTools.copy(text);
      else await navigator.clipboard.writeText(text);
      this.#copied();
    } catch {
      this.#say('The browser does not allow copying. Select the text of the payload and copy it.');
    }
  }

  #copied() {
    clearTimeout(this.#copiedTimer);
    this.#copiedTimer = setTimeout(() => {
      this.#copiedTimer = null;
      this.#changed();
    }, 2000);
    this.#changed();
  }

  async #send(message) {
    const isolate = this.#session?.isolateOf(this.#shownKey);
    if (!isolate) throw new Error('The app has ended.');
    await isolate.send(this.#shownKey, message);
  }

  #say(text) {
    this.#message = {
      id: 'message',
      kind: 'error',
      text,
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

new Page().start();

// The inspector's page in a real browser.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after } from 'node:test';

import { cleanUp } from './clean_up.mjs';
import { startDart } from './dart.mjs';
import { eventually } from './eventually.mjs';

const { chromium } = createRequire(import.meta.url)(process.env.PLAYWRIGHT);

// A loaded machine is slow, and no test waits for a time to pass.
const LIMIT = 30_000;
// The browser itself reports a service that does not answer.
const EXPECTED_ERROR = /WebSocket connection to '.*' failed/;

let browser = null;
after(() => browser?.close());

/** Starts the program that serves the page, and returns the page's address. `service` is a VM service's. */
export async function servePage(context, service = null) {
  const program = await startDart(context, 'dart/bin/inspector.dart',
    ['--until-stdin-closes', ...(service === null ? [] : [service])]);
  return program.after('listening on ');
}

/** Opens the page for a VM service. An error that nobody handled there fails the test. */
export async function openInspector(context, service = null, options = {}) {
  return Inspector.open(context, await servePage(context, service), options);
}

/** The page, as the user sees it. */
export class Inspector {
  /** Everything that the page got from the VM service. */
  received = [];
  /** The calls that it made there: {method, params, isAnswered}. */
  calls = [];
  #errors = [];

  constructor(page) {
    this.page = page;
    page.on('pageerror', (error) => this.#errors.push(`${error}\n${error.stack}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED_ERROR.test(message.text())) this.#errors.push(message.text());
    });
    page.on('websocket', (socket) => this.#listen(socket));
  }

  #listen(socket) {
    const waiting = new Map();
    socket.on('framesent', ({ payload }) => {
      const { id, method, params } = JSON.parse(payload);
      const call = { method, params, isAnswered: false };
      waiting.set(id, call);
      this.calls.push(call);
    });
    socket.on('framereceived', ({ payload }) => {
      this.received.push(`${payload}`);
      const call = waiting.get(JSON.parse(payload).id);
      if (call) call.isAnswered = true;
    });
  }

  static async open(context, url, options = {}) {
    browser ??= await chromium.launch({
      executablePath: process.env.CHROMIUM,
      // It does not start as root, and a container has little shared memory.
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    });
    const browserContext = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    browserContext.setDefaultTimeout(LIMIT);
    const inspector = new Inspector(await browserContext.newPage());
    cleanUp(context, async () => {
      await browserContext.close();
      assert.deepEqual(inspector.#errors, []);
    });
    await inspector.page.goto(url);
    return inspector;
  }

  // The list

  /** The options of the list of connections that contain `text`. */
  connections(text = '') {
    return this.page.getByRole('listbox', { name: 'Connections' }).getByRole('option').filter({ hasText: text });
  }

  /** Shows the connection whose address contains `text`. */
  async show(text) {
    await this.connections(text).first().click();
    await this.heading(text).waitFor();
  }

  /** The heading of the connection that is shown. */
  heading(text) {
    return this.page.getByRole('heading', { level: 2 }).filter({ hasText: text });
  }

  openTab(name) {
    return this.page.getByRole('tab', { name }).click();
  }

  panel(name) {
    return this.page.getByRole('tabpanel', { name });
  }

  button(name, options = {}) {
    return this.page.getByRole('button', { name, exact: true, ...options });
  }

  /** Waits for a sentence. */
  async says(text) {
    await this.page.getByText(text).first().waitFor();
  }

  /** Calls a method of the VM service for the first isolate, beside the page. Returns the answer. */
  callService(method, params) {
    const { isolateId } = this.calls.find((call) => call.params.isolateId).params;
    const { host, pathname } = new URL(new URL(this.page.url()).searchParams.get('uri'));
    const socket = new WebSocket(`ws://${host}${pathname}ws`);
    return new Promise((resolve, reject) => {
      socket.onerror = reject;
      socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: '1', method, params: { ...params, isolateId } }));
      socket.onmessage = ({ data }) => {
        resolve(JSON.parse(data));
        socket.close();
      };
    });
  }

  // Frames

  get table() {
    return this.page.getByRole('grid', { name: 'Frames' });
  }

  /** The visible rows whose cells contain all of `texts`. */
  rows(...texts) {
    return texts.reduce((rows, hasText) => rows.filter({ hasText }),
      this.table.getByRole('row').filter({ hasNot: this.page.getByRole('columnheader'), visible: true }));
  }

  /** The texts of the visible rows' cells, in the order of the rows. */
  async frames() {
    const rows = await this.rows().evaluateAll((elements) => elements
      .map((row) => [Number(row.getAttribute('aria-rowindex')),
        [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent.replaceAll('\u00a0', ' '))]));
    return rows.sort(([a], [b]) => a - b).map(([, [time, direction, opcode, flags, size, message, preview]]) =>
      ({ time, direction, opcode, flags, size, message, preview }));
  }

  /** Waits until the visible frames pass `check`. */
  framesEventually(check) {
    return eventually(async () => check(await this.frames()));
  }

  /** Records the first `size` bytes of payloads from now on. Returns when the app does so. */
  async recordPayloads(size = 16384) {
    const from = this.calls.length;
    await this.page.getByRole('checkbox', { name: 'Payloads' }).check();
    const select = this.page.getByRole('combobox', { name: 'Bytes to record of each payload' });
    await select.selectOption(`${size}`);
    await eventually(() => assert.ok(this.calls.slice(from).some(({ method, params, isAnswered }) =>
      method === 'ext.rust_web_socket.watch' && params.payload === `${size}` && isAnswered)));
  }

  /** The region with the selected frame's payload. */
  get payload() {
    return this.page.getByRole('region', { name: 'Payload' });
  }

  /** What the footer says: the numbers of frames, of those that pass the filters, and of those that are not there. */
  async counts() {
    const text = await this.page.getByText(/^[\d,]+( of [\d,]+)? frames?( ·|$)/).textContent();
    const number = (pattern) => Number((pattern.exec(text)?.[1] ?? '0').replaceAll(',', ''));
    return {
      passing: number(/^([\d,]+)/),
      frames: number(/([\d,]+) frame/),
      leftOut: number(/([\d,]+) not recorded/),
      dropped: number(/([\d,]+) oldest dropped/),
    };
  }

  /** Waits until the counts pass `check`. */
  countsEventually(check) {
    return eventually(async () => check(await this.counts()));
  }
}

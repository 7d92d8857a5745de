// DevTools' side of its extension protocol, as far as the inspector meets it. It does what flutter/devtools
// does at 054c8175, and nothing else: see _controller_web.dart and _view_web.dart in
// packages/devtools_app/lib/src/extensions/embedded.

const parameters = new URLSearchParams(location.search);
// Only for the tests: what this DevTools is connected to, if its own address does not say so.
const serviceUri = parameters.get('uri') ?? parameters.get('connectedTo');
const dark = document.getElementById('dark');
dark.checked = parameters.get('theme') !== 'light';

/** The messages of the extension, as they came. */
const messages = [];
/** How often the iframe was loaded. */
let loads = 0;

/** DevTools serves extensions below its own address, as NAME_VERSION. It hands on its own query. */
function extensionUrl() {
  const url = new URL(
    'devtools_extensions/rust_web_socket_0.1.0/index.html',
    parameters.get('extensions') ?? location.href,
  );
  for (const [name, value] of parameters) {
    if (name !== 'connectedTo' && name !== 'extensions') url.searchParams.set(name, value);
  }
  url.searchParams.set('theme', theme());
  return url.toString();
}

function theme() {
  return dark.checked ? 'dark' : 'light';
}

const iframe = document.createElement('iframe');
iframe.title = 'rust_web_socket';
iframe.allow = 'usb';
iframe.src = extensionUrl();
const isLoaded = new Promise((resolve) => {
  iframe.addEventListener('load', () => {
    loads++;
    resolve();
  });
});

async function post(type, data) {
  await isLoaded;
  iframe.contentWindow.postMessage(data === undefined ? { type } : { type, data }, iframe.src);
}

function show(text) {
  const item = document.createElement('li');
  item.textContent = text;
  document.getElementById('notifications').append(item);
}

let confirmPong;
const hasPong = new Promise((resolve) => {
  confirmPong = resolve;
});

function required(data, name) {
  const value = data?.[name];
  if (typeof value !== 'string') throw new TypeError(`${name} is ${value}; DevTools requires a text`);
  return value;
}

addEventListener('message', ({ data: message }) => {
  if (typeof message !== 'object' || message === null || typeof message.type !== 'string') return;
  const { type, data } = message;
  messages.push(message);
  switch (type) {
    case 'ping':
    case 'themeUpdate':
    case 'forceReload':
      // Not from an extension.
      break;
    case 'pong':
      confirmPong();
      break;
    case 'vmServiceConnection':
      post('vmServiceConnection', { uri: serviceUri });
      break;
    case 'showNotification':
      show(required(data, 'message'));
      break;
    case 'showBannerMessage':
      for (const name of ['id', 'bannerMessageType', 'extensionName']) required(data, name);
      show(required(data, 'message'));
      break;
    case 'copyToClipboard':
      required(data, 'content');
      show(required(data, 'successMessage'));
      break;
    default:
      show(`Unknown event received from extension: ${type}`);
  }
});

dark.addEventListener('change', () => post('themeUpdate', { theme: theme() }));

document.getElementById('reload').addEventListener('click', async () => {
  const timer = setInterval(() => post('ping'), 200);
  const late = new Promise((resolve) => {
    setTimeout(resolve, 10_000, 'late');
  });
  const result = await Promise.race([hasPong, late]);
  clearInterval(timer);
  if (result === 'late') show('Something went wrong. The rust_web_socket extension is not ready.');
  else post('forceReload');
});

document.body.append(iframe);

/** For the tests. */
globalThis.host = {
  messages,
  post,
  get loads() {
    return loads;
  },
};

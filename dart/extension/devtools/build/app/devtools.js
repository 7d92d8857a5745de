// DevTools shows the page in an iframe and exchanges messages with it by postMessage. The facts are
// those of flutter/devtools at 054c8175 (DevTools 2.61.0-dev.0, devtools_extensions 0.5.2-wip):
// - A message is {type, data}. An extension built with package devtools_extensions adds `source`, so
//   that it knows its own messages again in its simulator; DevTools does not read it.
// - To the extension: ping, forceReload, themeUpdate {theme: "light" | "dark"}, vmServiceConnection
//   {uri}. From it: pong, vmServiceConnection (without data: asks for the address), showNotification
//   {message}, copyToClipboard {content, successMessage} (both required), showBannerMessage.
// - DevTools sends nothing before the iframe's load event. It pings every 200 ms, for at most 10 s,
//   before it forwards forceReload; themeUpdate and vmServiceConnection come without a ping.
// - DevTools never sends the address of the VM service by itself: it answers vmServiceConnection, with
//   null or "null" while no app is connected.
// - The iframe's address has DevTools' own query parameters, among them `uri` (the VM service, if its
//   address has it), `theme` and `dtdUri`.
// - The DevTools server serves the iframe and DevTools itself from one origin, and an extension posts to
//   its own origin. So messages of another origin are not DevTools'.

const COPIED = 'Copied to the clipboard';

/**
 * Speaks DevTools' extension protocol, if the page is in an iframe; else returns null.
 *
 * - `onServiceUri(uri)`: the address of the VM service (http, https, ws or wss), null without an app.
 * - `onTheme(theme)`: "light" or "dark".
 * - `onForceReload()`: the user asks for the page to be loaded again.
 *
 * None is called before this function has returned.
 */
export function connectToDevTools({
  onServiceUri = () => {},
  onTheme = () => {},
  onForceReload = () => {},
  window = globalThis.window,
}) {
  const { parent } = window;
  if (!parent || parent === window) return null;

  // A window of another origin that embeds the page neither hears from it nor is heard.
  const { origin } = window;
  const post = (type, data) => parent.postMessage(data === undefined ? { type } : { type, data }, origin);

  const onMessage = (event) => {
    if (event.source !== parent || event.origin !== origin) return;
    const message = asObject(event.data);
    const data = asObject(message.data);
    switch (message.type) {
      case 'ping':
        post('pong');
        break;
      case 'vmServiceConnection':
        onServiceUri(asUri(data.uri));
        break;
      case 'themeUpdate':
        if (isTheme(data.theme)) onTheme(data.theme);
        break;
      case 'forceReload':
        onForceReload();
        break;
      // Other messages are not for an extension, or of a later DevTools.
    }
  };
  window.addEventListener('message', onMessage);

  const requestServiceUri = () => post('vmServiceConnection');
  queueMicrotask(() => {
    const parameters = new URLSearchParams(window.location.search);
    const theme = parameters.get('theme');
    if (isTheme(theme)) onTheme(theme);
    const uri = asUri(parameters.get('uri'));
    if (uri === null) {
      requestServiceUri();
    } else {
      onServiceUri(uri);
    }
  });

  return {
    /** Asks for the address of the VM service, which comes to `onServiceUri`. The one before may be outdated. */
    requestServiceUri,

    /** Shows a message in a corner of DevTools for some seconds. */
    notify(message) {
      post('showNotification', { message: String(message) });
    },

    /** Shows a message above the page until the user closes it. `type` is "warning" or "error". */
    warn(id, message, type = 'warning') {
      post('showBannerMessage', {
        id: String(id),
        bannerMessageType: type === 'error' ? 'error' : 'warning',
        message: String(message),
        extensionName: 'rust_web_socket',
        ignoreIfAlreadyDismissed: true,
        dismissOnConnectionChanges: true,
      });
    },

    /** Copies a text to the clipboard, also within an IDE, where an iframe can't. */
    copy(text, successMessage = COPIED) {
      post('copyToClipboard', { content: String(text), successMessage: String(successMessage) });
    },

    /** Stops listening. */
    close() {
      window.removeEventListener('message', onMessage);
    },
  };
}

function asObject(value) {
  return typeof value === 'object' && value !== null ? value : {};
}

function asUri(value) {
  return typeof value === 'string' && /^(https?|wss?):\/\//i.test(value.trim()) ? value.trim() : null;
}

function isTheme(value) {
  return value === 'light' || value === 'dark';
}

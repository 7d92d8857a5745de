import { VERSION } from '../model/isolate.js';

// What the page says about a session and its isolates, and what the user can do.

/** The state of a session, in at most two words. */
export function sessionStatus(session) {
  return {
    connecting: 'Connecting…', connected: 'Connected', failed: 'Not connected', ended: 'App ended',
  }[session?.state] ?? '';
}

/** The text in place of an empty list of connections. */
export function emptyListText(session) {
  switch (session?.state) {
    case 'connected':
      return 'No connection yet. They appear here as soon as the app makes one with rust_web_socket, in debug or profile mode.';
    case 'connecting':
      return 'Connecting to the app…';
    default:
      return 'Nothing was recorded.';
  }
}

/** A notice for a session that has no service, or null. `reconnect` and `other` are the actions. */
export function sessionNotice(session, { isEmbedded, reconnect, other }) {
  const actions = (text) => (isEmbedded ? [{ text, run: reconnect }]
    : [{ text, run: reconnect }, { text: 'Other address', run: other }]);
  if (session === null) {
    return isEmbedded ? {
      id: 'session',
      kind: 'info',
      text: 'DevTools is not connected to an app. Connect it to one in debug or profile mode.',
    } : null;
  }
  // Without the authentication code: a picture of the page must not give it away.
  const address = new URL(session.address).origin;
  switch (session.state) {
    case 'failed':
      return {
        id: 'session',
        kind: 'error',
        text: session.error.reason === 'other'
          ? `What answers at ${address} is not a Dart VM service. Copy the address that the app printed at its start.`
          : `No VM service answers at ${address}. Check that the app is running and that the address is the one that ` +
            'it printed at its last start.',
        actions: actions('Try again'),
      };
    case 'ended':
      return {
        id: 'session',
        kind: 'warning',
        text: 'The VM service ended: the app was closed, or the connection to it was lost. What was recorded is kept. ' +
          'A restarted app has another address.',
        actions: actions('Reconnect'),
      };
    default:
      return null;
  }
}

/** A notice for an isolate that can't be read, or null. `isShown`: the connection on the screen is of this isolate. */
export function isolateNotice(isolate, isShown) {
  const id = `isolate-${isolate.id}`;
  switch (isolate.state) {
    case 'version':
      return {
        id,
        kind: 'error',
        text: `The app's package speaks version ${isolate.version} of the inspector's protocol, this page version ` +
          `${VERSION}. Use the inspector that comes with the package version of the app.`,
      };
    case 'broken':
      return {
        id,
        kind: 'error',
        text: `The isolate ${isolate.name} can't be read: ${isolate.problem} Reload the page to try again.`,
      };
    case 'ended':
      return isShown
        ? { id, kind: 'warning', text: `The isolate ${isolate.name} ended. What was recorded is kept.` } : null;
    default:
      return holdNotice(isolate, id);
  }
}

function holdNotice({ name, hold }, id) {
  switch (hold) {
    case 'paused':
      return {
        id,
        kind: 'warning',
        text: `The isolate ${name} is paused in the debugger. Frames appear when it resumes.`,
      };
    case 'silent':
      return {
        id,
        kind: 'warning',
        text: `The isolate ${name} does not answer. It is busy, or the app is in the background.`,
      };
    default:
      return null;
  }
}

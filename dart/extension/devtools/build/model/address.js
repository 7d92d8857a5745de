/** A text is not the address of a VM service. Its message says what is wrong. */
export class InvalidAddress extends Error {
  name = 'InvalidAddress';
}

const SCHEMES = new Map([['http:', 'ws:'], ['https:', 'wss:'], ['ws:', 'ws:'], ['wss:', 'wss:']]);
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * The WebSocket address of a VM service, from what the user enters: the http: address that the
 * VM prints, the ws: address, or the address of DevTools with either as its `uri`.
 * Throws InvalidAddress.
 */
export function parseAddress(text) {
  const trimmed = text.trim();
  if (trimmed === '') throw new InvalidAddress('Enter the address that the app printed at its start.');
  let url;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`);
  } catch {
    throw new InvalidAddress('This is not an address. It begins with http://127.0.0.1: or ws://127.0.0.1:.');
  }
  const inner = url.searchParams.get('uri');
  if (inner && inner !== trimmed) return parseAddress(inner);
  const scheme = SCHEMES.get(url.protocol);
  if (!scheme) throw new InvalidAddress('The address must begin with http://, https://, ws:// or wss://.');
  if (scheme === 'ws:' && !LOOPBACK.has(url.hostname)) {
    throw new InvalidAddress('Without TLS, only a service on this machine is allowed. ' +
      'Forward the port to 127.0.0.1, and use that address.');
  }
  // A content security policy cannot name an IPv6 address; browsers try ::1 for localhost as well.
  const host = url.hostname === '[::1]' ? 'localhost' : url.hostname;
  const port = url.port === '' ? '' : `:${url.port}`;
  let path = url.pathname;
  if (!path.endsWith('/ws')) path = path.endsWith('/') ? `${path}ws` : `${path}/ws`;
  return `${scheme}//${host}${port}${path}`;
}

/** The service's address in the page's own address: `?uri=` or `#uri=`; null without one. */
export function addressOfPage(location) {
  const query = new URLSearchParams(location.search).get('uri');
  if (query) return query;
  return new URLSearchParams(location.hash.replace(/^#/, '')).get('uri') || null;
}

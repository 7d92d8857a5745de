// A VM service within the browser: for tests that need no app.
import { Buffer } from 'node:buffer';

const ISOLATE = 'isolates/1';
const NOW = 1_764_352_800_000_000;

/** One connection that has received the text `message`. */
function connectionsOf() {
  return {
    type: 'Connections',
    version: 1,
    now: NOW + 1_000_000,
    isolate: 'main',
    allowsSending: false,
    showsSecrets: false,
    forgotten: 0,
    connections: [
      {
        id: '1',
        reconnecting: null,
        attempt: null,
        url: 'wss://example.com/chat',
        state: 'open',
        states: [
          { state: 'connecting', time: NOW },
          { state: 'open', time: NOW + 90_000 },
        ],
        request: { headers: [], protocols: [], pingInterval: null, connectTimeout: null, compression: true },
        response: { headers: [] },
        protocol: '',
        extensions: '',
        steps: [
          {
            kind: 'lookup',
            target: 'example.com',
            start: NOW,
            end: NOW + 20_000,
            detail: '1 address',
            error: null,
          },
          {
            kind: 'tcp',
            target: '93.184.216.34:443',
            start: NOW + 20_000,
            end: NOW + 90_000,
            detail: '',
            error: null,
          },
        ],
        stats: {
          bytesSent: 0,
          bytesReceived: 7,
          sent: { messages: 0, payload: 0, payloadOnWire: 0 },
          received: { messages: 1, payload: 5, payloadOnWire: 5 },
          roundTrips: 0,
          lastRoundTrip: null,
          shortestRoundTrip: null,
          averageRoundTrip: null,
        },
        bufferedAmount: 0,
        isPaused: false,
        isReading: true,
        close: null,
        error: null,
        isWatched: true,
      },
    ],
    reconnecting: [],
  };
}

function frameOf(message) {
  const payload = Buffer.from(message);
  const header = Buffer.alloc(38);
  header.writeUInt8(2, 0);
  header.writeUInt8(0x81, 1);
  header.writeBigUInt64LE(BigInt(NOW + 500_000), 2);
  header.writeBigUInt64LE(1n, 10);
  header.writeBigUInt64LE(BigInt(payload.length), 18);
  header.writeBigUInt64LE(BigInt(payload.length), 26);
  header.writeUInt32LE(payload.length, 34);
  return Buffer.concat([header, payload]).toString('base64');
}

function answer({ method, params }, message) {
  switch (method) {
    case 'getVersion':
      return { type: 'Version', major: 4, minor: 16 };
    case 'getVM':
      return {
        type: 'VM',
        name: 'vm',
        isolates: [{ type: '@Isolate', id: ISOLATE, name: 'main', isSystemIsolate: false }],
      };
    case 'getIsolate':
      return {
        type: 'Isolate',
        id: ISOLATE,
        name: 'main',
        extensionRPCs: ['ext.rust_web_socket.connections'],
        pauseEvent: { kind: 'Resume' },
      };
    case 'ext.rust_web_socket.connections':
      return connectionsOf();
    case 'ext.rust_web_socket.frames': {
      const isFirst = params.after === '0';
      return {
        type: 'Frames',
        connection: '1',
        next: 1,
        isComplete: true,
        sent: 0,
        received: 1,
        frames: isFirst ? frameOf(message) : '',
      };
    }
    case 'ext.rust_web_socket.watch':
      return { type: 'Watch', until: NOW };
    default:
      return { type: 'Success' };
  }
}

/** Answers the page's connections to `uri`. Returns a list that gets the address of each. */
export async function answerService(page, uri, message = 'hello') {
  const opened = [];
  await page.routeWebSocket(uri, (socket) => {
    opened.push(socket.url());
    socket.onMessage((text) => {
      const request = JSON.parse(text);
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: request.id, result: answer(request, message) }));
    });
  });
  return opened;
}

// What the page does: it performs calls on its own WebSockets, and reports
// their events. A frame to or from the test is four bytes with the length of
// its head, the head in JSON, and the bytes of a binary message.
'use strict';

const sockets = new Map();
const control = new WebSocket(`ws://${location.host}/control`);
control.binaryType = 'arraybuffer';

function tell(head, bytes = new Uint8Array()) {
  const encoded = new TextEncoder().encode(JSON.stringify(head));
  const frame = new Uint8Array(4 + encoded.length + bytes.length);
  new DataView(frame.buffer).setUint32(0, encoded.length);
  frame.set(encoded, 4);
  frame.set(bytes, 4 + encoded.length);
  control.send(frame);
}

const calls = {
  open({ socket, url, protocols }) {
    const opened = new WebSocket(url, protocols);
    sockets.set(socket, opened);
    opened.onopen = () => tell({ socket, event: 'open' });
    opened.onerror = () => tell({ socket, event: 'error' });
    opened.onclose = ({ code, reason, wasClean }) =>
      tell({ socket, event: 'close', code, reason, wasClean });
    opened.onmessage = ({ data }) => {
      if (typeof data === 'string') {
        tell({ socket, event: 'message', text: data });
      } else if (data instanceof ArrayBuffer) {
        tell({ socket, event: 'message' }, new Uint8Array(data));
      } else {
        throw new Error('a Blob, which the package does not ask for');
      }
    };
  },
  get: ({ socket, name }) => sockets.get(socket)[name],
  set({ socket, name, value }) {
    sockets.get(socket)[name] = value;
  },
  // How much more is buffered.
  send({ socket, text }, bytes) {
    const opened = sockets.get(socket);
    const before = opened.bufferedAmount;
    opened.send(text ?? bytes);
    return opened.bufferedAmount - before;
  },
  close({ socket, parameters }) {
    sockets.get(socket).close(...parameters);
  },
  // Answered by every page that works.
  nothing() {},
  // For tests of the page itself.
  evaluate({ script }) {
    (0, eval)(script);
  },
};

control.onmessage = ({ data }) => {
  const length = new DataView(data).getUint32(0);
  const head = JSON.parse(
    new TextDecoder().decode(new Uint8Array(data, 4, length)),
  );
  const bytes = new Uint8Array(data, 4 + length);
  try {
    tell({ value: calls[head.call](head, bytes) });
  } catch ({ name, message }) {
    tell({ exception: `${name}: ${message}` });
  }
};

onerror = (message) => tell({ event: 'failure', message });

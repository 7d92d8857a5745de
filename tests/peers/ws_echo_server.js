// A server on npm's ws that echoes. WS is the package's folder, if it is not
// where node looks.
//
// Usage: node ws_echo_server.js [--port N] [--compression JSON]
// With --port 0 the system chooses one. The JSON is ws's perMessageDeflate.
// After the text "in N fragments" the next message is echoed so, with a ping
// after each, and "N pongs" follows when all are answered. It ends when its
// input does.
'use strict';

const {WebSocketServer} = require(process.env.WS ?? 'ws');
const {announce, option, port} = require('./conversation');

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: port(),
  perMessageDeflate: JSON.parse(option('--compression') ?? 'false'),
});
server.on('headers', (lines) => {
  const name = 'sec-websocket-extensions: ';
  const line = lines.find((line) => line.toLowerCase().startsWith(name));
  console.log(`extensions: ${line ? line.slice(name.length) : 'none'}`);
});
server.on('connection', (socket, request) => {
  const tcp = request.socket;
  const head = tcp.bytesRead;
  let fragments = 1;
  let awaited = 0;
  let pongs = 0;
  socket.on('pong', () => {
    if (++pongs === awaited) socket.send(`${awaited} pongs`);
  });
  socket.on('message', (message, binary) => {
    const command = /^in (\d+) fragments$/.exec(binary ? '' : message);
    if (command) return fragments = Number(command[1]);
    if (fragments === 1) return socket.send(message, {binary});
    const size = Math.ceil(message.length / fragments);
    for (let i = 1; i <= fragments; i++) {
      const part = message.subarray((i - 1) * size, i * size);
      socket.send(part, {binary, fin: i === fragments});
      socket.ping();
    }
    awaited = fragments;
    pongs = 0;
    fragments = 1;
  });
  socket.on('close', (code, reason) => {
    console.log(`received: ${tcp.bytesRead - head} bytes`);
    console.log(`closed: ${code} ${reason}`);
  });
  socket.on('error', (error) => console.log(`error: ${error.message}`));
});
server.on('listening', () => announce(server.address().port));

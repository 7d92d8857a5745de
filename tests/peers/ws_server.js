// A server on npm's ws, which compresses for every client that offers it. WS is
// the package's folder, if it is not where node looks.
//
// Usage: node ws_server.js [--port N]
// With --port 0 the system chooses one. It ends when its input does.
'use strict';

const {WebSocketServer} = require(process.env.WS ?? 'ws');
const {announce, greeting, port, reply} = require('./conversation');

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: port(),
  perMessageDeflate: {threshold: 0},
});
server.on('connection', (socket) => {
  console.log(`connected, extensions: ${socket.extensions || 'none'}`);
  socket.send(JSON.stringify(greeting));
  socket.on('message', (message) => {
    const {toAll, answer, close} = reply(message.toString());
    if (close) return socket.close(close.code, close.reason);
    for (const recipient of toAll ? server.clients : [socket]) {
      recipient.send(JSON.stringify(answer));
    }
  });
  socket.on('close', (code, reason) => console.log(`closed: ${code} ${reason}`));
  socket.on('error', (error) => console.log(`error: ${error.message}`));
});
server.on('listening', () => announce(server.address().port));

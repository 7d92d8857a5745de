// A server on npm's socket.io. NODE_PATH is where its packages are.
//
// Usage: node socket_io_server.js [--port N]
// With --port 0 the system chooses one. It answers the event "echo" with the
// same arguments, acknowledges "sum" with the sum of its two numbers, and sends
// Engine.IO's ping every 50 ms. It ends when its input does.
'use strict';

const {createServer} = require('node:http');
const {Server} = require('socket.io');
const {announce, port} = require('../conversation');

const http = createServer();
const server = new Server(http, {
  transports: ['websocket'],
  pingInterval: 50,
});
server.on('connection', (socket) => {
  socket.on('echo', (...values) => socket.emit('echo', ...values));
  socket.on('sum', (a, b, acknowledge) => acknowledge(a + b));
  socket.on('leave', () => socket.disconnect(true));
});
http.listen(port(), '127.0.0.1', () => announce(http.address().port));

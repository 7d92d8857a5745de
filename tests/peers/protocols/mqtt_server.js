// A broker on npm's aedes and ws: MQTT over the subprotocol mqtt. NODE_PATH is
// where its packages are.
//
// Usage: node mqtt_server.js [--port N]
// With --port 0 the system chooses one. It ends when its input does.
'use strict';

const {Aedes} = require('aedes');
const {WebSocketServer, createWebSocketStream} = require('ws');
const {announce, port} = require('../conversation');

(async () => {
  const broker = await Aedes.createBroker();
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: port(),
    handleProtocols: (offered) => offered.has('mqtt') && 'mqtt',
  });
  server.on('connection', (socket, request) =>
    broker.handle(createWebSocketStream(socket), request));
  server.on('listening', () => announce(server.address().port));
})();
